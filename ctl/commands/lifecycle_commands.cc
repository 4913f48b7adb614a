// start, stop, restart, ensure and reload: they take the lock, decide, act, and show how it came
// out.
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ctl/commands/commands.h"
#include "ctl/lifecycle/decisions.h"
#include "ctl/lifecycle/home_lock.h"
#include "ctl/lifecycle/reloader.h"
#include "ctl/lifecycle/starter.h"
#include "ctl/lifecycle/stopper.h"
#include "ctl/render/json_view.h"
#include "ctl/render/status_text.h"
#include "runtime/base/file.h"
#include "runtime/config/command_line.h"
#include "runtime/config/diff.h"
#include "runtime/config/fingerprint.h"
#include "runtime/state/daemon_record.h"

namespace holon::ctl {
namespace {

constexpr absl::Duration kLockTimeout = absl::Minutes(1);

absl::Duration LockTimeout(const Context& context) {
  return context.options().timeout.value_or(kLockTimeout);
}

// Says how a command came out: one document, or what a person wants to know.
base::ExitCode Report(Context& context, const Outcome& outcome, const Receipts& receipts) {
  Console& console = context.console();
  if (context.options().json) {
    absl::StatusOr<probe::Sighting> sighting = context.world().Look();
    v1::LifecycleView view;
    view.set_command(context.options().command_name);
    view.set_action(outcome.action);
    if (sighting.ok()) *view.mutable_status() = context.Status(*sighting);
    view.mutable_status()->set_ok(outcome.ok());
    view.mutable_status()->set_message(outcome.message);
    if (!outcome.hint.empty()) view.mutable_status()->set_hint(outcome.hint);
    for (const Receipt& receipt : receipts.all()) {
      v1::StepView* step = view.add_steps();
      step->set_step(receipt.step);
      step->set_outcome(receipt.outcome);
      step->set_evidence(receipt.evidence);
      step->set_duration_ms(absl::ToDoubleMilliseconds(receipt.duration));
    }
    if (!outcome.ok()) {
      view.mutable_error()->set_reason(outcome.reason);
      view.mutable_error()->set_message(outcome.message);
      if (!outcome.hint.empty()) view.mutable_error()->set_hint(outcome.hint);
    }
    console.Data(ToJsonLine(view, "status") + "\n");
    return outcome.exit_code;
  }
  if (!outcome.ok()) {
    if (outcome.reason == "CONFIG_DIFFERS") {
      absl::StatusOr<probe::Sighting> sighting = context.world().Look();
      if (sighting.ok() && probe::Answers(sighting->verdict)) {
        const v1::StatusView status = context.Status(*sighting);
        console.Text(
            DifferenceTable({status.differences().begin(), status.differences().end()}, console));
      }
    }
    if (!receipts.all().empty() && context.options().command == Command::kStop) {
      console.Text(LadderText(receipts.all(), console));
    }
    console.Error(outcome.message, outcome.hint);
    return outcome.exit_code;
  }
  console.Text(absl::StrCat(console.Paint(Tone::kGood, "✓"), " ", outcome.message, "\n"));
  bool ladder =
      context.options().command == Command::kStop || context.options().command == Command::kRestart;
  if (ladder) console.Text(LadderText(receipts.all(), console));
  return outcome.exit_code;
}

// What a restart inherits: the overrides of the last start, from its record.
config::LoadResult LoadWithInherited(const Context& context) {
  config::LoadInputs inputs = context.inputs();
  absl::StatusOr<state::v1::DaemonRecord> record =
      state::ReadDaemonRecord(state::HomePaths(inputs.home).daemon_record);
  if (record.ok()) {
    inputs.inherited = state::OverridesFrom(*record);
    if (inputs.config_file.empty()) inputs.config_file = record->config_file();
  }
  return config::Load(inputs);
}

StartSpec MakeStartSpec(const Context& context, const config::LoadResult& loaded) {
  StartSpec spec;
  config::SpawnInputs line = config::ForSpawn(loaded.configuration, context.inputs().environment);
  spec.arguments = std::move(line.arguments);
  if (!loaded.configuration.explicit_config_file.empty()) {
    spec.arguments.push_back("--config");
    spec.arguments.push_back(loaded.configuration.explicit_config_file);
  }
  for (const auto& [name, value] : line.environment) {
    spec.environment.push_back(absl::StrCat(name, "=", value));
  }
  if (std::optional<OwnConfig> own = context.Describe(loaded)) spec.wanted = *std::move(own);
  spec.stability_window = context.options().stability_window;
  spec.start_timeout = context.options().start_timeout;
  return spec;
}

StopSpec MakeStopSpec(const Context& context) {
  StopSpec spec;
  spec.drain = context.options().drain_timeout;
  spec.term = context.options().term_timeout;
  spec.kill = context.options().kill_timeout;
  spec.force = context.options().force;
  spec.plan = context.options().plan;
  spec.reason = absl::StrCat("holonctl ", context.options().command_name);
  return spec;
}

// Home and key, which every start needs; nothing is made before the configuration is known to be
// good.
absl::Status PrepareHome(const Context& context) {
  absl::Status made = state::MakeHome(state::HomePaths(context.inputs().home));
  if (!made.ok()) return made;
  return config::EnsureFingerprintKey(context.inputs().home).status();
}

void ShowWarnings(Context& context, const config::LoadResult& loaded) {
  for (const std::string& warning : loaded.warnings) context.console().Warning(warning);
}

Outcome StopThenStart(Context& context, const StartSpec& start, Receipts* receipts) {
  Outcome stopped = Stop(context.world(), MakeStopSpec(context), receipts);
  if (!stopped.ok()) return stopped;
  Outcome started = Start(context.world(), start, receipts);
  bool was_running = stopped.action == "stopped";
  if (started.ok() && was_running) started.action = "restarted";
  return started;
}

// The commands that load a configuration, check the home and take the lock before they do anything.
base::ExitCode WithHome(Context& context, const config::LoadResult& loaded, Receipts* receipts,
                        const std::function<Outcome(const StartSpec&)>& act) {
  ShowWarnings(context, loaded);
  if (!loaded.faults.empty()) return context.FailFaults(loaded.faults);
  absl::Status prepared = PrepareHome(context);
  if (!prepared.ok()) return context.FailHome(prepared);
  HomeLock lock =
      TakeHomeLock(context.world(), context.options().command_name, LockTimeout(context));
  if (!lock.granted()) return Report(context, lock.refusal, *receipts);
  return Report(context, act(MakeStartSpec(context, loaded)), *receipts);
}

}  // namespace

base::ExitCode RunStart(Context& context) {
  absl::Status trusted = state::CheckHome(context.world().paths);
  if (!trusted.ok()) return context.FailHome(trusted);
  Receipts receipts(context.world().clock);
  return WithHome(context, context.loaded(), &receipts,
                  [&](const StartSpec& spec) { return Start(context.world(), spec, &receipts); });
}

base::ExitCode RunStop(Context& context) {
  World& world = context.world();
  Receipts receipts(world.clock);
  absl::Status trusted = state::CheckHome(world.paths);
  if (!trusted.ok()) return context.FailHome(trusted);
  absl::StatusOr<base::FileInfo> run = base::Look(world.paths.run);
  const StopSpec spec = MakeStopSpec(context);
  // Where there is no run directory there is nothing to lock, and none is made for it.
  if (spec.plan || !run.ok() || run->type == base::FileType::kAbsent) {
    return Report(context, Stop(world, spec, &receipts), receipts);
  }
  HomeLock lock = TakeHomeLock(world, context.options().command_name, LockTimeout(context),
                               [&](const std::string& holder) {
                                 absl::StatusOr<probe::Sighting> sighting = world.Look();
                                 return sighting.ok() && MayStopBeside(holder, sighting->verdict);
                               });
  if (!lock.granted()) return Report(context, lock.refusal, receipts);
  return Report(context, Stop(world, spec, &receipts), receipts);
}

base::ExitCode RunRestart(Context& context) {
  absl::Status trusted = state::CheckHome(context.world().paths);
  if (!trusted.ok()) return context.FailHome(trusted);
  Receipts receipts(context.world().clock);
  return WithHome(context, LoadWithInherited(context), &receipts, [&](const StartSpec& spec) {
    if (context.options().if_changed) {
      absl::StatusOr<probe::Sighting> sighting = context.world().Look();
      std::vector<holon::v1::ConfigDifference> differences;
      if (sighting.ok() && sighting->verdict == probe::Verdict::kRunning &&
          MatchConfig(spec.wanted, *sighting, &differences) == ConfigMatch::kSame) {
        return Success("nothing", "the configuration is unchanged; the runtime goes on running");
      }
    }
    if (context.options().plan) {
      Outcome planned = Stop(context.world(), MakeStopSpec(context), &receipts);
      if (planned.action == "already_stopped") planned = Success("planned", planned.message);
      if (planned.ok()) receipts.Add("start", "planned", "would start the runtime again");
      return planned;
    }
    return StopThenStart(context, spec, &receipts);
  });
}

base::ExitCode RunEnsure(Context& context) {
  World& world = context.world();
  absl::Status trusted = state::CheckHome(world.paths);
  if (!trusted.ok()) return context.FailHome(trusted);
  Receipts receipts(world.clock);
  const config::LoadResult loaded = LoadWithInherited(context);
  return WithHome(context, loaded, &receipts, [&](const StartSpec& spec) -> Outcome {
    while (true) {
      receipts.Begin();
      absl::StatusOr<probe::Sighting> sighting = world.Look();
      if (!sighting.ok()) {
        return Failure(base::ExitCode::kPermissionDenied, "PERMISSION_DENIED",
                       std::string(sighting.status().message()));
      }
      std::vector<holon::v1::ConfigDifference> differences;
      ConfigMatch match = MatchConfig(spec.wanted, *sighting, &differences);
      // Two versions that know different fields would else restart the runtime in turn, for
      // nobody's sake.
      if (config::OnlyVersionSkew(differences)) match = ConfigMatch::kSame;
      receipts.Add("look", "done", std::string(probe::VerdictName(sighting->verdict)));
      switch (DecideEnsure(sighting->verdict, match)) {
        case EnsureStep::kNothing:
          return Success("nothing",
                         absl::StrCat("the runtime runs as wanted (pid ", sighting->answer->pid(),
                                      ", generation ", sighting->answer->instance_id(), ")"));
        case EnsureStep::kStart:
          return Start(world, spec, &receipts);
        case EnsureStep::kReload:
          return Reload(world, *sighting, loaded.configuration.overrides, &receipts);
        case EnsureStep::kRestart: {
          Outcome outcome = StopThenStart(context, spec, &receipts);
          if (outcome.ok() && !differences.empty()) {
            absl::StrAppend(&outcome.message,
                            "; restarted for: ", config::DifferenceSummary(differences));
          }
          return outcome;
        }
        case EnsureStep::kWait: {
          Outcome followed = Follow(world, *sighting, spec.start_timeout, &receipts);
          if (!followed.ok()) return followed;
          break;
        }
        case EnsureStep::kRefuse:
          return Failure(base::ExitCode::kUnknown, RefusalReason(sighting->verdict),
                         absl::StrCat(sighting->detail, "; nothing was changed"),
                         NextCommand(sighting->verdict, world.paths.home));
      }
    }
  });
}

base::ExitCode RunReload(Context& context) {
  World& world = context.world();
  absl::Status trusted = state::CheckHome(world.paths);
  if (!trusted.ok()) return context.FailHome(trusted);
  const config::LoadResult loaded = LoadWithInherited(context);
  ShowWarnings(context, loaded);
  if (!loaded.faults.empty()) return context.FailFaults(loaded.faults);
  Receipts receipts(world.clock);
  absl::StatusOr<probe::Sighting> sighting = world.Look();
  if (!sighting.ok()) return context.FailHome(sighting.status());
  if (sighting->verdict != probe::Verdict::kRunning) {
    const base::ExitCode code = probe::StatusExitCode(sighting->verdict);
    bool nobody = code == base::ExitCode::kNotRunning || code == base::ExitCode::kFailed;
    return Report(
        context,
        Failure(nobody                          ? base::ExitCode::kNotRunning
                : code == base::ExitCode::kDone ? base::ExitCode::kFailed
                                                : code,
                nobody ? "NOT_RUNNING" : RefusalReason(sighting->verdict),
                absl::StrCat("the runtime is ", std::string(probe::VerdictName(sighting->verdict)),
                             "; nothing was reloaded"),
                NextCommand(sighting->verdict, world.paths.home)),
        receipts);
  }
  HomeLock lock = TakeHomeLock(world, context.options().command_name, LockTimeout(context));
  if (!lock.granted()) return Report(context, lock.refusal, receipts);
  return Report(context, Reload(world, *sighting, loaded.configuration.overrides, &receipts),
                receipts);
}

}  // namespace holon::ctl
