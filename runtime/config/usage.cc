#include "runtime/config/usage.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "runtime/config/schema.h"

namespace holon::config {
namespace {

// As a path and as a variable, with dashes or dots, in any case: all are one name.
std::string Flat(absl::string_view text) {
  return absl::StrReplaceAll(absl::AsciiStrToLower(text), {{"-", "_"}, {".", "_"}});
}

const Leaf* SecretNamedIn(absl::string_view argument) {
  for (const Leaf& leaf : Leaves()) {
    if (leaf.secret && absl::StrContains(Flat(argument), Flat(leaf.path))) return &leaf;
  }
  return nullptr;
}

}  // namespace

std::string WithoutValue(absl::string_view argument) {
  const size_t equals = argument.find('=');
  if (equals == absl::string_view::npos) return std::string(argument);
  return absl::StrCat(argument.substr(0, equals), "=…");
}

std::string UsageMessage(absl::string_view message, const std::vector<std::string>& arguments) {
  std::vector<std::pair<std::string, std::string>> values;
  for (const std::string& argument : arguments) {
    if (const Leaf* secret = SecretNamedIn(argument)) {
      return absl::StrCat("the arguments are not understood, and not repeated, because ",
                          secret->path,
                          " is a secret, which is refused on command lines; use the variable ",
                          secret->variable, " or --set ", PathOf({secret, true}), "=FILE");
    }
    if (!argument.empty()) values.emplace_back(argument, WithoutValue(argument));
  }
  return absl::StrReplaceAll(message, values);
}

}  // namespace holon::config
