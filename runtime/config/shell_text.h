// Command lines as text that a POSIX shell takes back. Pure.
#ifndef HOLON_RUNTIME_CONFIG_SHELL_TEXT_H_
#define HOLON_RUNTIME_CONFIG_SHELL_TEXT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace holon::config {

// One word, quoted only where needed. Always printable and on one line: control characters, those
// that change the direction of writing, and bytes that are not UTF-8 are written as $'\ooo'.
std::string ShellWord(absl::string_view word);

std::string ShellText(const std::vector<std::string>& words);

}  // namespace holon::config

#endif  // HOLON_RUNTIME_CONFIG_SHELL_TEXT_H_
