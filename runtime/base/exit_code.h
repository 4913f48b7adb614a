#ifndef HOLON_RUNTIME_BASE_EXIT_CODE_H_
#define HOLON_RUNTIME_BASE_EXIT_CODE_H_

#include "absl/status/status.h"

namespace holon::base {

// How holond and holonctl end. The numbers are a contract with scripts.
enum class ExitCode {
  kDone = 0,
  kFailed = 1,  // status: stale
  kUsage = 2,   // or invalid configuration
  kNotRunning = 3,
  kUnknown = 4,  // unresponsive, foreign or incompatible
  kConfigDiffers = 5,
  kPermissionDenied = 6,
  kTimeout = 124,
  kInterrupted = 130,
};

// Of an error that may be one of permission, and else is a failure.
inline ExitCode ExitCodeFor(const absl::Status& error) {
  return absl::IsPermissionDenied(error) ? ExitCode::kPermissionDenied : ExitCode::kFailed;
}

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_EXIT_CODE_H_
