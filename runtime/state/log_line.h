// A line of a log, of holond's two formats and of the audit log, and a stream cut into lines. Pure.
#ifndef HOLON_RUNTIME_STATE_LOG_LINE_H_
#define HOLON_RUNTIME_STATE_LOG_LINE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace holon::state {

// No reader shows more than this of a line.
inline constexpr size_t kMaxLineBytes = 8 * 1024;

// What a line says of itself, as it stands there; empty where it says nothing.
struct LogLine {
  absl::string_view time;   // RFC 3339.
  absl::string_view level;  // "debug", "info", "warning", "error".
};

// "2026-01-02T03:04:05.678Z info    text …", or a JSON object with "time" and perhaps "level". The
// views are into `line`.
LogLine ParseLogLine(absl::string_view line);

// The line's time; nullopt for what a library printed and for the second line of a message.
std::optional<absl::Time> LogLineTime(absl::string_view line);

// "1h" or "2d", back from `now`, or RFC 3339. INVALID_ARGUMENT says what is allowed.
absl::StatusOr<absl::Time> ParseSince(const std::string& text, absl::Time now);

// Which lines to show. A line without a time counts as written with the line before it.
struct LineSelection {
  absl::Time since = absl::InfinitePast();
  absl::Time until = absl::InfiniteFuture();
  std::string text;  // The line contains it.
};
class LineFilter {
 public:
  explicit LineFilter(LineSelection selection) : selection_(std::move(selection)) {}
  bool Keeps(absl::string_view line);

 private:
  LineSelection selection_;
  std::optional<absl::Time> last_;
};

// A line that is too long keeps its end behind "...".
std::string BoundedLine(absl::string_view line);

// Cuts a stream into lines, bounded as above, in bounded memory.
class LineSplitter {
 public:
  // Adds the lines that have ended.
  void Feed(absl::string_view chunk, std::vector<std::string>* lines);
  // Adds what has come of a line without its end.
  void Flush(std::vector<std::string>* lines);

 private:
  void Keep(absl::string_view part);

  std::string open_;  // The line that has not ended, or its last bytes.
};

}  // namespace holon::state

#endif  // HOLON_RUNTIME_STATE_LOG_LINE_H_
