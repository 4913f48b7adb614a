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
#include "runtime/base/process_setup.h"
#include "runtime/base/status_macros.h"
#include "runtime/config/diff.h"
#include "runtime/state/failures.h"
#include "runtime/state/log_tail.h"
#include "runtime/state/vanished.h"

namespace holon::ctl {
namespace {

// Lines of the log that go with a failure.
constexpr size_t kExcerptLines = 10;
// What a runtime that is given up on may take to end by itself.
constexpr absl::Duration kAbandonTerm = absl::Seconds(2);
constexpr absl::Duration kAbandonKill = absl::Seconds(5);
// What a wrapper may take to end after the runtime that it started.
constexpr absl::Duration kWrapperEnd = absl::Milliseconds(500);

}  // namespace

absl::Status Launch::Spawn() {
  HOLON_ASSIGN_OR_RETURN(std::string program, FindHolond());
  HOLON_ASSIGN_OR_RETURN(base::NotifyReceiver notify,
                         base::NotifyReceiver::Create(world_.paths.notify_socket));
  notify_.emplace(std::move(notify));
  HOLON_ASSIGN_OR_RETURN(base::UniqueFd log, base::OpenForAppending(world_.paths.log));
  HOLON_ASSIGN_OR_RETURN(log_begin_, base::InfoOf(log.get()));
  if (auto before = state::FindVanished(world_.paths)) instance_before_ = before->instance_id();
  base::SpawnOptions options;
  options.program = program;
  options.arguments = {"--home", world_.paths.home};
  options.arguments.insert(options.arguments.end(), spec_.arguments.begin(), spec_.arguments.end());
  if (spec_.ephemeral) options.arguments.emplace_back("--ephemeral");
  options.environment =
      base::RuntimeEnvironment(spec_.environment, notify_->AddressFrom(world_.paths.home));
  options.working_directory = world_.paths.home;
  options.output_fd = log.get();
  HOLON_ASSIGN_OR_RETURN(base::Child child, base::Spawn(options));
  child_.emplace(std::move(child));
  pid_ = child_->identity().pid;
  receipts_->Add("spawn", "done", absl::StrCat(program, " runs as pid ", pid_));
  return absl::OkStatus();
}

Outcome Launch::Run() {
  receipts_->Begin();
  absl::Status spawned = Spawn();
  if (!spawned.ok()) {
    receipts_->Add("spawn", "failed", std::string(spawned.message()));
    return Persist(
        Failure(base::ExitCodeFor(spawned), "SPAWN_FAILED", std::string(spawned.message()),
                NextFor(world_.call, Situation::kHolondMissing)),
        "");
  }
  Outcome outcome = AwaitReady();
  if (outcome.ok()) outcome = CheckReady();
  if (outcome.ok() && spec_.stability_window > absl::ZeroDuration()) outcome = AwaitStability();
  if (outcome.ok() || outcome.exit_code == base::ExitCode::kInterrupted) {
    outcome.started_instance = instance_id_;
  }
  return outcome;
}

std::vector<int> Launch::LivingFds() const {
  std::vector<int> fds;
  if (left_.empty()) fds.push_back(child_->fd());
  if (runtime_.has_value()) fds.push_back(runtime_->fd());
  for (const base::ProcessHandle& member : left_) fds.push_back(member.fd());
  return fds;
}

// A wrapper may leave the runtime to itself. The child is reaped later: until then the number of
// its session cannot become another's.
bool Launch::HasEnded() {
  if (runtime_.has_value() && runtime_->Exited()) return true;
  if (!child_->handle().Exited()) return false;
  left_ = child_->Session();
  return left_.empty();
}

Outcome Launch::AwaitReady() {
  StartProgress progress(world_.clock.Uptime(), spec_.start_timeout, spec_.start_cap);
  while (true) {
    const std::string doing =
        absl::StrCat("starting", progress.status().empty() ? "" : ": ", progress.status());
    std::vector<int> fds = LivingFds();
    fds.insert(fds.begin(), notify_->fd());
    switch (WaitVisibly(world_, fds, progress.GiveUpAt(), doing)) {
      case Waited::kInterrupted:
        return Abandon(base::ExitCode::kInterrupted, "INTERRUPTED",
                       "interrupted before the runtime was ready");
      case Waited::kTimedOut:
        if (std::optional<Outcome> ready = ReadyAfterAll()) return *std::move(ready);
        return Abandon(
            base::ExitCode::kTimeout, "START_TIMEOUT",
            absl::StrCat("the runtime was not ready within ",
                         base::FormatDuration(spec_.start_timeout), " of its last progress (",
                         progress.status().empty() ? "none" : progress.status(),
                         "). Give it more with --start-timeout"));
      case Waited::kReady:
        break;
    }
    // What it said before its end was said in time.
    const bool ended = HasEnded();
    for (const base::Notification& told : notify_->Receive(child_->identity().pid)) {
      progress.On(told, world_.clock.Uptime());
    }
    if (progress.ready() && !progress.stopping() && !ended) {
      receipts_->Add("ready", "done", absl::StrCat("READY=1 from the session of pid ", pid_));
      return Success("started", "");
    }
    if (!ended) continue;
    if (progress.stopping()) {
      return ExplainExit(absl::StrCat("was stopped while starting (", progress.status(), ")"),
                         true);
    }
    // Another runtime that holds the lock says so with its own life.
    absl::StatusOr<probe::Sighting> other = world_.Look();
    if (other.ok() && probe::IsLive(other->verdict)) {
      receipts_->Add("ready", "failed",
                     absl::StrCat("another runtime was faster: ", progress.status()));
      return Failure(base::ExitCode::kFailed, kLostRace, progress.status());
    }
    return ExplainExit(progress.ready() ? "ended as soon as it was ready"
                                        : "ended before it was ready");
  }
}

std::optional<Outcome> Launch::ReadyAfterAll() {
  absl::StatusOr<probe::Sighting> sighting = world_.Look();
  if (!sighting.ok() || sighting->verdict != probe::Verdict::kRunning) return std::nullopt;
  if (!IsOurs(*sighting)) return LostRace(*sighting);
  receipts_->Add("ready", "done", "it answers as ready, and has not said so itself");
  return Success("started", "");
}

bool Launch::IsOurs(const probe::Sighting& sighting) const {
  const pid_t session = child_->identity().pid;
  return (sighting.answer.has_value() && base::SessionOf(sighting.answer->pid()) == session) ||
         (sighting.process.has_value() && base::SessionOf(sighting.process->pid) == session);
}

Outcome Launch::LostRace(const probe::Sighting& other) {
  // A runtime in a pid namespace of its own cannot be told from another's; it is left alone.
  if (other.process.has_value()) EndSession();
  const std::string message = "a runtime of another session answers";
  receipts_->Add("ready", "failed", message);
  return Failure(base::ExitCode::kFailed, kLostRace, message);
}

// READY is a claim; the handshake is the proof.
Outcome Launch::CheckReady() {
  absl::StatusOr<probe::Sighting> sighting = world_.Look();
  if (sighting.ok() && probe::IsDead(sighting->verdict)) {
    return ExplainExit("ended as soon as it was ready");
  }
  if (absl::IsCancelled(sighting.status())) {
    return Abandon(base::ExitCode::kInterrupted, "INTERRUPTED",
                   "interrupted before the runtime was seen to be ready");
  }
  if (!sighting.ok() || sighting->verdict != probe::Verdict::kRunning) {
    return Abandon(base::ExitCode::kFailed, "NOT_READY",
                   absl::StrCat("the runtime said it was ready, but a look says ",
                                sighting.ok() ? std::string(probe::VerdictName(sighting->verdict))
                                              : std::string(sighting.status().message()),
                                sighting.ok() && !sighting->detail.empty() ? ": " : "",
                                sighting.ok() ? sighting->detail : ""));
  }
  if (!IsOurs(*sighting)) return LostRace(*sighting);
  instance_id_ = sighting->answer->instance_id();
  pid_ = sighting->answer->pid();
  if (pid_ != child_->identity().pid && sighting->process.has_value()) {
    absl::StatusOr<base::ProcessHandle> runtime = base::ProcessHandle::Open(*sighting->process);
    if (runtime.ok()) runtime_.emplace(*std::move(runtime));
  }
  std::vector<holon::v1::ConfigDifference> differences;
  const ConfigMatch match = MatchConfig(spec_.wanted, *sighting, &differences);
  // It was given exactly these inputs; where the key is its own, that has to do.
  if (match != ConfigMatch::kSame && match != ConfigMatch::kUnknown) {
    return Abandon(base::ExitCode::kConfigDiffers, "CONFIG_DIFFERS",
                   absl::StrCat("the runtime came up with another configuration: ",
                                config::DifferenceSummary(differences)));
  }
  receipts_->Add("handshake", "done",
                 absl::StrCat("generation ", instance_id_, " answers, configuration ",
                              spec_.wanted.fingerprint.substr(0, 12)));
  return Success("started", absl::StrCat("the runtime is ready (pid ", pid_, ", generation ",
                                         instance_id_, ")"));
}

Outcome Launch::AwaitStability() {
  const std::string ready =
      absl::StrCat("the runtime is ready (pid ", pid_, ", generation ", instance_id_, ")");
  const absl::Duration end = world_.clock.Uptime() + spec_.stability_window;
  StartProgress progress(world_.clock.Uptime(), spec_.stability_window, spec_.stability_window);
  const std::string window = base::FormatDuration(spec_.stability_window);
  while (true) {
    std::vector<int> fds = LivingFds();
    fds.insert(fds.begin(), notify_->fd());
    switch (WaitVisibly(world_, fds, end, absl::StrCat("ready; watching it for ", window))) {
      case Waited::kInterrupted:
        receipts_->Add("stability", "skipped", "interrupted");
        return Failure(base::ExitCode::kInterrupted, "INTERRUPTED",
                       absl::StrCat("interrupted while watching; ", ready, " and goes on running"),
                       NextFor(world_.call, Situation::kStartLeft));
      case Waited::kTimedOut:
        receipts_->Add("stability", "done", absl::StrCat("alive and ready for ", window));
        // The runtime does so itself, but perhaps a moment after we have said that it is stable.
        (void)state::RecordStable(world_.paths.failures, instance_id_, world_.clock.Now());
        return Success("started", ready);
      case Waited::kReady:
        break;
    }
    const bool ended = HasEnded();
    for (const base::Notification& told : notify_->Receive(child_->identity().pid)) {
      progress.On(told, world_.clock.Uptime());
    }
    if (ended) {
      return progress.stopping()
                 ? ExplainExit(absl::StrCat("was stopped within the stability window (",
                                            progress.status(), ")"),
                               true)
                 : ExplainExit(absl::StrCat("ended within the stability window of ", window));
    }
  }
}

Outcome Launch::ExplainExit(const std::string& when, bool by_order) {
  // A wrapper ends with its runtime, or is ended.
  if (!child_->Reap().has_value()) {
    (void)WaitVisibly(world_, {child_->fd()}, world_.clock.Uptime() + kWrapperEnd, "");
    if (!child_->Reap().has_value()) EndSession();
  }
  // The child may be a wrapper that lives on, or has ended before; how the runtime itself ended is
  // known to its parent alone.
  const base::ExitStatus ended = child_->Reap().value_or(base::ExitStatus{.unknown = true});
  base::ExitCode code = base::ExitCode::kFailed;
  // Where holond found out what holonctl could not, its word counts.
  for (base::ExitCode known :
       {base::ExitCode::kUsage, base::ExitCode::kUnknown, base::ExitCode::kPermissionDenied}) {
    if (!ended.signaled && !ended.unknown && ended.code == static_cast<int>(known)) code = known;
  }
  const std::string text = base::ExitStatusText(ended);
  receipts_->Add("ready", "failed", absl::StrCat("pid ", pid_, ": ", text));
  // That somebody stopped it is no failure of the runtime, if it then ended as it should.
  const bool ordered = by_order && !ended.unknown && !ended.signaled && ended.code == 0;
  return Persist(Failure(code, "START_FAILED", absl::StrCat("the runtime ", when, ": ", text),
                         NextFor(world_.call, Situation::kStartFailed)),
                 text, !ordered);
}

// Ends what was spawned, and nothing else.
Outcome Launch::Abandon(base::ExitCode code, const std::string& reason,
                        const std::string& message) {
  EndSession();
  std::optional<base::ExitStatus> ended = child_->Reap();
  const std::string text = ended.has_value() ? base::ExitStatusText(*ended) : "still alive";
  const std::string now = LookAfterEnd();
  receipts_->Add("abandon", ended.has_value() ? "done" : "failed",
                 absl::StrCat("pid ", child_->identity().pid, ": ", text, "; ", now));
  Outcome failure = Failure(code, reason, absl::StrCat(message, "; ", now),
                            NextFor(world_.call, Situation::kStartFailed));
  return Persist(std::move(failure), text);
}

void Launch::EndSession() {
  // Before it is reaped, so that neither its pid nor its session can be anybody else's.
  std::vector<base::ProcessHandle> members = child_->Session();
  for (const auto& [signal, patience] :
       {std::pair(SIGTERM, kAbandonTerm), std::pair(SIGKILL, kAbandonKill)}) {
    for (base::ProcessHandle& member : members) {
      (void)member.Signal(signal);
      (void)member.Signal(SIGCONT);
    }
    (void)child_->handle().Signal(signal);
    (void)child_->handle().Signal(SIGCONT);
    const absl::Duration end = world_.clock.Uptime() + patience;
    // An interrupt does not end what must be ended.
    auto wait = [&](const base::ProcessHandle& process) {
      while (!process.Exited() &&
             WaitVisibly(world_, {process.fd()}, end, "stopping it again") != Waited::kTimedOut) {
      }
    };
    wait(child_->handle());
    for (const base::ProcessHandle& member : members) wait(member);
    // What was forked meanwhile, and what has not ended.
    members = child_->Session();
    if (members.empty()) return;
  }
}

std::string Launch::LookAfterEnd() {
  absl::StatusOr<probe::Sighting> sighting = world_.Look();
  if (!sighting.ok()) {
    return absl::StrCat("whether it was stopped cannot be seen: ",
                        std::string(sighting.status().message()));
  }
  if (probe::IsDead(sighting->verdict)) return "it was stopped again";
  return absl::StrCat("a look says that the runtime is ",
                      std::string(probe::VerdictName(sighting->verdict)));
}

Outcome Launch::Persist(Outcome failure, const std::string& ended, bool is_failure) {
  // Before it is cleaned up: what the runtime itself left of how it ended.
  std::optional<state::v1::FailureRecord> vanished = state::FindVanished(world_.paths);
  if (vanished.has_value() && vanished->instance_id() == instance_before_) vanished.reset();
  // What the dead child may have left; a living runtime holds the lock, and keeps its files.
  absl::StatusOr<std::string> cleaned =
      CleanUpAfter(world_, world_.socket_path, state::Vanished::kKnown);
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
  if (!is_failure && !vanished.has_value()) return failure;
  if (vanished.has_value()) record = state::MergeFailures(record, *vanished);
  absl::Status recorded = state::RecordFailure(world_.paths.failures, std::move(record));
  if (recorded.ok() && vanished.has_value()) (void)base::RemoveFile(world_.paths.crash_report);
  if (!recorded.ok()) {
    absl::StrAppend(&failure.message,
                    "\n  (the failure could not be recorded: ", recorded.message(), ")");
  }
  return failure;
}

}  // namespace holon::ctl
