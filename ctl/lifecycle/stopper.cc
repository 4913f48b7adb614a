#include "ctl/lifecycle/stopper.h"

#include <unistd.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ctl/lifecycle/claim.h"
#include "ctl/lifecycle/cleanup.h"
#include "ctl/lifecycle/decisions.h"
#include "ctl/lifecycle/sighted_runtime.h"
#include "ctl/lifecycle/stop_ladder.h"
#include "runtime/base/cgroup.h"
#include "runtime/base/process.h"
#include "runtime/base/status_macros.h"
#include "runtime/config/shell_text.h"
#include "runtime/state/audit_log.h"
#include "runtime/state/failures.h"
#include "runtime/state/log_tail.h"

namespace holon::ctl {
namespace {

// Lines of the log that go with a failure.
constexpr size_t kExcerptLines = 10;
constexpr int kAttempts = 3;
// The runtime's own watchdog ends it one second after its deadline.
constexpr absl::Duration kWatchdogGrace = absl::Milliseconds(1500);

// The runtime's own drain time-out, from the configuration that it says is in force.
absl::Duration ConfiguredDrain(const probe::Sighting& sighting, absl::Duration otherwise) {
  if (!sighting.answer.has_value()) return otherwise;
  for (const holon::v1::ConfigValue& value : sighting.answer->config()) {
    int64_t milliseconds;
    if (value.path() == "drain.timeout_ms" && absl::SimpleAtoi(value.value(), &milliseconds)) {
      return absl::Milliseconds(milliseconds);
    }
  }
  return otherwise;
}

// systemd may undo a stop (Restart=, or a socket that somebody connects to).
std::string UnitWarning(pid_t pid) {
  // A variable is inherited; this one says whom systemd itself has started.
  if (base::StartVariableOf(pid, "SYSTEMD_EXEC_PID") != absl::StrCat(pid)) return "";
  const std::string cgroup = base::CgroupOf(pid);
  const std::string unit = base::UnitOf(cgroup);
  std::vector<std::string> words = {"systemctl"};
  if (absl::StrContains(cgroup, "/user@")) words.push_back("--user");
  words.push_back("stop");
  words.push_back(unit.empty() ? "UNIT" : unit);
  return absl::StrCat("; systemd started it, and may start it again. To keep it stopped: ",
                      config::ShellText(words));
}

// A runtime that had to be killed has failed to end; who killed it is on record beside it.
void RecordKill(World& world, const probe::Sighting& sighting, const Outcome& outcome) {
  const std::string name = absl::StrCat("pid ", sighting.process->pid);
  const std::string instance_id = InstanceOf(sighting);
  state::v1::FailureRecord failure;
  *failure.mutable_occurred_at() = state::ToTimestamp(world.clock.Now());
  failure.set_phase(state::kShutdownFailure);
  failure.set_instance_id(instance_id);
  failure.set_detail_hint(absl::StrCat("the log: ", world.paths.log));
  failure.set_summary(
      outcome.ok() ? absl::StrCat("the runtime (", name, ") did not end by itself, and was killed")
                   : outcome.message);
  if (outcome.ok()) failure.set_ended("signal 9 (SIGKILL), sent by holonctl");
  for (const std::string& line : state::LogTail(world.paths.log, kExcerptLines)) {
    failure.add_log_excerpt(line);
  }
  state::v1::AuditEntry entry;
  *entry.mutable_time() = failure.occurred_at();
  entry.set_action("kill");
  entry.set_instance_id(instance_id);
  entry.set_reason(failure.summary());
  entry.set_caller(absl::StrCat("pid ", getpid(), ": ", world.self));
  entry.set_outcome(outcome.message);
  entry.set_uid(getuid());
  (void)state::AppendAudit(world.paths.audit_log, entry);
  (void)state::RecordFailure(world.paths.failures, std::move(failure));
}

base::StopLadder LadderFor(const StopSpec& spec, const probe::Sighting& sighting) {
  base::StopLadder ladder;
  ladder.drain = spec.drain.value_or(ConfiguredDrain(sighting, ladder.drain)) + kWatchdogGrace;
  ladder.term = spec.term;
  ladder.kill = spec.kill;
  return ladder;
}

Outcome FromCleanup(const absl::StatusOr<std::string>& proof, const std::string& step,
                    Receipts* receipts, Outcome success) {
  receipts->Add(step, proof.ok() ? "done" : "failed",
                proof.ok() ? *proof : std::string(proof.status().message()));
  return proof.ok() ? success : ClaimFailure(proof.status(), "CLEANUP_FAILED");
}

Outcome StopSighted(World& world, probe::Sighting& sighting, const StopSpec& spec, bool may_change,
                    Receipts* receipts) {
  const bool answers = probe::Answers(sighting.verdict);
  // A runtime that answers can be asked; the others can only be signalled.
  if (!answers && !sighting.process.has_value()) {
    return Failure(base::ExitCode::kUnknown, "UNIDENTIFIED",
                   absl::StrCat(sighting.detail, "; nothing was signalled: ", sighting.unproven),
                   NextFor(world.call, sighting));
  }
  const base::StopLadder ladder = LadderFor(spec, sighting);
  const std::string name = RuntimeName(sighting);
  if (spec.plan) {
    Plan(ladder, answers, name, sighting.process.has_value() ? "" : sighting.unproven, receipts);
    return Success("planned", absl::StrCat("this is what stop would do to ", name));
  }
  std::optional<base::ProcessHandle> process;
  std::string unit_warning;
  if (sighting.process.has_value()) {
    absl::StatusOr<base::ProcessHandle> handle = base::ProcessHandle::Open(*sighting.process);
    if (absl::IsNotFound(handle.status())) {
      // It ended between the look and now.
      return FromCleanup(CleanUpAfter(world, sighting.socket_path, state::Vanished::kRecord),
                         "verify", receipts,
                         Success("stopped", absl::StrCat("the runtime (", name, ") has stopped")));
    }
    if (!handle.ok() && !answers) {
      return Failure(base::ExitCodeFor(handle.status()), "PERMISSION_DENIED",
                     std::string(handle.status().message()));
    }
    // While it lives: its start environment goes with it.
    unit_warning = UnitWarning(sighting.process->pid);
    if (handle.ok()) process.emplace(*std::move(handle));
  }
  SightedRuntime target(world, sighting, std::move(process), spec, may_change);
  Outcome outcome = Descend(target, ladder, answers, receipts);
  if (outcome.ok()) {
    absl::StrAppend(&outcome.message, unit_warning);
  } else {
    const bool interrupted = outcome.exit_code == base::ExitCode::kInterrupted;
    if (interrupted) outcome.next = NextFor(world.call, Situation::kStopInterrupted);
  }
  if (outcome.ok() && !may_change) {
    absl::StrAppend(&outcome.message, "; ", DescribeLeft(world.paths, sighting.socket_path));
  }
  if (target.killed() && may_change) RecordKill(world, sighting, outcome);
  return outcome;
}

Outcome Clean(World& world, const probe::Sighting& sighting, const StopSpec& spec, bool may_change,
              Receipts* receipts) {
  if (!may_change) {
    return Success(
        "already_stopped",
        absl::StrCat(sighting.detail, "; ", DescribeLeft(world.paths, sighting.socket_path)));
  }
  if (spec.plan) {
    receipts->Add("clean", "planned",
                  absl::StrCat("would remove ", absl::StrJoin(sighting.stale_files, ", ")));
    return Success("planned", "the runtime is dead; stop would remove what it left");
  }
  receipts->Begin();
  return FromCleanup(
      CleanUp(world, sighting.socket_path, state::Vanished::kRecord, world.lock_timeout), "clean",
      receipts, Success("cleaned", "the runtime was dead; its files are removed"));
}

Outcome StopOnce(World& world, const StopSpec& spec, Receipts* receipts) {
  absl::StatusOr<probe::Sighting> sighting = world.Look();
  if (!sighting.ok()) return LookFailure(sighting.status());
  const std::string instance = InstanceOf(*sighting);
  if (!spec.only_instance.empty() && !instance.empty() && instance != spec.only_instance) {
    return Success("nothing", "another generation runs by now, and is left alone");
  }
  const bool may_change = state::MayChangeHome(world.paths);
  switch (DecideStop(sighting->verdict, spec.force)) {
    case StopDecision::kNothing:
      return Success("already_stopped",
                     absl::StrCat("the runtime is not running",
                                  sighting->detail.empty() ? "" : "; ", sighting->detail));
    case StopDecision::kClean:
      return Clean(world, *sighting, spec, may_change, receipts);
    case StopDecision::kRefuse:
      return Failure(base::ExitCode::kUnknown, RefusalReason(sighting->verdict),
                     absl::StrCat(sighting->detail, "; it is not ours to stop"),
                     NextFor(world.call, *sighting));
    case StopDecision::kNeedsForce:
      return Failure(base::ExitCode::kUnknown, RefusalReason(sighting->verdict),
                     absl::StrCat(sighting->detail, "; nothing was stopped"),
                     NextFor(world.call, *sighting));
    case StopDecision::kEscalate:
      break;
  }
  return StopSighted(world, *sighting, spec, may_change, receipts);
}

}  // namespace

Outcome Stop(World& world, const StopSpec& spec, Receipts* receipts) {
  Outcome outcome;
  // Another generation may take over between the look and the call: then it is the one to stop.
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    outcome = StopOnce(world, spec, receipts);
    if (outcome.reason != kOtherGeneration) break;
  }
  return outcome;
}

}  // namespace holon::ctl
