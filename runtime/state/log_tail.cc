#include "runtime/state/log_tail.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/descriptor.h"
#include "runtime/base/status_macros.h"

namespace holon::state {
namespace {

absl::string_view WithoutFirstLine(absl::string_view text) {
  size_t newline = text.find('\n');
  // One endless line: its end is better than nothing.
  if (newline == absl::string_view::npos || newline + 1 == text.size()) return text;
  return text.substr(newline + 1);
}

bool HasLines(absl::string_view text, size_t lines) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n')) > lines;
}

// The last bytes of one file between its offset and its size.
absl::StatusOr<std::string> EndOf(const OpenLog& file, size_t max_bytes) {
  const off_t length = std::min(file.info.size - file.offset, static_cast<off_t>(max_bytes));
  if (length <= 0) return std::string();
  return base::ReadAt(file.fd.get(), file.info.size - length, static_cast<size_t>(length));
}

}  // namespace

std::vector<std::string> LastLines(absl::string_view text, size_t lines) {
  if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  if (text.empty() || lines == 0) return {};
  std::vector<std::string> last;
  while (last.size() < lines) {
    size_t newline = text.rfind('\n');
    absl::string_view line = newline == absl::string_view::npos ? text : text.substr(newline + 1);
    last.push_back(BoundedLine(line));
    if (newline == absl::string_view::npos) break;
    text = text.substr(0, newline);
  }
  std::reverse(last.begin(), last.end());
  return last;
}

absl::StatusOr<TailedText> TailText(const std::vector<OpenLog>& files, size_t lines) {
  std::string text;
  for (auto file = files.rbegin(); file != files.rend() && !HasLines(text, lines); ++file) {
    const size_t most = kMaxTailBytes - text.size();
    HOLON_ASSIGN_OR_RETURN(std::string part, EndOf(*file, most));
    const bool whole = static_cast<off_t>(part.size()) == file->info.size - file->offset;
    const bool ended = part.empty() || part.back() == '\n' || text.empty();
    text = absl::StrCat(part, ended ? "" : "\n", text);
    if (!whole) {
      return TailedText{std::string(WithoutFirstLine(text)), true};
    }
  }
  return TailedText{std::move(text), false};
}

std::vector<std::string> LogTail(const std::string& path, size_t lines) {
  absl::StatusOr<std::vector<OpenLog>> files = OpenLogs(path);
  if (!files.ok()) return {};
  return LastLines(TailText(*files, lines).value_or(TailedText()).text, lines);
}

std::vector<std::string> LogSince(const std::string& path, const base::FileInfo& begin,
                                  size_t lines) {
  absl::StatusOr<std::vector<OpenLog>> files = OpenLogs(path);
  if (!files.ok()) return {};
  auto first = std::find_if(files->begin(), files->end(),
                            [&](const OpenLog& file) { return file.info.SameFile(begin); });
  if (files->empty()) return {};
  if (first == files->end()) {
    first = std::prev(first);  // Gone, so that the present file was made later.
  } else if (first->info.size >= begin.size) {
    first->offset = begin.size;
  }
  files->erase(files->begin(), first);
  return LastLines(TailText(*files, lines).value_or(TailedText()).text, lines);
}

}  // namespace holon::state
