#include "ctl/lifecycle/stopper.h"

#include <signal.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ctl/lifecycle/cleanup.h"
#include "ctl/lifecycle/decisions.h"
#include "ctl/lifecycle/stop_ladder.h"
#include "runtime/base/cgroup.h"
#include "runtime/base/process.h"
#include "runtime/base/status_macros.h"
#include "runtime/state/audit_log.h"
#include "runtime/state/failures.h"
#include "runtime/state/log_tail.h"

namespace holon::ctl {
namespace {

// Lines of the log that go with a failure.
constexpr size_t kExcerptLines = 10;
constexpr absl::Duration kRpcTimeout = absl::Seconds(2);
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

// The runtime that was sighted.
class SightedRuntime final : public StopTarget {
 public:
  SightedRuntime(World& world, probe::Sighting& sighting, base::ProcessHandle handle,
                 const StopSpec& spec)
      : world_(world), sighting_(sighting), handle_(std::move(handle)), spec_(spec) {}

  absl::StatusOr<std::string> RequestShutdown() override {
    holon::v1::ShutdownRequest request;
    holon::v1::ShutdownResponse response;
    request.set_reason(spec_.reason);
    request.mutable_caller()->set_pid(getpid());
    request.mutable_caller()->set_command(world_.self);
    request.set_expected_instance_id(sighting_.answer->instance_id());
    if (spec_.drain.has_value()) {
      request.mutable_drain_deadline()->set_seconds(absl::ToInt64Seconds(*spec_.drain));
      request.mutable_drain_deadline()->set_nanos(
          static_cast<int32_t>(absl::ToInt64Nanoseconds(*spec_.drain % absl::Seconds(1))));
    }
    grpc::Status status = sighting_.client->Shutdown(kRpcTimeout, request, &response);
    // Nobody polls this connection any more, and an open one would hold up the end of the server.
    sighting_.client.reset();
    if (!status.ok()) {
      return absl::UnavailableError(
          absl::StrCat("the Shutdown call failed: ", status.error_message()));
    }
    return absl::StrCat("accepted by ", Name(), ", generation ", response.instance_id());
  }

  absl::Status Terminate() override {
    HOLON_RETURN_IF_ERROR(handle_.Signal(SIGTERM));
    absl::Status resumed = handle_.Signal(SIGCONT);
    return absl::IsNotFound(resumed) ? absl::OkStatus() : resumed;
  }

  absl::Status Kill() override {
    absl::Status sent = handle_.SignalGroup(SIGKILL);
    killed_ = killed_ || sent.ok();
    return sent;
  }

  absl::Status AwaitExit(absl::Duration timeout, const std::string& doing) override {
    switch (WaitVisibly(world_, {handle_.fd()}, world_.clock.Uptime() + timeout, doing)) {
      case Waited::kReady:
        return absl::OkStatus();
      case Waited::kInterrupted:
        return absl::CancelledError("interrupted");
      case Waited::kTimedOut:
        break;
    }
    return absl::DeadlineExceededError("still alive");
  }

  absl::StatusOr<std::string> Verify() override {
    if (!handle_.Exited()) return absl::InternalError(absl::StrCat(Name(), " still lives"));
    return CleanUp(world_, sighting_.socket_path,
                   killed_ ? state::Vanished::kKnown : state::Vanished::kRecord);
  }

  std::string Name() const override { return absl::StrCat("pid ", handle_.identity().pid); }

  bool killed() const { return killed_; }

