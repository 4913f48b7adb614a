#ifndef HOLON_CTL_RENDER_LAYOUT_H_
#define HOLON_CTL_RENDER_LAYOUT_H_

#include <stddef.h>

#include <limits>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace holon::ctl {

// Pure: text in the columns of a terminal. Columns are counted without escape sequences, one for
// each character of UTF-8.

// No terminal: lines are as long as they are.
inline constexpr size_t kAnyWidth = std::numeric_limits<size_t>::max();

size_t WidthOf(absl::string_view text);

// What is never broken at its spaces: a path, a command line.
std::string Whole(absl::string_view text);

// `text` in lines of at most `width` columns, broken at spaces; what is longer than a line and has
// no space stays in one piece. Lines after the first begin with `indent` spaces.
std::string Wrapped(absl::string_view text, size_t width, size_t indent);

enum class Head { kNone, kFirstRow };

// Rows in columns. Where they do not fit into `width`, the last column is broken at spaces; where
// that leaves too little room for it, each row of a table with a head becomes a block of lines, one
// for each cell, and each row of another table gets its last cell on a line of its own.
std::string Table(const std::vector<std::vector<std::string>>& rows, size_t width,
                  Head head = Head::kNone);

}  // namespace holon::ctl

#endif  // HOLON_CTL_RENDER_LAYOUT_H_
