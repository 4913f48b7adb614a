#include "runtime/config/text.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace holon::config {
namespace {

constexpr size_t kExcerptBytes = 60;
// Longer names are no slips of the finger, and comparing them costs the product of the lengths.
constexpr size_t kLongestSuggested = 80;

// What a slip of the finger or another convention leaves the same.
std::string Folded(absl::string_view name) {
  std::string folded;
  for (char c : name) {
    if (c != '_' && c != '-') folded += absl::ascii_tolower(static_cast<unsigned char>(c));
  }
  return folded;
}

// Levenshtein's distance.
// Two letters that have changed places are one mistake.
size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<std::vector<size_t>> rows(a.size() + 1, std::vector<size_t>(b.size() + 1));
  std::iota(rows[0].begin(), rows[0].end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    rows[i + 1][0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      size_t& distance = rows[i + 1][j + 1];
      distance =
          std::min({rows[i][j] + (a[i] == b[j] ? 0 : 1), rows[i + 1][j] + 1, rows[i][j + 1] + 1});
      if (i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j]) {
        distance = std::min(distance, rows[i - 1][j - 1] + 1);
      }
    }
  }
  return rows.back().back();
}

absl::string_view LastComponent(absl::string_view path) {
  size_t dot = path.rfind('.');
  return dot == absl::string_view::npos ? path : path.substr(dot + 1);
}

}  // namespace

std::optional<char32_t> TakeCodePoint(absl::string_view* text) {
  if (text->empty()) return std::nullopt;
  auto byte = [&](size_t i) { return static_cast<unsigned char>((*text)[i]); };
  unsigned char lead = byte(0);
  size_t length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (length == 0 || lead > 0xf4 || text->size() < length) return std::nullopt;
  char32_t point = length == 1 ? lead : lead & (0x7fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return std::nullopt;
    point = point << 6 | (byte(i) & 0x3fu);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (point < kSmallest[length] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
    return std::nullopt;
  }
  text->remove_prefix(length);
  return point;
}

bool IsUtf8(absl::string_view text) {
  while (!text.empty()) {
    if (!TakeCodePoint(&text).has_value()) return false;
  }
  return true;
}

std::string ToUtf8(absl::string_view text) {
  std::string utf8;
  while (!text.empty()) {
    absl::string_view rest = text;
    if (TakeCodePoint(&rest).has_value()) {
      absl::StrAppend(&utf8, text.substr(0, text.size() - rest.size()));
      text = rest;
    } else {
      absl::StrAppend(&utf8, "\xef\xbf\xbd");
      text.remove_prefix(1);
    }
  }
  return utf8;
}

bool HasControlCharacter(absl::string_view text) {
  while (std::optional<char32_t> point = TakeCodePoint(&text)) {
    if (*point < 0x20 || (*point >= 0x7f && *point <= 0x9f)) return true;
  }
  return false;
}

std::string JsonString(absl::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string json = "\"";
  for (char c : text) {
    switch (c) {
      case '"':
        json += "\\\"";
        break;
      case '\\':
        json += "\\\\";
        break;
      case '\b':
        json += "\\b";
        break;
      case '\t':
        json += "\\t";
        break;
      case '\n':
        json += "\\n";
        break;
      case '\f':
        json += "\\f";
        break;
      case '\r':
        json += "\\r";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          absl::StrAppend(&json, "\\u00", c < 0x10 ? "0" : "1");
          json += kHex[c & 0xf];
        } else {
          json += c;
        }
    }
  }
  json += '"';
  return json;
}

namespace {

// Makes a terminal show what follows in another order than it is written.
bool ChangesDirection(char32_t point) {
  return point == 0x200e || point == 0x200f || point == 0x061c ||
         (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

bool IsControl(char32_t point) { return point < 0x20 || (point >= 0x7f && point <= 0x9f); }

}  // namespace

std::string OneLine(absl::string_view text) {
  std::string line;
  while (!text.empty()) {
    absl::string_view before = text;
    std::optional<char32_t> point = TakeCodePoint(&text);
    if (!point.has_value()) {
      text.remove_prefix(1);
      line += '?';
    } else if (IsControl(*point) || ChangesDirection(*point)) {
      line += '?';
    } else {
      absl::StrAppend(&line, before.substr(0, before.size() - text.size()));
    }
  }
  return line;
}

std::string Excerpt(absl::string_view text) {
  if (text.size() <= kExcerptBytes) return JsonString(OneLine(text));
  size_t cut = kExcerptBytes;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) --cut;
  return absl::StrCat(JsonString(OneLine(text.substr(0, cut))), "...");
}

std::string Suggestion(absl::string_view wrong, const std::vector<std::string>& candidates) {
  if (wrong.empty() || wrong.size() > kLongestSuggested) return "";
  std::string folded = Folded(wrong);
  size_t closest = std::max<size_t>(1, folded.size() / 4) + 1;
  const std::string* best = nullptr;
  for (const std::string& candidate : candidates) {
    for (absl::string_view name : {absl::string_view(candidate), LastComponent(candidate)}) {
      size_t distance = EditDistance(folded, Folded(name));
      if (distance < closest) {
        closest = distance;
        best = &candidate;
      }
    }
  }
  return best == nullptr ? "" : absl::StrCat("; did you mean ", *best, "?");
}

}  // namespace holon::config
