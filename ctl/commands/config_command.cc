// config show, get, set, unset, list, validate, fingerprint and path.
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "ctl/commands/commands.h"
#include "ctl/lifecycle/home_lock.h"
#include "ctl/render/json_view.h"
#include "ctl/render/layout.h"
#include "ctl/render/status_text.h"
#include "google/protobuf/util/json_util.h"
#include "runtime/config/diff.h"
#include "runtime/config/edit.h"
#include "runtime/config/fingerprint.h"
#include "runtime/config/schema.h"
#include "runtime/config/settings.h"
#include "runtime/config/usage.h"
#include "runtime/state/lifecycle_lock.h"

namespace holon::ctl {
namespace {

const char* TakesOf(holon::v1::Apply apply) {
  switch (apply) {
    case holon::v1::APPLY_HOT:
      return "reload";
    case holon::v1::APPLY_VOLATILE:
      return "nothing";
    default:
      return "restart";
  }
}

// From the canonical form: JSON, or the state of a secret.
void SetValue(const std::string& canonical, v1::SettingView* view) {
  if (canonical == "<set>" || canonical == "<unset>") {
    view->set_secret_state(canonical.substr(1, canonical.size() - 2));
    return;
  }
  if (!google::protobuf::util::JsonStringToMessage(canonical, view->mutable_value()).ok()) {
    view->mutable_value()->set_string_value(canonical);
  }
}

v1::SettingView ValueView(const holon::v1::ConfigValue& value) {
  v1::SettingView view;
  view.set_path(value.path());
  SetValue(value.value(), &view);
  view.set_origin(config::OriginText(value.origin()));
  view.set_takes(TakesOf(value.apply()));
  return view;
}

v1::SettingView LeafView(const config::Leaf& leaf) {
  v1::SettingView view;
  view.set_path(leaf.path);
  view.set_type(config::TypeName(leaf));
  view.set_default_(leaf.rule->default_value());
  view.set_allowed(config::AllowedText(leaf));
  view.set_takes(TakesOf(leaf.apply));
  view.set_variable(leaf.variable);
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

base::ExitCode Show(Context& context) {
  const Console& console = context.console();
  v1::ConfigView view;
  std::vector<std::vector<std::string>> rows;
  for (const holon::v1::ConfigValue& value : Described(context)) {
    *view.add_settings() = ValueView(value);
    const bool set = value.origin().source() != holon::v1::SOURCE_DEFAULT;
    std::string shown = config::DisplayValue(value.value());
    std::vector<std::string> row = {value.path(), shown.empty() ? "\"\"" : shown};
    if (set) row[1] = console.Paint(Tone::kStrong, row[1]);
    if (context.options().origin) {
      row.push_back(
          console.Paint(set ? Tone::kGood : Tone::kFaint, config::OriginText(value.origin())));
    }
    rows.push_back(std::move(row));
  }
  return Print(context, std::move(view), Table(rows, console.width()));
}

base::ExitCode UnknownSetting(Context& context) {
  return context.Fail(
      base::ExitCode::kUsage, "UNKNOWN_SETTING",
      absl::StrCat("there is no setting \"", config::WithoutValue(context.options().path), "\""),
      context.Next(Situation::kUnknownSetting));
}

base::ExitCode Get(Context& context) {
  for (const holon::v1::ConfigValue& value : Described(context)) {
    if (value.path() != context.options().path) continue;
    v1::ConfigView view;
    *view.add_settings() = ValueView(value);
    return Print(context, std::move(view), config::DisplayValue(value.value()) + "\n");
  }
  return UnknownSetting(context);
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

base::ExitCode FailEdit(Context& context, const absl::Status& status,
                        const std::vector<config::Fault>& faults) {
  return faults.empty() ? context.FailFor(status, "EDIT_FAILED") : context.FailFaults(faults);
}

absl::StatusOr<config::FileEdit> Plan(Context& context, std::vector<config::Fault>* faults) {
  const Options& options = context.options();
  return options.command == Command::kConfigSet
             ? config::PlanSet(context.inputs(), options.path, options.value, faults)
             : config::PlanUnset(context.inputs(), options.path, faults);
}

// One editor at a time.
base::ExitCode ApplyPlan(Context& context, std::vector<config::Fault>* faults) {
  const Options& options = context.options();
  World& world = context.world();
  absl::Status prepared = state::MakeHome(world.paths);
  if (!prepared.ok()) return context.FailHome(prepared);
  HomeLock lock =
      TakeHomeLock(world, options.command_name, options.timeout.value_or(absl::Minutes(1)));
  if (!lock.granted()) {
    return context.Fail(lock.refusal.exit_code, lock.refusal.reason, lock.refusal.message,
                        lock.refusal.next);
  }
  // Another editor may have been there since.
  absl::StatusOr<config::FileEdit> edit = Plan(context, faults);
  absl::Status written = edit.ok() ? config::Write(*edit) : edit.status();
  return written.ok() ? base::ExitCode::kDone : FailEdit(context, written, *faults);
}

// set and unset. Nothing is made, not even the home, for an edit that is refused or changes
// nothing.
base::ExitCode Edit(Context& context) {
  const Options& options = context.options();
  if (options.command == Command::kConfigSet && config::FindTarget(options.path).leaf == nullptr) {
    return UnknownSetting(context);
  }
  std::vector<config::Fault> faults;
  absl::StatusOr<config::FileEdit> edit = Plan(context, &faults);
  if (!edit.ok()) return FailEdit(context, edit.status(), faults);
  if (edit->changes()) {
    const base::ExitCode applied = ApplyPlan(context, &faults);
    if (applied != base::ExitCode::kDone) return applied;
  }
  if (!options.json) {
    context.console().Text(absl::StrCat(
        context.console().Paint(Tone::kGood, "✓"), " ", options.path,
        options.command == Command::kConfigSet ? " is set in " : " is removed from ",
        config::ConfigFilePath(context.inputs()), "\n  a running runtime takes it with ensure\n"));
    return base::ExitCode::kDone;
  }
  return Print(context, {}, "");
}

}  // namespace

base::ExitCode RunConfig(Context& context) {
  const Command command = context.options().command;
  const bool edits = command == Command::kConfigSet || command == Command::kConfigUnset;
  absl::Status trusted = state::CheckHome(context.world().paths,
                                          edits ? state::HomeUse::kChange : state::HomeUse::kLook);
  if (!trusted.ok()) return context.FailHome(trusted);
  switch (command) {
    case Command::kConfigList:
      return List(context);
    case Command::kConfigPath:
      return Print(context, {}, config::ConfigFilePath(context.inputs()) + "\n");
    case Command::kConfigSet:
    case Command::kConfigUnset:
      return Edit(context);
    default:
      break;
  }
  if (!context.loaded().faults.empty()) return context.FailFaults(context.loaded().faults);
  if (command == Command::kConfigShow) return Show(context);
  if (command == Command::kConfigGet) return Get(context);
  v1::ConfigView view;
  if (std::optional<OwnConfig> own = context.Describe(context.loaded())) {
    view.set_config_fingerprint(own->fingerprint);
  }
  if (command == Command::kConfigValidate) {
    return Print(context, std::move(view),
                 context.options().quiet ? ""
                                         : absl::StrCat(context.console().Paint(Tone::kGood, "✓"),
                                                        " the configuration is valid\n"));
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
