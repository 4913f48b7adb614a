#ifndef HOLON_CTL_LIFECYCLE_HOLOND_PATH_H_
#define HOLON_CTL_LIFECYCLE_HOLOND_PATH_H_

#include <string>

#include "absl/status/statusor.h"

namespace holon::ctl {

// The holond that belongs to this holonctl: beside it, else in ../libexec/holon, else on PATH.
// NOT_FOUND names where it was looked for; PERMISSION_DENIED says why it
// cannot be executed.
absl::StatusOr<std::string> FindHolond();

}  // namespace holon::ctl

#endif  // HOLON_CTL_LIFECYCLE_HOLOND_PATH_H_
