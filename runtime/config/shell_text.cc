#include "runtime/config/shell_text.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "runtime/config/text.h"

namespace holon::config {
namespace {

// Whether no shell sees more than a letter in it. Takes printable UTF-8.
bool IsPlain(absl::string_view word) {
  constexpr absl::string_view kPlain = "_@%+=:,./-";
  // zsh looks up "=command".
  if (word.empty() || word.front() == '=') return false;
  for (char c : word) {
    const bool ascii = static_cast<unsigned char>(c) < 0x80;
    if (ascii && !absl::ascii_isalnum(c) && !absl::StrContains(kPlain, c)) return false;
  }
  return true;
}

// Printable and quoted in a way that every byte survives.
std::string Escaped(absl::string_view word) {
  std::string text = "$'";
  while (!word.empty()) {
    const absl::string_view before = word;
    if (!TakeCodePoint(&word).has_value()) word.remove_prefix(1);
    const absl::string_view piece = before.substr(0, before.size() - word.size());
    if (piece == "'" || piece == "\\") {
      absl::StrAppend(&text, "\\", piece);
    } else if (OneLine(piece) == piece) {
      absl::StrAppend(&text, piece);
    } else {
      for (unsigned char c : piece) absl::StrAppendFormat(&text, "\\%03o", c);
    }
  }
  return text + "'";
}

}  // namespace

std::string ShellWord(absl::string_view word) {
  if (OneLine(word) != word) return Escaped(word);
  if (IsPlain(word)) return std::string(word);
  return absl::StrCat("'", absl::StrReplaceAll(word, {{"'", "'\\''"}}), "'");
}

std::string ShellText(const std::vector<std::string>& words) {
  return absl::StrJoin(words, " ", [](std::string* text, const std::string& word) {
    absl::StrAppend(text, ShellWord(word));
  });
}

}  // namespace holon::config
