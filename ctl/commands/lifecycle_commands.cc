// start, stop, restart, ensure and reload: they take the lock, decide, act, and show how it came
// out.
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ctl/commands/commands.h"
#include "ctl/commands/report.h"
#include "ctl/commands/specs.h"
#include "ctl/lifecycle/decisions.h"
#include "ctl/lifecycle/ensurer.h"
#include "ctl/lifecycle/home_lock.h"
#include "ctl/lifecycle/reloader.h"
#include "ctl/lifecycle/starter.h"
#include "ctl/lifecycle/stopper.h"
#include "runtime/base/file.h"

namespace holon::ctl {
namespace {

using Load = std::function<config::LoadResult()>;
using Act = std::function<Outcome(const config::LoadResult& loaded, const StartSpec& spec)>;

// In a home that cannot be changed: a runtime that runs as wanted needs no change.
std::optional<Outcome> RunsAlready(Context& context, const config::LoadResult& loaded) {
  absl::StatusOr<probe::Sighting> sighting = context.world().Look();
  if (!sighting.ok() || sighting->verdict != probe::Verdict::kRunning) return std::nullopt;
  const StartSpec spec = MakeStartSpec(context, loaded);
  std::vector<holon::v1::ConfigDifference> differences;
  if (MatchConfig(spec.wanted, *sighting, &differences) != ConfigMatch::kSame) return std::nullopt;
  return context.options().command == Command::kEnsure ? RunsAsWanted(*sighting)
                                                       : AlreadyRuns(*sighting);
}

// The commands that load a configuration, check the home and take the lock before they do anything.
// What is wrong is told at once; what counts is read under the lock, because whoever held it before
// may have changed what is inherited.
base::ExitCode WithHome(Context& context, const Load& load, Receipts* receipts, const Act& act) {
  config::LoadResult loaded = load();
  ShowWarnings(context, loaded);
  if (!loaded.faults.empty()) return context.FailFaults(loaded.faults);
  absl::Status prepared = PrepareHome(context);
  if (!prepared.ok()) {
    std::optional<Outcome> done;
    if (context.options().command != Command::kRestart) done = RunsAlready(context, loaded);
    return done.has_value() ? Report(context, *done, *receipts) : context.FailHome(prepared);
  }
  HomeLock lock =
      TakeHomeLock(context.world(), context.options().command_name, LockTimeout(context));
  if (!lock.granted()) return Report(context, lock.refusal, *receipts);
  loaded = load();
  if (!loaded.faults.empty()) return context.FailFaults(loaded.faults);
  return Report(context, act(loaded, MakeStartSpec(context, loaded)), *receipts);
}

// Whether a command that can do without takes the lifecycle lock. Where there is no run directory
// there is nothing to lock, and none is made for it; in a home that is not ours or cannot be
// written there is no lock to be had.
bool MayLock(const World& world) {
  absl::StatusOr<base::FileInfo> run = base::Look(world.paths.run);
  return run.ok() && run->type != base::FileType::kAbsent && state::MayChangeHome(world.paths);
}

}  // namespace

base::ExitCode RunStart(Context& context) {
  absl::Status trusted = state::CheckHome(context.world().paths, state::HomeUse::kLook);
  if (!trusted.ok()) return context.FailHome(trusted);
  Receipts receipts(context.world().clock);
  return WithHome(
      context, [&] { return context.loaded(); }, &receipts,
      [&](const config::LoadResult&, const StartSpec& spec) {
        return Start(context.world(), spec, &receipts);
      });
}

base::ExitCode RunStop(Context& context) {
  World& world = context.world();
  Receipts receipts(world.clock);
  absl::Status trusted = state::CheckHome(world.paths, state::HomeUse::kLook);
  if (!trusted.ok()) return context.FailHome(trusted);
  const StopSpec spec = MakeStopSpec(context);
  if (spec.plan || !MayLock(world)) {
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
  const bool plan = context.options().plan;
  absl::Status trusted = state::CheckHome(context.world().paths,
                                          plan ? state::HomeUse::kLook : state::HomeUse::kChange);
  if (!trusted.ok()) return context.FailHome(trusted);
  Receipts receipts(context.world().clock);
  if (plan) {
    Outcome planned = Stop(context.world(), MakeStopSpec(context), &receipts);
    if (planned.action == "already_stopped") planned = Success("planned", planned.message);
    if (planned.ok()) receipts.Add("start", "planned", "would start the runtime again");
    return Report(context, planned, receipts);
  }
  const Load load = [&] { return LoadWithInherited(context); };
  return WithHome(context, load, &receipts, [&](const config::LoadResult&, const StartSpec& spec) {
    if (context.options().if_changed) {
      absl::StatusOr<probe::Sighting> sighting = context.world().Look();
      std::vector<holon::v1::ConfigDifference> differences;
      if (sighting.ok() && sighting->verdict == probe::Verdict::kRunning &&
          MatchConfig(spec.wanted, *sighting, &differences) == ConfigMatch::kSame) {
        return Success("nothing", "the configuration is unchanged; the runtime goes on running");
      }
    }
    return Restart(context.world(), MakeStopSpec(context), spec, &receipts);
  });
}

base::ExitCode RunEnsure(Context& context) {
  World& world = context.world();
  absl::Status trusted = state::CheckHome(world.paths, state::HomeUse::kLook);
  if (!trusted.ok()) return context.FailHome(trusted);
  Receipts receipts(world.clock);
  return WithHome(
      context, [&] { return LoadWithInherited(context); }, &receipts,
      [&](const config::LoadResult& loaded, const StartSpec& spec) {
        return Ensure(world, spec, MakeStopSpec(context), loaded.configuration.overrides,
                      &receipts);
      });
}

base::ExitCode RunReload(Context& context) {
  World& world = context.world();
  absl::Status trusted = state::CheckHome(world.paths, state::HomeUse::kLook);
  if (!trusted.ok()) return context.FailHome(trusted);
  config::LoadResult loaded = LoadForReload(context);
  ShowWarnings(context, loaded);
  if (!loaded.faults.empty()) return context.FailFaults(loaded.faults);
  Receipts receipts(world.clock);
  std::optional<HomeLock> lock;
  if (MayLock(world)) {
    lock = TakeHomeLock(world, context.options().command_name, LockTimeout(context));
    if (!lock->granted()) return Report(context, lock->refusal, receipts);
    loaded = LoadForReload(context);
    if (!loaded.faults.empty()) return context.FailFaults(loaded.faults);
  }
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
                context.Next(*sighting)),
        receipts);
  }
  return Report(context, Reload(world, *sighting, loaded.configuration.overrides, false, &receipts),
                receipts);
}

}  // namespace holon::ctl
