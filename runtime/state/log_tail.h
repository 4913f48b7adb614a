#ifndef HOLON_RUNTIME_STATE_LOG_TAIL_H_
#define HOLON_RUNTIME_STATE_LOG_TAIL_H_

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/base/file.h"
#include "runtime/state/log_files.h"
#include "runtime/state/log_line.h"

namespace holon::state {

// A tail never reads more than this.
inline constexpr size_t kMaxTailBytes = 128 * 1024;

// Pure. The last `lines` lines of `text`; a line that is too long keeps its end behind "...".
std::vector<std::string> LastLines(absl::string_view text, size_t lines);

// The end of a log across its files, which are given oldest first, each up to the size that it was
// opened with: enough for `lines` lines, and not more than kMaxTailBytes. Begins with a whole line,
// if there is one.
struct TailedText {
  std::string text;
  bool cut = false;  // There is more before it, left out because of kMaxTailBytes.
};
absl::StatusOr<TailedText> TailText(const std::vector<OpenLog>& files, size_t lines);

// The last lines of the log at `path`, its older files included; empty where it cannot be read.
std::vector<std::string> LogTail(const std::string& path, size_t lines);

// The last `lines` lines that were written after `begin` was looked up, whether or not the log has
// been rotated since.
std::vector<std::string> LogSince(const std::string& path, const base::FileInfo& begin,
                                  size_t lines);

}  // namespace holon::state

#endif  // HOLON_RUNTIME_STATE_LOG_TAIL_H_
