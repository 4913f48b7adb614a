#include "runtime/base/duration.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace holon::base {

absl::StatusOr<absl::Duration> ParseDuration(const std::string& text) {
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration) || duration < absl::ZeroDuration() ||
      duration == absl::InfiniteDuration()) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is not a duration; write 0, 500ms, 1s or 10m"));
  }
  return duration;
}

std::string FormatDuration(absl::Duration duration) {
  int64_t milliseconds = absl::ToInt64Milliseconds(duration);
  if (milliseconds < 1000) return absl::StrCat(milliseconds, " ms");
  int64_t seconds = milliseconds / 1000;
  if (seconds < 60) return absl::StrFormat("%.1f s", milliseconds / 1000.0);
  if (seconds < 3600) return absl::StrCat(seconds / 60, " min ", seconds % 60, " s");
  if (seconds < 86400) return absl::StrCat(seconds / 3600, " h ", seconds % 3600 / 60, " min");
  return absl::StrCat(seconds / 86400, " d ", seconds % 86400 / 3600, " h");
}

}  // namespace holon::base
