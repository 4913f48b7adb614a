#include "ctl/lifecycle/command_text.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "runtime/base/file.h"
#include "runtime/config/schema.h"
#include "runtime/config/text.h"

namespace holon::ctl {
namespace {

constexpr absl::string_view kOption = "--set";
constexpr absl::string_view kEnd = "--";
constexpr absl::string_view kWithheld = "<withheld>";

bool IsSecret(const config::Target& target) {
  return target.leaf != nullptr && target.leaf->secret && !target.names_file;
}

// "path=value", with the value where it may be shown.
std::string SettingText(absl::string_view setting) {
  const size_t equals = setting.find('=');
  const config::Target target = config::FindTarget(setting.substr(0, equals));
  if (equals == absl::string_view::npos || target.leaf == nullptr) return std::string(kWithheld);
  if (IsSecret(target)) return absl::StrCat(setting.substr(0, equals + 1), kWithheld);
  return std::string(setting);
}

}  // namespace

std::string CommandText(const std::vector<std::string>& arguments) {
  std::vector<std::string> shown;
  absl::string_view before;
  for (const std::string& argument : arguments) {
    absl::string_view setting = argument;
    if (before == kOption) {
      shown.push_back(SettingText(argument));
    } else if (absl::ConsumePrefix(&setting, absl::StrCat(kOption, "="))) {
      shown.push_back(absl::StrCat(kOption, "=", SettingText(setting)));
    } else if (before == kEnd) {
      // What `run` runs is its own business, and may hold anything.
      shown.push_back(base::NameOf(argument));
      if (&argument != &arguments.back()) shown.emplace_back("…");
      break;
    } else if (IsSecret(config::FindTarget(before))) {
      shown.emplace_back(kWithheld);
    } else {
      shown.push_back(argument);
    }
    before = argument;
  }
  return config::ToUtf8(absl::StrJoin(shown, " "));
}

}  // namespace holon::ctl
