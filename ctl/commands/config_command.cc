// config show, get, list, validate, fingerprint and path: they look, and change nothing.
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ctl/commands/commands.h"
#include "ctl/render/config_view.h"
#include "ctl/render/json_view.h"
#include "ctl/render/layout.h"
#include "ctl/render/status_text.h"
#include "runtime/config/diff.h"
#include "runtime/config/fingerprint.h"
#include "runtime/config/schema.h"
#include "runtime/config/settings.h"
#include "runtime/config/text.h"
#include "runtime/config/usage.h"

namespace holon::ctl {
namespace {

v1::SettingView LeafView(const config::Leaf& leaf) {
  v1::SettingView view;
  view.set_path(leaf.path);
  view.set_type(config::TypeName(leaf));
  if (!leaf.rule->default_value().empty()) view.set_default_(leaf.rule->default_value());
  view.set_allowed(config::AllowedText(leaf));
  view.set_takes(TakesOf(leaf.apply));
  // home_dir has no variable of its own, and the socket's is the one that a command of run gets.
  view.set_variable(leaf.rule->from_home()           ? "HOLON_HOME"
                    : &leaf == &config::SocketLeaf() ? "HOLON_SOCKET"
                                                     : leaf.variable);
  view.set_comment(config::Comment(leaf));
  return view;
}

std::vector<holon::v1::ConfigValue> Described(Context& context) {
  // A missing key only keeps secrets from being told apart, and none is shown here.
  return config::Describe(context.loaded().configuration,
                          config::ReadFingerprintKey(context.inputs().home).value_or(""));
}

base::ExitCode Print(Context& context, v1::ConfigView view, const std::string& text) {
  view.set_ok(true);
  view.set_config_file(config::ConfigFilePath(context.inputs()));
  for (const std::string& warning : context.loaded().warnings) {
    view.add_warnings(warning);
    if (!context.options().json) context.console().Warning(warning);
  }
  if (context.options().json) {
    context.console().Data(ToJsonLine(view) + "\n");
  } else {
    context.console().Data(text);
  }
  return base::ExitCode::kDone;
}

base::ExitCode Show(Context& context, const std::vector<holon::v1::ConfigValue>& values) {
  const Console& console = context.console();
  v1::ConfigView view;
  std::vector<std::vector<std::string>> rows;
  for (const holon::v1::ConfigValue& value : values) {
    const v1::SettingView setting = ToView(value);
    *view.add_settings() = setting;
    const bool set = value.origin().source() != holon::v1::SOURCE_DEFAULT;
    std::vector<std::string> row = {value.path(),
                                    ShownValue(setting.value(), setting.secret_state())};
    if (set) row[1] = console.Paint(Tone::kStrong, row[1]);
    if (context.options().origin) {
      row.push_back(console.Paint(set ? Tone::kGood : Tone::kFaint, setting.origin()));
    }
    rows.push_back(std::move(row));
  }
  return Print(context, std::move(view), Table(rows, console.width()));
}

// What is in force in the runtime, wherever the caller's own configuration stands.
base::ExitCode ShowRuntime(Context& context) {
  absl::StatusOr<probe::Sighting> sighting = context.world().Look(
      probe::Want::kVerdict, context.options().timeout.value_or(absl::InfiniteDuration()));
  if (!sighting.ok()) return context.FailHome(sighting.status());
  if (!probe::Answers(sighting->verdict)) return context.FailNoAnswer(*sighting);
  return Show(context, {sighting->answer->config().begin(), sighting->answer->config().end()});
}

base::ExitCode Get(Context& context) {
  for (const holon::v1::ConfigValue& value : Described(context)) {
    if (value.path() != context.options().path) continue;
    v1::ConfigView view;
    *view.add_settings() = ToView(value);
    return Print(context, std::move(view), config::DisplayValue(value.value()) + "\n");
  }
  return FailUnknownSetting(context);
}

base::ExitCode List(Context& context) {
  const Console& console = context.console();
  v1::ConfigView view;
  std::string text;
  for (const config::Leaf& leaf : config::Leaves()) {
    const v1::SettingView setting = LeafView(leaf);
    *view.add_settings() = setting;
    absl::StrAppend(&text, console.Paint(Tone::kStrong, setting.path()), "  ",
                    console.Paint(Tone::kFaint, setting.variable()), "\n    ", setting.comment(),
                    "\n    ", setting.allowed(), "; default ",
                    setting.default_().empty() ? "none" : setting.default_(), "; a change takes ",
                    setting.takes() == "nothing" ? "nothing" : absl::StrCat("a ", setting.takes()),
                    "\n");
  }
  return Print(context, std::move(view), text);
}

}  // namespace

base::ExitCode FailUnknownSetting(Context& context) {
  return context.Fail(
      base::ExitCode::kUsage, "UNKNOWN_SETTING",
      absl::StrCat("there is no setting \"", config::WithoutValue(context.options().path), "\"",
                   config::Suggestion(context.options().path, config::TargetPaths())),
      context.Next(Situation::kUnknownSetting));
}

base::ExitCode RunConfig(Context& context) {
  const Command command = context.options().command;
  absl::Status trusted = state::CheckHome(context.world().paths, state::HomeUse::kLook);
  if (!trusted.ok()) return context.FailHome(trusted);
  switch (command) {
    case Command::kConfigList:
      return List(context);
    case Command::kConfigPath:
      return Print(context, {}, config::ConfigFilePath(context.inputs()) + "\n");
    case Command::kConfigShow:
      if (context.options().runtime) return ShowRuntime(context);
      break;
    default:
      break;
  }
  if (!context.loaded().faults.empty()) return context.FailFaults(context.loaded().faults);
  if (command == Command::kConfigShow) return Show(context, Described(context));
  if (command == Command::kConfigGet) return Get(context);
  v1::ConfigView view;
  if (std::optional<OwnConfig> own = context.Describe(context.loaded())) {
    view.set_config_fingerprint(own->fingerprint);
  }
  if (command == Command::kConfigValidate) {
    const base::ExitCode printed = Print(context, std::move(view), "");
    if (!context.options().json) context.console().Done("the configuration is valid");
    return printed;
  }
  if (!view.has_config_fingerprint()) {
    return context.Fail(base::ExitCode::kFailed, "NO_KEY",
                        "the configuration holds a secret, and the home has no fingerprint.key "
                        "yet to tell it apart by",
                        context.Next(Situation::kFingerprintNoKey));
  }
  const std::string fingerprint = view.config_fingerprint();
  return Print(context, std::move(view), fingerprint + "\n");
}

}  // namespace holon::ctl
