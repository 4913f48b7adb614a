#ifndef HOLON_RUNTIME_STATE_LOG_TAIL_H_
#define HOLON_RUNTIME_STATE_LOG_TAIL_H_

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace holon::state {

// A tail never reads more than this of a file, nor shows more than this of a line.
inline constexpr size_t kMaxTailBytes = 128 * 1024;
inline constexpr size_t kMaxLineBytes = 8 * 1024;

// Pure. The last `lines` lines of `text`; a line that is too long keeps its end behind "...".
std::vector<std::string> LastLines(absl::string_view text, size_t lines);

// The same of a file; empty where it cannot be read.
std::vector<std::string> LogTail(const std::string& path, size_t lines);

// The last `lines` lines that were written after the file had `begin` bytes.
std::vector<std::string> LogSince(const std::string& path, off_t begin, size_t lines);

}  // namespace holon::state

#endif  // HOLON_RUNTIME_STATE_LOG_TAIL_H_
