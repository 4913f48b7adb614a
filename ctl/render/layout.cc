#include "ctl/render/layout.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace holon::ctl {
namespace {

using Rows = std::vector<std::vector<std::string>>;

// Stands for a space at which no line is broken; no text from elsewhere can hold it (Printable).
constexpr char kWholeSpace = '\x1f';
constexpr size_t kGap = 2;
// Less than this is no column for sentences.
constexpr size_t kLeastWidth = 20;
constexpr size_t kBlockIndent = 4;

std::vector<size_t> WidthsOf(const Rows& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], WidthOf(row[i]));
  }
  return widths;
}

// Each row as lines "title  cell" below its first cell.
std::string Blocks(const Rows& rows, size_t width) {
  std::vector<std::string> blocks;
  for (size_t i = 1; i < rows.size(); ++i) {
    Rows lines;
    for (size_t j = 1; j < rows[i].size(); ++j) {
      lines.push_back({absl::StrCat("  ", rows[0][j]), rows[i][j]});
    }
    blocks.push_back(absl::StrCat(Wrapped(rows[i][0], width, kGap), "\n", Table(lines, width)));
  }
  return absl::StrJoin(blocks, "");
}

}  // namespace

size_t WidthOf(absl::string_view text) {
  size_t width = 0;
  bool escape = false;
  for (unsigned char c : text) {
    if (c == 0x1b) escape = true;
    if (!escape && (c & 0xc0) != 0x80) ++width;
    if (escape && c == 'm') escape = false;
  }
  return width;
}

std::string Whole(absl::string_view text) {
  return absl::StrReplaceAll(text, {{" ", std::string(1, kWholeSpace)}});
}

std::string Wrapped(absl::string_view text, size_t width, size_t indent) {
  const std::string begin = absl::StrCat("\n", std::string(indent, ' '));
  std::string wrapped;
  size_t used = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (line.data() != text.data()) {
      wrapped += begin;
      used = indent;
    }
    for (absl::string_view word : absl::StrSplit(line, ' ')) {
      const size_t needed = WidthOf(word);
      if (word.data() == line.data()) {
        used += needed;
      } else if (used + 1 + needed <= width) {
        wrapped += ' ';
        used += 1 + needed;
      } else {
        absl::StripTrailingAsciiWhitespace(&wrapped);
        wrapped += begin;
        used = indent + needed;
      }
      absl::StrAppend(&wrapped, word);
    }
  }
  std::replace(wrapped.begin(), wrapped.end(), kWholeSpace, ' ');
  return wrapped;
}

std::string Table(const Rows& rows, size_t width, Head head) {
  const std::vector<size_t> widths = WidthsOf(rows);
  size_t before = 0;
  for (size_t i = 0; i + 1 < widths.size(); ++i) before += widths[i] + kGap;
  const size_t needed = widths.empty() ? 0 : std::min(widths.back(), kLeastWidth);
  const bool roomy = before + needed <= width;
  if (!roomy && head == Head::kFirstRow) return Blocks(rows, width);
  const size_t indent = roomy ? before : kBlockIndent;
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const bool last = i + 1 == widths.size();
      if (last && !roomy) {
        absl::StripTrailingAsciiWhitespace(&line);
        absl::StrAppend(&text, Wrapped(line, kAnyWidth, 0), "\n");
        line = std::string(indent, ' ');
      }
      line = last ? absl::StrCat(Whole(line), row[i]) : absl::StrCat(line, row[i]);
      if (!last) line.append(widths[i] - WidthOf(row[i]) + kGap, ' ');
    }
    line = Wrapped(line, width, indent);
    absl::StripTrailingAsciiWhitespace(&line);
    absl::StrAppend(&text, line, "\n");
  }
  return text;
}

}  // namespace holon::ctl
