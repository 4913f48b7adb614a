#include "runtime/base/duration.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace holon::base {
namespace {

// Weeks and days at the beginning of `text`, which absl::ParseDuration does not know.
absl::Duration TakeDays(absl::string_view* text) {
  absl::Duration total;
  while (true) {
    const size_t unit = text->find_first_not_of("0123456789.");
    if (unit == absl::string_view::npos) return total;
    const char letter = (*text)[unit];
    double number = 0;
    if (letter != 'd' && letter != 'w') return total;
    if (!absl::SimpleAtod(text->substr(0, unit), &number)) return total;
    total += number * absl::Hours(letter == 'd' ? 24 : 7 * 24);
    text->remove_prefix(unit + 1);
  }
}

}  // namespace

absl::StatusOr<absl::Duration> ParseDuration(const std::string& text) {
  absl::string_view rest = text;
  const absl::Duration days = TakeDays(&rest);
  absl::Duration duration;
  const bool only_days = rest.empty() && !text.empty();
  if ((!only_days && !absl::ParseDuration(rest, &duration)) || duration < absl::ZeroDuration() ||
      days + duration == absl::InfiniteDuration()) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is not a duration; write 0, 500ms, 1s, 10m or 2d"));
  }
  return days + duration;
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
