#include "ctl/lifecycle/launch.h"

#include <signal.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ctl/lifecycle/cleanup.h"
#include "ctl/lifecycle/holond_path.h"
#include "ctl/lifecycle/start_progress.h"
#include "runtime/base/duration.h"
#include "runtime/base/status_macros.h"
#include "runtime/config/diff.h"
#include "runtime/state/failures.h"
#include "runtime/state/log_tail.h"

namespace holon::ctl {
namespace {

// Lines of the log that go with a failure.
constexpr size_t kExcerptLines = 10;
// What a runtime that is given up on may take to end by itself.
constexpr absl::Duration kAbandonTerm = absl::Seconds(2);
constexpr absl::Duration kAbandonKill = absl::Seconds(5);

std::string StatusHint(const World& world) {
  return absl::StrCat("holonctl --home ", world.paths.home, " status");
}

}  // namespace

absl::Status Launch::Spawn() {
  HOLON_ASSIGN_OR_RETURN(std::string program, FindHolond());
  HOLON_ASSIGN_OR_RETURN(base::NotifyReceiver notify, base::NotifyReceiver::Create());
  notify_.emplace(std::move(notify));
  HOLON_ASSIGN_OR_RETURN(base::UniqueFd log, base::OpenForAppending(world_.paths.log));
  HOLON_ASSIGN_OR_RETURN(log_begin_, base::InfoOf(log.get()));
  base::SpawnOptions options;
  options.program = program;
  options.arguments = {"--home", world_.paths.home};
  options.arguments.insert(options.arguments.end(), spec_.arguments.begin(), spec_.arguments.end());
  options.environment = spec_.environment;
  options.environment.push_back(absl::StrCat("NOTIFY_SOCKET=", notify_->address()));
  options.working_directory = world_.paths.home;
  options.output_fd = log.get();
  HOLON_ASSIGN_OR_RETURN(base::Child child, base::Spawn(options));
  child_.emplace(std::move(child));
  receipts_->Add("spawn", "done", absl::StrCat(program, " runs as pid ", child_->identity().pid));
  return absl::OkStatus();
}

Outcome Launch::Run(bool* lost_race) {
  receipts_->Begin();
  absl::Status spawned = Spawn();
  if (!spawned.ok()) {
    receipts_->Add("spawn", "failed", std::string(spawned.message()));
    return Persist(Failure(base::ExitCode::kFailed, "SPAWN_FAILED", std::string(spawned.message()),
                           StatusHint(world_)),
                   "");
  }
  Outcome outcome = AwaitReady(lost_race);
  if (outcome.ok()) outcome = CheckReady();
  if (outcome.ok() && spec_.stability_window > absl::ZeroDuration()) outcome = AwaitStability();
  if (outcome.ok() || outcome.exit_code == base::ExitCode::kInterrupted) {
    outcome.started_instance = instance_id_;
  }
  return outcome;
}

Outcome Launch::AwaitReady(bool* lost_race) {
  StartProgress progress(world_.clock.Uptime(), spec_.start_timeout, spec_.start_cap);
  while (true) {
    const std::string doing =
        absl::StrCat("starting", progress.status().empty() ? "" : ": ", progress.status());
    switch (WaitVisibly(world_, {notify_->fd(), child_->fd()}, progress.GiveUpAt(), doing)) {
      case Waited::kInterrupted:
        return Abandon(base::ExitCode::kInterrupted, "INTERRUPTED",
                       "interrupted before the runtime was ready; it was stopped again");
      case Waited::kTimedOut:
        return Abandon(
            base::ExitCode::kTimeout, "START_TIMEOUT",
            absl::StrCat("the runtime was not ready within ",
                         base::FormatDuration(spec_.start_timeout), " of its last progress (",
                         progress.status().empty() ? "none" : progress.status(),
                         "); it was stopped again. Give it more with --start-timeout"));
      case Waited::kReady:
        break;
    }
    while (auto notification = notify_->Receive(child_->identity().pid)) {
      progress.On(*notification, world_.clock.Uptime());
    }
    if (progress.ready() && !progress.stopping()) {
      receipts_->Add("ready", "done", absl::StrCat("READY=1 from pid ", child_->identity().pid));
      return Success("started", "");
    }
    if (!child_->Reap().has_value()) continue;
    if (progress.stopping()) {
      return ExplainExit(absl::StrCat("was stopped while starting (", progress.status(), ")"));
    }
    // Another runtime that holds the lock says so with its own life.
    absl::StatusOr<probe::Sighting> other = world_.Look();
    if (other.ok() && probe::IsLive(other->verdict)) {
      receipts_->Add("ready", "failed",
                     absl::StrCat("another runtime was faster: ", progress.status()));
      *lost_race = true;
      return Failure(base::ExitCode::kFailed, "LOST_RACE", progress.status());
    }
    return ExplainExit("ended before it was ready");
  }
}

// READY is a claim; the handshake is the proof.
Outcome Launch::CheckReady() {
  absl::StatusOr<probe::Sighting> sighting = world_.Look();
  const bool ours = sighting.ok() && sighting->verdict == probe::Verdict::kRunning &&
                    sighting->answer->pid() == child_->identity().pid;
  if (!ours) {
    return Abandon(base::ExitCode::kFailed, "NOT_READY",
                   absl::StrCat("the runtime said it was ready, but a look says ",
                                sighting.ok() ? std::string(probe::VerdictName(sighting->verdict))
                                              : std::string(sighting.status().message()),
                                sighting.ok() && !sighting->detail.empty() ? ": " : "",
                                sighting.ok() ? sighting->detail : ""));
  }
  instance_id_ = sighting->answer->instance_id();
  std::vector<holon::v1::ConfigDifference> differences;
  if (MatchConfig(spec_.wanted, *sighting, &differences) != ConfigMatch::kSame) {
    return Abandon(base::ExitCode::kConfigDiffers, "CONFIG_DIFFERS",
                   absl::StrCat("the runtime came up with another configuration: ",
                                config::DifferenceSummary(differences)));
  }
  receipts_->Add("handshake", "done",
                 absl::StrCat("generation ", instance_id_, " answers, configuration ",
                              spec_.wanted.fingerprint.substr(0, 12)));
  return Success("started", absl::StrCat("the runtime is ready (pid ", child_->identity().pid,
                                         ", generation ", instance_id_, ")"));
}

Outcome Launch::AwaitStability() {
  const std::string ready = absl::StrCat("the runtime is ready (pid ", child_->identity().pid,
                                         ", generation ", instance_id_, ")");
  const absl::Duration end = world_.clock.Uptime() + spec_.stability_window;
  StartProgress progress(world_.clock.Uptime(), spec_.stability_window, spec_.stability_window);
  const std::string window = base::FormatDuration(spec_.stability_window);
  while (true) {
    switch (WaitVisibly(world_, {notify_->fd(), child_->fd()}, end,
                        absl::StrCat("ready; watching it for ", window))) {
      case Waited::kInterrupted:
        receipts_->Add("stability", "skipped", "interrupted");
        return Failure(base::ExitCode::kInterrupted, "INTERRUPTED",
                       absl::StrCat("interrupted while watching; ", ready, " and goes on running"),
                       StatusHint(world_));
      case Waited::kTimedOut:
        receipts_->Add("stability", "done", absl::StrCat("alive and ready for ", window));
        // The runtime does so itself, but perhaps a moment after we have said that it is stable.
        (void)state::RecordStable(world_.paths.failures, instance_id_, world_.clock.Now());
        return Success("started", ready);
      case Waited::kReady:
        break;
    }
    while (auto notification = notify_->Receive(child_->identity().pid)) {
      progress.On(*notification, world_.clock.Uptime());
    }
    if (child_->Reap().has_value()) {
      return ExplainExit(
          progress.stopping()
              ? absl::StrCat("was stopped within the stability window (", progress.status(), ")")
              : absl::StrCat("ended within the stability window of ", window));
    }
  }
}

Outcome Launch::ExplainExit(const std::string& when) {
  const base::ExitStatus ended = *child_->Reap();
  base::ExitCode code = base::ExitCode::kFailed;
  // Where holond found out what holonctl could not, its word counts.
  for (base::ExitCode known :
       {base::ExitCode::kUsage, base::ExitCode::kUnknown, base::ExitCode::kPermissionDenied}) {
    if (!ended.signaled && ended.code == static_cast<int>(known)) code = known;
  }
  const std::string text = base::ExitStatusText(ended);
  receipts_->Add("ready", "failed", absl::StrCat("pid ", child_->identity().pid, ": ", text));
  return Persist(Failure(code, "START_FAILED", absl::StrCat("the runtime ", when, ": ", text),
                         absl::StrCat("look at the log: ", world_.paths.log)),
                 text);
}

// Ends what was spawned, and nothing else.
Outcome Launch::Abandon(base::ExitCode code, const std::string& reason,
                        const std::string& message) {
  (void)child_->handle().Signal(SIGTERM);
  (void)child_->handle().Signal(SIGCONT);
  if (WaitVisibly(world_, {child_->fd()}, world_.clock.Uptime() + kAbandonTerm,
                  "stopping it again") != Waited::kReady) {
    (void)child_->handle().SignalGroup(SIGKILL);
    (void)WaitVisibly(world_, {child_->fd()}, world_.clock.Uptime() + kAbandonKill,
                      "stopping it again");
  }
  std::optional<base::ExitStatus> ended = child_->Reap();
  const std::string text = ended.has_value() ? base::ExitStatusText(*ended) : "still alive";
  receipts_->Add("abandon", ended.has_value() ? "done" : "failed",
                 absl::StrCat("pid ", child_->identity().pid, ": ", text));
  Outcome failure =
      Failure(code, reason, message, absl::StrCat("look at the log: ", world_.paths.log));
  return Persist(std::move(failure), text);
}

Outcome Launch::Persist(Outcome failure, const std::string& ended) {
  // What the dead child may have left; a living runtime holds the lock, and keeps its files.
  absl::StatusOr<std::string> cleaned =
      CleanUp(world_, world_.socket_path, state::Vanished::kKnown);
  receipts_->Add("clean", cleaned.ok() ? "done" : "failed",
                 cleaned.ok() ? *cleaned : std::string(cleaned.status().message()));
  if (failure.exit_code == base::ExitCode::kInterrupted) return failure;
  state::v1::FailureRecord record;
  *record.mutable_occurred_at() = state::ToTimestamp(world_.clock.Now());
  record.set_phase(state::kStartupFailure);
  record.set_summary(failure.message);
  record.set_detail_hint(absl::StrCat("the log: ", world_.paths.log));
  record.set_instance_id(instance_id_);
  record.set_ended(ended);
  const std::vector<std::string> lines =
      state::LogSince(world_.paths.log, log_begin_, kExcerptLines);
  for (const std::string& line : lines) record.add_log_excerpt(line);
  if (!lines.empty()) {
    absl::StrAppend(&failure.message, "\n  last lines of the log:\n    ",
                    absl::StrJoin(lines, "\n    "));
  }
  absl::Status recorded = state::RecordFailure(world_.paths.failures, std::move(record));
  if (!recorded.ok()) {
    absl::StrAppend(&failure.message,
                    "\n  (the failure could not be recorded: ", recorded.message(), ")");
  }
  return failure;
}

}  // namespace holon::ctl
