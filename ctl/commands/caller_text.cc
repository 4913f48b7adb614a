#include "ctl/commands/caller_text.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "runtime/config/schema.h"
#include "runtime/config/text.h"

namespace holon::ctl {
namespace {

// "path=value" of what is no secret; a URL without user and password.
std::string SettingText(absl::string_view setting) {
  const size_t equals = setting.find('=');
  const config::Target target = config::FindTarget(setting.substr(0, equals));
  if (target.leaf == nullptr || equals == absl::string_view::npos) return "<withheld>";
  const absl::string_view path = setting.substr(0, equals + 1);
  if (target.leaf->secret && !target.names_file) return absl::StrCat(path, "<withheld>");
  const absl::string_view value = setting.substr(equals + 1);
  const size_t user = value.find("://");
  const size_t host = value.rfind('@');
  if (host == absl::string_view::npos) return absl::StrCat(path, value);
  return absl::StrCat(path, value.substr(0, user == absl::string_view::npos ? 0 : user + 3), "…",
                      value.substr(host));
}

// The names of the options that were given, and what their values may show.
std::string GivenText(const CLI::App& app, const Options& options) {
  std::string text;
  for (const CLI::Option* option : app.get_options()) {
    if (option->count() == 0) continue;
    const std::string& name = option->get_name();
    if (!absl::StartsWith(name, "-")) continue;
    if (name != "--set") absl::StrAppend(&text, " ", name);
    // It was parsed as a duration, and can be nothing else.
    if (option->get_type_name() == kDurationType) {
      absl::StrAppend(&text, " ", option->results().back());
    }
    if (name != "--set") continue;
    for (const std::string& setting : options.sets) {
      absl::StrAppend(&text, " --set ", SettingText(setting));
    }
  }
  return text;
}

}  // namespace

std::string CallerText(const CLI::App& app, const Options& options) {
  std::string text = absl::StrCat("holonctl ", options.command_name, GivenText(app, options));
  for (const CLI::App* command = &app; !command->get_subcommands().empty();) {
    command = command->get_subcommands().front();
    absl::StrAppend(&text, GivenText(*command, options));
  }
  return config::ToUtf8(text);
}

}  // namespace holon::ctl
