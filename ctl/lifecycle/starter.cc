#include "ctl/lifecycle/starter.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "ctl/lifecycle/claim.h"
#include "ctl/lifecycle/cleanup.h"
#include "ctl/lifecycle/holond_path.h"
#include "ctl/lifecycle/runtime_watch.h"
#include "ctl/lifecycle/start_progress.h"
#include "runtime/base/duration.h"
#include "runtime/base/file.h"
#include "runtime/base/notify.h"
#include "runtime/base/spawn.h"
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
// However much progress somebody else's start makes.
constexpr absl::Duration kFollowCap = absl::Minutes(10);

std::string StatusHint(const World& world) {
  return absl::StrCat("holonctl --home ", world.paths.home, " status");
}

// One runtime that this process spawned, until it is ready and stable or gone.
class Launch {
 public:
  Launch(World& world, const StartSpec& spec, Receipts* receipts)
      : world_(world), spec_(spec), receipts_(receipts) {}

  // `lost_race` is set where it ended because another runtime was faster.
  Outcome Run(bool* lost_race);

 private:
  absl::Status Spawn();
  Outcome AwaitReady(bool* lost_race);
  Outcome CheckReady();
  Outcome AwaitStability();
  Outcome ExplainExit(const std::string& when);
  Outcome Abandon(base::ExitCode code, const std::string& reason, const std::string& message);
  Outcome Persist(Outcome failure, const std::string& ended);

  World& world_;
  const StartSpec& spec_;
  Receipts* receipts_;
  std::optional<base::NotifyReceiver> notify_;
  std::optional<base::Child> child_;
  std::string instance_id_;
  base::FileInfo log_begin_;  // The log before this launch.
};

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
  absl::Status recorded = state::RecordFailure(world_.paths.failures, std::move(record));
  if (!recorded.ok()) {
    absl::StrAppend(&failure.message,
                    "\n  (the failure could not be recorded: ", recorded.message(), ")");
  }
  return failure;
}

Outcome RefuseDifferences(const std::vector<holon::v1::ConfigDifference>& differences,
                          const World& world) {
  return Failure(base::ExitCode::kConfigDiffers, "CONFIG_DIFFERS",
                 absl::StrCat("the runtime runs with another configuration: ",
                              config::DifferenceSummary(differences)),
                 absl::StrCat("holonctl --home ", world.paths.home, " restart, or ensure"));
}

}  // namespace

ConfigMatch MatchConfig(const OwnConfig& wanted, const probe::Sighting& sighting,
                        std::vector<holon::v1::ConfigDifference>* differences) {
  if (!sighting.answer.has_value()) return ConfigMatch::kUnknown;
  if (sighting.answer->config_fingerprint() == wanted.fingerprint) return ConfigMatch::kSame;
  config::Side mine{absl::StrCat("holonctl ", HOLON_VERSION), wanted.values, wanted.home};
  config::Side theirs{absl::StrCat("runtime ", sighting.answer->version()),
                      {sighting.answer->config().begin(), sighting.answer->config().end()},
                      sighting.answer->home_dir()};
  *differences = config::Diff(mine, theirs);
  // Only names of one file differ.
  if (differences->empty()) return ConfigMatch::kSame;
  return config::OnlyHot(*differences) ? ConfigMatch::kOnlyHot : ConfigMatch::kDiffers;
}

Outcome Follow(World& world, const probe::Sighting& sighting, absl::Duration timeout,
               Receipts* receipts) {
  receipts->Begin();
  const std::string state(probe::VerdictName(sighting.verdict));
  const absl::Duration cap = world.clock.Uptime() + std::max(timeout, kFollowCap);
  absl::Duration end = world.clock.Uptime() + timeout;
  absl::StatusOr<base::ProcessHandle> process = absl::NotFoundError("not identified");
  if (sighting.process.has_value()) process = base::ProcessHandle::Open(*sighting.process);
  RuntimeWatch watch(*sighting.client);
  while (true) {
    // A stream that has ended has nothing more to say: the process has.
    RuntimeWatch::News news = watch.Take();
    if (news.status.has_value() && news.status->phase() != sighting.answer->phase()) break;
    if (news.ended && !process.ok()) break;
    // As for a start of our own, the time-out counts from the last progress.
    if (news.status.has_value()) end = std::min(cap, world.clock.Uptime() + timeout);
    std::vector<int> fds;
    if (!news.ended) fds.push_back(watch.fd());
    if (process.ok()) fds.push_back(process->fd());
    Waited waited =
        WaitVisibly(world, fds, end, absl::StrCat("following the runtime, which is ", state));
    if (waited == Waited::kInterrupted) {
      return Failure(base::ExitCode::kInterrupted, "INTERRUPTED",
                     absl::StrCat("interrupted; the runtime was still ", state), StatusHint(world));
    }
    if (waited == Waited::kTimedOut) {
      return Failure(
          base::ExitCode::kTimeout, "TIMEOUT",
          absl::StrCat("the runtime was still ", state, " after ", base::FormatDuration(timeout)),
          StatusHint(world));
    }
    if (process.ok() && process->Exited()) break;
  }
  receipts->Add("follow", "done", absl::StrCat("it is no longer ", state));
  return Success("joined", "");
}

Outcome Start(World& world, const StartSpec& spec, Receipts* receipts) {
  bool joined = false;
  while (true) {
    receipts->Begin();
    absl::StatusOr<probe::Sighting> sighting = world.Look();
    if (!sighting.ok()) return LookFailure(sighting.status());
    receipts->Add("look", "done", std::string(probe::VerdictName(sighting->verdict)));
    std::vector<holon::v1::ConfigDifference> differences;
    const ConfigMatch match = MatchConfig(spec.wanted, *sighting, &differences);
    switch (DecideStart(sighting->verdict, match)) {
      case StartStep::kDone: {
        std::string who = absl::StrCat("(pid ", sighting->answer->pid(), ", generation ",
                                       sighting->answer->instance_id(), ")");
        if (joined) return Success("joined", absl::StrCat("the runtime is ready ", who));
        return Success("already_running", absl::StrCat("the runtime is already running ", who));
      }
      case StartStep::kRefuseDiffers:
        return RefuseDifferences(differences, world);
      case StartStep::kRefuseUnknown:
        return Failure(base::ExitCode::kUnknown, RefusalReason(sighting->verdict),
                       absl::StrCat(sighting->detail, "; nothing was started"),
                       NextCommand(sighting->verdict, world.paths.home));
      case StartStep::kJoin:
      case StartStep::kAwaitEnd: {
        joined = sighting->verdict == probe::Verdict::kStarting;
        Outcome followed = Follow(world, *sighting, spec.start_timeout, receipts);
        if (!followed.ok()) return followed;
        break;
      }
      case StartStep::kSpawn: {
        // Another holder of the home's lock is waited for here, where the wait can be seen.
        absl::Status claimed = ClaimHome(world, world.lock_timeout).status();
        if (absl::IsAlreadyExists(claimed)) break;
        if (!claimed.ok()) return ClaimFailure(claimed, "HOME_UNUSABLE");
        bool lost_race = false;
        Outcome outcome = Launch(world, spec, receipts).Run(&lost_race);
        if (!lost_race) return outcome;
        joined = true;
        break;
      }
    }
  }
}

}  // namespace holon::ctl
