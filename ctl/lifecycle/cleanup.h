#ifndef HOLON_CTL_LIFECYCLE_CLEANUP_H_
#define HOLON_CTL_LIFECYCLE_CLEANUP_H_

#include <string>

#include "absl/status/statusor.h"
#include "ctl/lifecycle/world.h"

namespace holon::ctl {

// Takes the instance lock as the proof that nobody lives, and removes what a dead runtime left; the
// evidence. UNAVAILABLE: a runtime lives. Waits up to two seconds for whoever claims or cleans the
// home.
absl::StatusOr<std::string> CleanUp(World& world, const std::string& socket_path);

}  // namespace holon::ctl

#endif  // HOLON_CTL_LIFECYCLE_CLEANUP_H_
