#ifndef HOLON_RUNTIME_BASE_DURATION_H_
#define HOLON_RUNTIME_BASE_DURATION_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace holon::base {

// "0", "500ms", "1s", "1m30s", "10m", "2d", "1w"; the largest unit first. INVALID_ARGUMENT for
// anything else, negative and endless ones included.
absl::StatusOr<absl::Duration> ParseDuration(const std::string& text);

// For people: "3 ms", "1.2 s", "4 min 10 s", "3 h 5 min", "2 d 4 h".
std::string FormatDuration(absl::Duration duration);

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_DURATION_H_