 private:
  World& world_;
  probe::Sighting& sighting_;
  base::ProcessHandle handle_;
  const StopSpec& spec_;
  bool killed_ = false;
};

// The generation that was seen, by its own word or by its record; empty: nobody's.
std::string InstanceOf(const probe::Sighting& sighting) {
  if (sighting.answer.has_value()) return sighting.answer->instance_id();
  return sighting.record.has_value() ? sighting.record->instance_id() : "";
}

// systemd may undo a stop (Restart=, or a socket that somebody connects to).
std::string UnitWarning(pid_t pid) {
  // A variable is inherited; this one says whom systemd itself has started.
  if (base::StartVariableOf(pid, "SYSTEMD_EXEC_PID") != absl::StrCat(pid)) return "";
  const std::string cgroup = base::CgroupOf(pid);
  const std::string unit = base::UnitOf(cgroup);
  return absl::StrCat(
      "; systemd started it, and may start it again. To keep it stopped: systemctl ",
      absl::StrContains(cgroup, "/user@") ? "--user " : "", "stop ", unit.empty() ? "UNIT" : unit);
}

// A runtime that had to be killed has failed to end; who killed it is on record beside it.
void RecordKill(World& world, const probe::Sighting& sighting, const Outcome& outcome) {
  const std::string name = absl::StrCat("pid ", sighting.process->pid);
  const std::string instance_id = InstanceOf(sighting);
  state::v1::FailureRecord failure;
  *failure.mutable_occurred_at() = state::ToTimestamp(world.clock.Now());
  failure.set_phase(state::kShutdownFailure);
  failure.set_instance_id(instance_id);
  failure.set_detail_hint(absl::StrCat("holonctl --home ", world.paths.home, " logs"));
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

Outcome StopSighted(World& world, probe::Sighting& sighting, const StopSpec& spec,
                    Receipts* receipts) {
  if (!sighting.process.has_value()) {
    return Failure(
        base::ExitCode::kUnknown, "UNIDENTIFIED",
        absl::StrCat(sighting.detail,
                     "; its process cannot be proven from here, so nothing is signalled"),
        "holonctl status");
  }
  const bool answers = probe::Answers(sighting.verdict);
  base::StopLadder ladder;
  ladder.drain = spec.drain.value_or(ConfiguredDrain(sighting, ladder.drain)) + kWatchdogGrace;
  ladder.term = spec.term;
  ladder.kill = spec.kill;
  const std::string name = absl::StrCat("pid ", sighting.process->pid);
  if (spec.plan) {
    Plan(ladder, answers, name, receipts);
    return Success("planned", absl::StrCat("this is what stop would do to ", name));
  }
  absl::StatusOr<base::ProcessHandle> handle = base::ProcessHandle::Open(*sighting.process);
  if (absl::IsNotFound(handle.status())) {
    // It ended between the look and now.
    absl::StatusOr<std::string> proof =
        CleanUp(world, sighting.socket_path, state::Vanished::kRecord);
    receipts->Add("verify", proof.ok() ? "done" : "failed",
                  proof.ok() ? *proof : std::string(proof.status().message()));
    if (proof.ok()) return Success("stopped", absl::StrCat("the runtime (", name, ") has stopped"));
    return Failure(base::ExitCode::kFailed, "NOT_VERIFIED", std::string(proof.status().message()),
                   "holonctl status");
  }
  if (!handle.ok()) {
    return Failure(base::ExitCode::kPermissionDenied, "PERMISSION_DENIED",
                   std::string(handle.status().message()));
  }
  // While it lives: its start environment goes with it.
  const std::string unit_warning = UnitWarning(sighting.process->pid);
  SightedRuntime target(world, sighting, *std::move(handle), spec);
  Outcome outcome = Descend(target, ladder, answers, receipts);
  if (outcome.ok()) absl::StrAppend(&outcome.message, unit_warning);
  if (target.killed()) RecordKill(world, sighting, outcome);
  return outcome;
}

}  // namespace

Outcome Stop(World& world, const StopSpec& spec, Receipts* receipts) {
  absl::StatusOr<probe::Sighting> sighting = world.Look();
  if (!sighting.ok()) {
    return Failure(base::ExitCode::kPermissionDenied, "PERMISSION_DENIED",
                   std::string(sighting.status().message()));
  }
  const std::string instance = InstanceOf(*sighting);
  if (!spec.only_instance.empty() && !instance.empty() && instance != spec.only_instance) {
    return Success("nothing", "another generation runs by now, and is left alone");
  }
  switch (DecideStop(sighting->verdict, spec.force)) {
    case StopDecision::kNothing:
      return Success("already_stopped", "the runtime is not running");
    case StopDecision::kClean: {
      if (spec.plan) {
        receipts->Add("clean", "planned",
                      absl::StrCat("would remove ", absl::StrJoin(sighting->stale_files, ", ")));
        return Success("planned", "the runtime is dead; stop would remove what it left");
      }
      receipts->Begin();
      absl::StatusOr<std::string> proof =
          CleanUp(world, sighting->socket_path, state::Vanished::kRecord);
      receipts->Add("clean", proof.ok() ? "done" : "failed",
                    proof.ok() ? *proof : std::string(proof.status().message()));
      if (proof.ok()) return Success("cleaned", "the runtime was dead; its files are removed");
      return Failure(base::ExitCode::kFailed, "CLEANUP_FAILED",
                     std::string(proof.status().message()), "holonctl status");
    }
    case StopDecision::kRefuse:
      return Failure(base::ExitCode::kUnknown, RefusalReason(sighting->verdict),
                     absl::StrCat(sighting->detail, "; it is not ours to stop"), "holonctl status");
    case StopDecision::kNeedsForce:
      return Failure(base::ExitCode::kUnknown, RefusalReason(sighting->verdict),
                     absl::StrCat(sighting->detail, "; nothing was stopped"),
                     absl::StrCat("use the holonctl of that version, or: holonctl --home ",
                                  world.paths.home, " stop --force"));
    case StopDecision::kEscalate:
      break;
  }
  return StopSighted(world, *sighting, spec, receipts);
}

}  // namespace holon::ctl
