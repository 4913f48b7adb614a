// Text as configuration sees it: UTF-8, quoting, and what a message may quote. Pure.
#ifndef HOLON_RUNTIME_CONFIG_TEXT_H_
#define HOLON_RUNTIME_CONFIG_TEXT_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace holon::config {

// Takes the first code point off `text`. nullopt, and nothing taken, where it is not well-formed
// UTF-8 (overlong forms and surrogates are not) or `text` is empty.
std::optional<char32_t> TakeCodePoint(absl::string_view* text);

bool IsUtf8(absl::string_view text);
// With U+FFFD in place of every byte that is none: for JSON and protos, which hold nothing else.
std::string ToUtf8(absl::string_view text);

// Whether any character is a control character: below U+0020, or U+007F to U+009F. Takes UTF-8.
bool HasControlCharacter(absl::string_view text);

// A JSON string in the canonical form: only '"', '\' and what is below U+0020 is escaped.
std::string JsonString(absl::string_view text);

// What a message may quote of something a user wrote: one line, quoted, well-formed, and not long.
std::string Excerpt(absl::string_view text);

// Text from elsewhere that has to stay on its line, as it is written: control characters, those
// that change the direction of writing, and bytes that are not UTF-8 become '?'.
std::string OneLine(absl::string_view text);

// "; did you mean model.default?" where one of the candidates is close enough to `wrong`, else
// empty. Letter case, '_' and '-' count for nothing, and a candidate's last component may stand for
// it.
std::string Suggestion(absl::string_view wrong, const std::vector<std::string>& candidates);

}  // namespace holon::config

#endif  // HOLON_RUNTIME_CONFIG_TEXT_H_
