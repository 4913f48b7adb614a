// run: a runtime for the length of one command. It shares run/users.lock while it uses the runtime;
// an ephemeral runtime ends with the last share, whatever ends those who hold them.
#include <signal.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ctl/commands/commands.h"
#include "ctl/commands/report.h"
#include "ctl/commands/specs.h"
#include "ctl/lifecycle/ensurer.h"
#include "ctl/lifecycle/home_lock.h"
#include "ctl/lifecycle/sighted_runtime.h"
#include "runtime/base/file_lock.h"
#include "runtime/base/pending.h"
#include "runtime/base/process_setup.h"
#include "runtime/base/spawn.h"
#include "runtime/base/wait.h"

namespace holon::ctl {
namespace {

// As shells say it.
constexpr int kNotExecutable = 126;
constexpr int kNotFound = 127;
constexpr int kSignalled = 128;
// Who ends a process and then its group, as timeout(1) does, asks once.
constexpr absl::Duration kSameRequest = absl::Seconds(1);
// What a runtime may take to notice that its last user has gone, and to end.
constexpr absl::Duration kNotices = absl::Seconds(2);

// The runtime that a command uses.
struct Use {
  std::string instance;
  std::string socket;
  bool ephemeral = false;
  std::optional<base::ProcessHandle> process;  // Where it can be seen from here.
  bool ended = false;                          // It has been seen to end.
};

// The command, until it has ended; how this process shall exit.
class Errand {
 public:
  Errand(Context& context, Use& use) : context_(context), use_(use) {}

  int Run() {
    const std::vector<std::string>& words = context_.options().words;
    absl::StatusOr<std::string> program = base::FindProgram(words.front());
    if (!program.ok()) return Complain(program.status());
    base::SpawnOptions options;
    options.program = *program;
    options.arguments.assign(words.begin() + 1, words.end());
    options.environment = base::WithVariable(
        base::WithVariable(context_.callers().environment, "HOLON_SOCKET", use_.socket),
        "HOLON_HOME", context_.world().paths.home);
    // Ctrl-C and reads from the terminal are the command's.
    options.callers = &context_.callers();
    absl::StatusOr<base::Child> child = base::Spawn(options);
    if (!child.ok()) return Complain(child.status());
    return Follow(*child);
  }

 private:
  int Complain(const absl::Status& status) {
    const bool absent = absl::IsNotFound(status);
    (void)context_.Fail(base::ExitCode::kFailed,
                        absent ? "COMMAND_NOT_FOUND" : "COMMAND_NOT_EXECUTABLE",
                        std::string(status.message()));
    return absent ? kNotFound : kNotExecutable;
  }

  int Follow(base::Child& child) {
    base::SignalFd& interrupts = context_.world().interrupts;
    while (true) {
      const bool watched = use_.process.has_value() && !use_.ended;
      const int runtime = watched ? use_.process->fd() : -1;
      base::WaitReadable({child.fd(), interrupts.fd(), runtime}, absl::InfiniteDuration());
      if (watched && use_.process->Exited()) {
        use_.ended = true;
        context_.console().Warning("the runtime has ended while the command runs");
      }
      if (std::optional<base::ExitStatus> ended = child.Reap()) return ExitCodeOf(*ended);
      std::optional<base::SignalFd::Received> received = interrupts.Read();
      if (!received.has_value()) continue;
      if (IsKey(*received)) {
        key_ = received->signal;
        continue;
      }
      const absl::Duration now = context_.world().clock.Uptime();
      const bool again = asked_at_.has_value() && now - *asked_at_ >= kSameRequest;
      (void)child.handle().Signal(again ? SIGKILL : received->signal);
      if (asked_at_.has_value()) continue;
      asked_at_ = now;
      context_.DieBy(received->signal);
    }
  }

  int ExitCodeOf(const base::ExitStatus& ended) {
    if (ended.unknown) {
      context_.console().Error("the command has ended, but how is not known");
      return static_cast<int>(base::ExitCode::kFailed);
    }
    // A key ends both; a command that takes it for something else has the last word.
    if (ended.signaled && ended.code == key_) context_.DieBy(key_);
    return ended.signaled ? kSignalled + ended.code : ended.code;
  }

  // Of the terminal, which has sent it to the command as well.
  static bool IsKey(const base::SignalFd::Received& received) {
    return received.from_kernel && (received.signal == SIGINT || received.signal == SIGQUIT);
  }

