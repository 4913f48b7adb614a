#include "runtime/state/log_tail.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "runtime/base/file.h"

namespace holon::state {

std::vector<std::string> LastLines(absl::string_view text, size_t lines) {
  if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  if (text.empty() || lines == 0) return {};
  std::vector<std::string> last;
  while (last.size() < lines) {
    size_t newline = text.rfind('\n');
    absl::string_view line = newline == absl::string_view::npos ? text : text.substr(newline + 1);
    if (line.size() > kMaxLineBytes) {
      last.push_back(absl::StrCat("...", line.substr(line.size() - (kMaxLineBytes - 3))));
    } else {
      last.push_back(std::string(line));
    }
    if (newline == absl::string_view::npos) break;
    text = text.substr(0, newline);
  }
  std::reverse(last.begin(), last.end());
  return last;
}

std::vector<std::string> LogTail(const std::string& path, size_t lines) {
  absl::StatusOr<std::string> tail = base::ReadFileTail(path, kMaxTailBytes);
  return tail.ok() ? LastLines(*tail, lines) : std::vector<std::string>();
}

std::vector<std::string> LogSince(const std::string& path, off_t begin, size_t lines) {
  absl::StatusOr<base::FileInfo> info = base::LookThrough(path);
  absl::StatusOr<std::string> tail = base::ReadFileTail(path, kMaxTailBytes);
  if (!info.ok() || !tail.ok() || info->size < begin) return {};
  absl::string_view text = *tail;
  size_t written = static_cast<size_t>(info->size - begin);
  if (written < text.size()) text.remove_prefix(text.size() - written);
  return LastLines(text, lines);
}

}  // namespace holon::state
