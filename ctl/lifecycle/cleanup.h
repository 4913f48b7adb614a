#ifndef HOLON_CTL_LIFECYCLE_CLEANUP_H_
#define HOLON_CTL_LIFECYCLE_CLEANUP_H_

#include <string>

#include "absl/status/statusor.h"
#include "ctl/lifecycle/world.h"
#include "runtime/state/stale_files.h"

namespace holon::ctl {

// Takes the instance lock as the proof that nobody lives, and removes what a dead runtime left; the
// evidence. Where a newer runtime has taken the lock meanwhile nothing is left to remove, and the
// evidence says so: call it only once the runtime in question is known to be dead. Waits up to
// `patience` for a process that is no runtime and holds the lock: DEADLINE_EXCEEDED.
absl::StatusOr<std::string> CleanUp(World& world, const std::string& socket_path,
                                    state::Vanished vanished, absl::Duration patience);

// The same after an end that is proven: what cannot be removed is named in the evidence.
absl::StatusOr<std::string> CleanUpAfter(World& world, const std::string& socket_path,
                                         state::Vanished vanished);

}  // namespace holon::ctl

#endif  // HOLON_CTL_LIFECYCLE_CLEANUP_H_
