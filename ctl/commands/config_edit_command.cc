// config set and config unset: they edit the file, and say what the edit changes in what runs.
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ctl/commands/commands.h"
#include "ctl/commands/specs.h"
#include "ctl/lifecycle/home_lock.h"
#include "ctl/render/config_view.h"
#include "ctl/render/json_view.h"
#include "ctl/render/layout.h"
#include "ctl/render/status_text.h"
#include "runtime/config/diff.h"
#include "runtime/config/edit.h"
#include "runtime/config/fingerprint.h"
#include "runtime/config/schema.h"
#include "runtime/config/settings.h"
#include "runtime/config/text.h"
#include "runtime/config/usage.h"
#include "runtime/config/values.h"
#include "runtime/state/lifecycle_lock.h"

namespace holon::ctl {
namespace {

base::ExitCode FailEdit(Context& context, const absl::Status& status,
                        const std::vector<config::Fault>& faults) {
  if (!faults.empty()) return context.FailFaults(faults);
  return absl::IsNotFound(status) && config::FindTarget(context.options().path).leaf == nullptr
             ? FailUnknownSetting(context)
             : context.FailFor(status, "EDIT_FAILED");
}

absl::StatusOr<config::FileEdit> Plan(Context& context, std::vector<config::Fault>* faults) {
  const Options& options = context.options();
  return options.command == Command::kConfigSet
             ? config::PlanSet(context.inputs(), options.path, options.value, faults)
             : config::PlanUnset(context.inputs(), options.path, faults);
}

// One editor at a time.
base::ExitCode ApplyPlan(Context& context, config::FileEdit* edit,
                         std::vector<config::Fault>* faults) {
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
  absl::StatusOr<config::FileEdit> planned = Plan(context, faults);
  absl::Status written = planned.ok() ? config::Write(*planned) : planned.status();
  if (!written.ok()) return FailEdit(context, written, *faults);
  *edit = *std::move(planned);
  return base::ExitCode::kDone;
}

// What an edit does to what runs.
struct Effect {
  std::string text;
  NextStep next;
};

// The value of a setting and who gave it, where that is neither the file nor a default: nothing in
// the file counts then. Empty otherwise.
std::string StrongerThanFile(const config::LoadResult& loaded, const config::Leaf& leaf) {
  const holon::v1::Origin& origin = loaded.configuration.origins.at(leaf.path);
  if (origin.source() != holon::v1::SOURCE_ENVIRONMENT &&
      origin.source() != holon::v1::SOURCE_FLAG) {
    return "";
  }
  std::string value = "a value";
  for (const holon::v1::ConfigValue& described : config::Describe(loaded.configuration, "")) {
    if (described.path() != leaf.path) continue;
    const v1::SettingView view = ToView(described);
    value = ShownValue(view.value(), view.secret_state());
  }
  return absl::StrCat(leaf.path, "=", value, " (", config::OriginText(origin), ")");
}

Effect EffectOnRuntime(Context& context, const config::Leaf& leaf, const std::string& file,
                       const holon::v1::RuntimeStatusResponse& runtime) {
  const config::LoadResult wanted = LoadWithInherited(context);
  const std::string& used = wanted.configuration.explicit_config_file;
  if (!used.empty() && used != file) {
    return {absl::StrCat("no effect: the runtime was started with --config ", used), {}};
  }
  if (const std::string kept = StrongerThanFile(wanted, leaf); !kept.empty()) {
    return {absl::StrCat("no effect yet: the runtime keeps from its start ", kept),
            context.Next(Situation::kEditKept)};
  }
  if (leaf.apply == holon::v1::APPLY_VOLATILE) {
    return {"the runtime shows it from its next start on", {}};
  }
  const std::optional<OwnConfig> own = context.Describe(wanted);
  if (!own.has_value()) return {"a runtime takes it once the configuration is valid", {}};
  for (const holon::v1::ConfigDifference& difference : DifferencesFrom(*own, runtime)) {
    if (difference.path() != leaf.path) continue;
    return {difference.apply() == holon::v1::APPLY_HOT
                ? "the running runtime takes it with a reload"
                : "the running runtime takes it with a restart",
            context.Next(Situation::kEdited)};
  }
  return {"the runtime runs with this value already", {}};
}

Effect EffectOf(Context& context, const std::string& file) {
  const config::Leaf* leaf = config::FindTarget(context.options().path).leaf;
  if (leaf == nullptr) return {"none: nothing reads it", {}};
  if (const std::string mine = StrongerThanFile(config::Load(context.inputs()), *leaf);
      !mine.empty()) {
    return {absl::StrCat("no effect here: stronger than the file is ", mine), {}};
  }
  absl::StatusOr<probe::Sighting> sighting =
      context.world().Look(probe::Want::kVerdict, absl::Seconds(10));
  if (!sighting.ok()) return {std::string(sighting.status().message()), {}};
  if (probe::IsDead(sighting->verdict)) {
    return {context.options().command == Command::kConfigSet ? "the next start uses it"
                                                             : "the next start does without it",
            {}};
  }
  if (!probe::Answers(sighting->verdict)) {
    return {absl::StrCat("what runs cannot be asked: ", sighting->detail), context.Next(*sighting)};
  }
  return EffectOnRuntime(context, *leaf, file, *sighting->answer);
}

// What a path became: relative ones count from the caller's directory. Empty of all else.
std::string PathText(Context& context) {
  const config::Target target = config::FindTarget(context.options().path);
  if (target.leaf == nullptr || !target.leaf->is_path() || target.names_file) return "";
  config::LoadInputs file = context.inputs();
  file.environment.clear();
  file.sets.clear();
  file.socket.clear();
  return absl::StrCat(" to ",
                      Whole(config::TextOf(*target.leaf, config::Load(file).configuration.values)));
}

void Show(Context& context, const config::FileEdit& edit, const std::vector<std::string>& warnings,
          const Effect& effect) {
  const Options& options = context.options();
  Console& console = context.console();
  if (options.json) {
    v1::ConfigView view;
    view.set_ok(true);
    view.set_config_file(edit.path);
    view.set_effect(effect.text);
    for (const std::string& warning : warnings) view.add_warnings(warning);
    SetNext(effect.next, &view);
    console.Data(ToJsonLine(view) + "\n");
    return;
  }
  const bool set = options.command == Command::kConfigSet;
  console.Done(absl::StrCat(options.path,
                            set              ? absl::StrCat(" is set", PathText(context), " in ")
                            : edit.changes() ? " is removed from "
                                             : " was not set in ",
                            Whole(edit.path)));
  console.Text(absl::StrCat("  ", Printable(effect.text), "\n", NextText(effect.next, console)));
  for (const std::string& warning : warnings) console.Warning(warning);
}

}  // namespace

// Nothing is made, not even the home, for an edit that is refused or changes nothing.
base::ExitCode RunConfigEdit(Context& context) {
  absl::Status trusted = state::CheckHome(context.world().paths, state::HomeUse::kChange);
  if (!trusted.ok()) return context.FailHome(trusted);
  std::vector<config::Fault> faults;
  absl::StatusOr<config::FileEdit> edit = Plan(context, &faults);
  if (!edit.ok()) return FailEdit(context, edit.status(), faults);
  if (edit->changes()) {
    const base::ExitCode applied = ApplyPlan(context, &*edit, &faults);
    if (applied != base::ExitCode::kDone) return applied;
  }
  std::vector<std::string> warnings;
  for (const config::Fault& fault : edit->remaining) {
    warnings.push_back(absl::StrCat("still wrong in the file: ", config::FaultText(fault)));
  }
  Show(context, *edit, warnings, EffectOf(context, edit->path));
  return base::ExitCode::kDone;
}

}  // namespace holon::ctl
