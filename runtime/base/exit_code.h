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

// How a program ends that fails because of `error`.
inline ExitCode ExitCodeFor(const absl::Status& error) {
  switch (error.code()) {
    case absl::StatusCode::kOk:
      return ExitCode::kDone;
    case absl::StatusCode::kInvalidArgument:  // A name that is too long, and the like.
      return ExitCode::kUsage;
    case absl::StatusCode::kPermissionDenied:
      return ExitCode::kPermissionDenied;
    case absl::StatusCode::kCancelled:
      return ExitCode::kInterrupted;
    default:
      return ExitCode::kFailed;
  }
}

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_EXIT_CODE_H_