  Context& context_;
  Use& use_;
  int key_ = 0;
  // Somebody wants it to end; who asks again has waited long enough.
  std::optional<absl::Duration> asked_at_;
};

// `otherwise`: where neither the runtime nor its record says.
bool IsEphemeral(const probe::Sighting& sighting, bool otherwise) {
  if (sighting.answer.has_value()) return sighting.answer->ephemeral();
  return sighting.record.has_value() ? sighting.record->ephemeral() : otherwise;
}

// Waits for the end of a runtime whose last user has gone.
absl::StatusOr<base::FileShare> ShareRuntime(World& world) {
  const std::string path = world.paths.users_lock;
  absl::StatusOr<base::FileShare> share =
      base::FileShare::Acquire(path, absl::ZeroDuration(), world.interrupts.fd());
  if (!absl::IsUnavailable(share.status())) return share;
  auto pending = base::Pending<base::FileShare>::Start(
      [path] { return base::FileShare::Acquire(path, absl::InfiniteDuration()); });
  if (!pending.ok()) return pending.status();
  const absl::Duration end = world.clock.Uptime() + world.lock_timeout;
  switch (WaitVisibly(world, {pending->fd()}, end, "waiting for an earlier runtime to end")) {
    case Waited::kInterrupted:
      return absl::CancelledError("interrupted while an earlier runtime ended");
    case Waited::kTimedOut:
      return absl::DeadlineExceededError("an earlier runtime has not ended in time");
    case Waited::kReady:
      break;
  }
  return pending->Take();
}

// What others use is not replaced. nullopt: Ensure may do what it decides.
std::optional<Outcome> RefuseToReplace(World& world, const StartSpec& spec,
                                       const base::FileShare& share,
                                       const probe::Sighting& sighting) {
  if (!probe::IsLive(sighting.verdict)) return std::nullopt;
  std::vector<holon::v1::ConfigDifference> differences;
  const ConfigMatch match = MatchConfig(spec.wanted, sighting, &differences);
  if (match == ConfigMatch::kSame) return std::nullopt;
  absl::StatusOr<bool> others = share.HasOthers();
  if (others.ok() && !*others) return std::nullopt;
  const bool answers = match != ConfigMatch::kUnknown;
  return Failure(answers ? base::ExitCode::kConfigDiffers : base::ExitCode::kUnknown,
                 answers ? "CONFIG_DIFFERS" : RefusalReason(sighting.verdict),
                 "another `holonctl run` uses the runtime; nothing was changed",
                 NextFor(world.call, sighting));
}

Outcome UseRuntime(Context& context, std::optional<base::FileShare>* share,
                   config::LoadResult* loaded, Receipts* receipts) {
  World& world = context.world();
  HomeLock lock = TakeHomeLock(world, context.options().command_name, LockTimeout(context));
  if (!lock.granted()) return lock.refusal;
  absl::StatusOr<base::FileShare> shared = ShareRuntime(world);
  if (!shared.ok()) return LookFailure(shared.status());
  share->emplace(*std::move(shared));
  const bool ensure = context.options().ensure;
  // Whoever held the lock before may have changed what is inherited.
  if (ensure) *loaded = LoadWithInherited(context);
  if (!loaded->faults.empty()) {
    return Failure(base::ExitCode::kUsage, "INVALID_CONFIG",
                   "the configuration has become invalid meanwhile", OnlyAdvice("correct it"));
  }
  StartSpec spec = MakeStartSpec(context, *loaded);
  spec.ephemeral = true;
  if (!ensure) return Start(world, spec, receipts);
  absl::StatusOr<probe::Sighting> sighting = world.Look();
  if (!sighting.ok()) return LookFailure(sighting.status());
  if (std::optional<Outcome> refusal = RefuseToReplace(world, spec, **share, *sighting)) {
    return *std::move(refusal);
  }
  // In the place of a permanent one stands a permanent one.
  const bool replaces = probe::IsLive(sighting->verdict) && !IsEphemeral(*sighting, false);
  std::vector<holon::v1::ConfigDifference> differences;
  if (replaces && MatchConfig(spec.wanted, *sighting, &differences) != ConfigMatch::kSame) {
    spec.ephemeral = false;
  }
  return Ensure(world, spec, MakeStopSpec(context), loaded->configuration.overrides, receipts);
}

bool Interrupted(World& world) {
  return base::WaitReadable({world.interrupts.fd()}, absl::ZeroDuration()).has_value();
}

// The runtime that is there now.
absl::Status FindRuntime(World& world, Use* use) {
  absl::StatusOr<probe::Sighting> sighting = world.Look();
  if (!sighting.ok()) return sighting.status();
  if (!sighting->answer.has_value()) {
    return absl::UnavailableError(absl::StrCat("the runtime is ",
                                               std::string(probe::VerdictName(sighting->verdict)),
                                               " before the command has begun"));
  }
  use->instance = sighting->answer->instance_id();
  use->ephemeral = sighting->answer->ephemeral();
  use->socket = sighting->socket_path;
  if (!sighting->process.has_value()) return absl::OkStatus();
  absl::StatusOr<base::ProcessHandle> process = base::ProcessHandle::Open(*sighting->process);
  if (process.ok()) use->process.emplace(*std::move(process));
  return absl::OkStatus();
}

// The runtime is no longer the one that the command has used.
bool HasEnded(World& world, const Use& use) {
  if (use.ended) return true;
  if (use.process.has_value()) return use.process->Exited();
  absl::StatusOr<probe::Sighting> sighting = world.Look(probe::Want::kVerdict);
  return sighting.ok() && (probe::IsDead(sighting->verdict) ||
                           (sighting->answer.has_value() && InstanceOf(*sighting) != use.instance));
}

// Gives the share back, and if nobody else has one, sees to it that the runtime, if it
// is ephemeral, has ended. Nothing interrupts it: it is bounded by its own time-outs, and
// whoever wants us gone wants the runtime gone, too.
Outcome EndUse(Context& context, const Use& use, std::optional<base::FileShare> share) {
  World& world = context.world();
  absl::StatusOr<base::SignalFd> never = base::SignalFd::Create({});
  if (!never.ok()) {
    return Failure(base::ExitCode::kFailed, "NO_DESCRIPTOR", never.status().ToString());
  }
  World calm{world.paths,   world.socket_path, world.clock,        *never,
             world.console, world.self,        world.lock_timeout, world.call};
  HomeLock lock = TakeHomeLock(calm, context.options().command_name, LockTimeout(context));
  if (!lock.granted()) return lock.refusal;
  absl::StatusOr<bool> others = share->HasOthers();
  if (!others.ok() || *others) return Success("nothing", "others use it");
  absl::StatusOr<probe::Sighting> sighting = calm.Look();
  if (!sighting.ok()) return LookFailure(sighting.status());
  const std::string now = InstanceOf(*sighting);
  const bool ours = now.empty() || now == use.instance;
  if (!ours || (probe::IsLive(sighting->verdict) && !IsEphemeral(*sighting, use.ephemeral))) {
    return Success("nothing", "it stays");
  }
  StopSpec spec = MakeStopSpec(context);
  spec.only_instance = use.instance;
  // It drains as soon as it has the lock.
  share.reset();
  if (sighting->process.has_value()) {
    absl::StatusOr<base::ProcessHandle> process = base::ProcessHandle::Open(*sighting->process);
    if (process.ok()) {
      base::WaitReadable({process->fd()}, std::min(kNotices, spec.drain.value_or(kNotices)));
    }
    sighting = calm.Look();
    if (!sighting.ok()) return LookFailure(sighting.status());
    // It knows of a user whose lock file was removed, and waits for that one.
    if (sighting->verdict == probe::Verdict::kRunning) return Success("nothing", "others use it");
  }
  Receipts receipts(world.clock);
  return Stop(calm, spec, &receipts);
}

int ReportLost(Context& context, const std::string& instance, int exit_code) {
  context.console().Error(absl::StrCat("the runtime that the command has used (generation ",
                                       instance, ") ended before the command did"),
                          context.Next(Situation::kStartFailed));
  return exit_code == 0 ? static_cast<int>(base::ExitCode::kFailed) : exit_code;
}

}  // namespace

base::ExitCode RunRun(Context& context) {
  World& world = context.world();
  absl::Status trusted = state::CheckHome(world.paths, state::HomeUse::kChange);
  if (!trusted.ok()) return context.FailHome(trusted);
  config::LoadResult loaded =
      context.options().ensure ? LoadWithInherited(context) : context.loaded();
  ShowWarnings(context, loaded);
  if (!loaded.faults.empty()) return context.FailFaults(loaded.faults);
  absl::Status prepared = PrepareHome(context);
  if (!prepared.ok()) return context.FailHome(prepared);
  Receipts receipts(world.clock);
  std::optional<base::FileShare> share;
  Outcome ready = UseRuntime(context, &share, &loaded, &receipts);
  Use use;
  use.instance = ready.started_instance;
  use.ephemeral = !use.instance.empty();
  int exit_code = static_cast<int>(ready.exit_code);
  bool used = false;
  if (!ready.ok()) {
    (void)Report(context, ready, receipts);
  } else if (Interrupted(world)) {
    exit_code = static_cast<int>(base::ExitCode::kInterrupted);
  } else if (absl::Status found = FindRuntime(world, &use); !found.ok()) {
    exit_code = static_cast<int>(context.FailFor(found, "RUNTIME_LOST"));
  } else {
    used = true;
    exit_code = Errand(context, use).Run();
  }
  bool lost = used && HasEnded(world, use);
  if (share.has_value() && !use.instance.empty()) {
    Outcome ended = EndUse(context, use, std::move(share));
    if (!ended.ok()) {
      context.console().Error(
          absl::StrCat("the runtime that was started for the command could not be stopped: ",
                       ended.message),
          ended.next);
      if (exit_code == 0) exit_code = static_cast<int>(base::ExitCode::kFailed);
    }
    // It was dying already when the command ended.
    lost = lost || (used && ended.action == "cleaned");
  }
  if (lost) exit_code = ReportLost(context, use.instance, exit_code);
  return static_cast<base::ExitCode>(exit_code);
}

}  // namespace holon::ctl
