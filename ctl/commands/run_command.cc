// run: a runtime for the length of one command. What this call has started it stops again, whatever
// ends the command or this process, SIGKILL alone excepted.
#include <signal.h>

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

// The command, until it has ended; how this process shall exit.
class Errand {
 public:
  explicit Errand(Context& context) : context_(context) {}

  int Run(const std::string& socket) {
    const std::vector<std::string>& words = context_.options().words;
    absl::StatusOr<std::string> program = base::FindProgram(words.front());
    if (!program.ok()) return Complain(program.status());
    base::SpawnOptions options;
    options.program = *program;
    options.arguments.assign(words.begin() + 1, words.end());
    options.environment = base::WithVariable(
        base::WithVariable(context_.callers().environment, "HOLON_SOCKET", socket), "HOLON_HOME",
        context_.world().paths.home);
    // Ctrl-C and reads from the terminal are the command's.
    options.callers = &context_.callers();
    absl::StatusOr<base::Child> child = base::Spawn(options);
    if (!child.ok()) return Complain(child.status());
    return Follow(*child);
  }

 private:
  int Complain(const absl::Status& status) {
    context_.console().Error(status.message());
    return absl::IsNotFound(status) ? kNotFound : kNotExecutable;
  }

  int Follow(base::Child& child) {
    base::SignalFd& interrupts = context_.world().interrupts;
    while (true) {
      base::WaitReadable({child.fd(), interrupts.fd()}, absl::InfiniteDuration());
      if (std::optional<base::ExitStatus> ended = child.Reap()) {
        return ExitCodeOf(*ended);
      }
      std::optional<base::SignalFd::Received> received = interrupts.Read();
      if (!received.has_value() || IsKey(*received)) continue;
      const absl::Duration now = context_.world().clock.Uptime();
      const bool again = asked_at_.has_value() && now - *asked_at_ >= kSameRequest;
      (void)child.handle().Signal(again ? SIGKILL : received->signal);
      if (!asked_at_.has_value()) asked_at_ = now;
    }
  }

  int ExitCodeOf(const base::ExitStatus& ended) {
    if (ended.unknown) {
      context_.console().Error("the command has ended, but how is not known");
      return static_cast<int>(base::ExitCode::kFailed);
    }
    return ended.signaled ? kSignalled + ended.code : ended.code;
  }

  // Of the terminal, which has sent it to the command as well.
  static bool IsKey(const base::SignalFd::Received& received) {
    return received.from_kernel && (received.signal == SIGINT || received.signal == SIGQUIT);
  }

  Context& context_;
  // Somebody wants it to end; who asks again has waited long enough.
  std::optional<absl::Duration> asked_at_;
};

// Stops the generation that this call has started. Nothing interrupts it: it is bounded by its own
// time-outs, and whoever wants us gone wants the runtime gone, too.
Outcome StopStarted(Context& context, const std::string& instance) {
  World& world = context.world();
  absl::StatusOr<base::SignalFd> never = base::SignalFd::Create({});
  if (!never.ok()) {
    return Failure(base::ExitCode::kFailed, "NO_DESCRIPTOR", never.status().ToString());
  }
  World calm{world.paths,   world.socket_path, world.clock,        *never,
             world.console, world.self,        world.lock_timeout, world.call};
  StopSpec spec = MakeStopSpec(context);
  spec.only_instance = instance;
  HomeLock lock = TakeHomeLock(calm, context.options().command_name, LockTimeout(context));
  if (!lock.granted()) return lock.refusal;
  Receipts receipts(world.clock);
  return Stop(calm, spec, &receipts);
}

bool Interrupted(World& world) {
  return base::WaitReadable({world.interrupts.fd()}, absl::ZeroDuration()).has_value();
}

Outcome EnsureRuntime(Context& context, config::LoadResult* loaded, Receipts* receipts) {
  World& world = context.world();
  HomeLock lock = TakeHomeLock(world, context.options().command_name, LockTimeout(context));
  if (!lock.granted()) return lock.refusal;
  // Whoever held the lock before may have changed what is inherited.
  *loaded = LoadWithInherited(context);
  if (!loaded->faults.empty()) {
    return Failure(base::ExitCode::kUsage, "INVALID_CONFIG",
                   "the configuration has become invalid meanwhile", OnlyAdvice("correct it"));
  }
  return Ensure(world, MakeStartSpec(context, *loaded), MakeStopSpec(context),
                loaded->configuration.overrides, receipts);
}

}  // namespace

base::ExitCode RunRun(Context& context) {
  World& world = context.world();
  absl::Status trusted = state::CheckHome(world.paths, state::HomeUse::kChange);
  if (!trusted.ok()) return context.FailHome(trusted);
  config::LoadResult loaded = LoadWithInherited(context);
  ShowWarnings(context, loaded);
  if (!loaded.faults.empty()) return context.FailFaults(loaded.faults);
  absl::Status prepared = PrepareHome(context);
  if (!prepared.ok()) return context.FailHome(prepared);
  Receipts receipts(world.clock);
  Outcome ready = EnsureRuntime(context, &loaded, &receipts);
  int exit_code = static_cast<int>(ready.exit_code);
  // A restart has replaced a runtime that somebody else wanted: the new one stays in its place.
  const std::string started = ready.action == "restarted" ? "" : ready.started_instance;
  if (ready.ok() && Interrupted(world)) {
    exit_code = static_cast<int>(base::ExitCode::kInterrupted);
  } else if (ready.ok()) {
    exit_code = Errand(context).Run(loaded.configuration.values.socket_path());
  } else {
    (void)Report(context, ready, receipts);
  }
  if (started.empty()) return static_cast<base::ExitCode>(exit_code);
  Outcome stopped = StopStarted(context, started);
  if (!stopped.ok()) {
    context.console().Error(
        absl::StrCat("the runtime that was started for the command could not be stopped: ",
                     stopped.message),
        stopped.next);
    if (exit_code == 0) exit_code = static_cast<int>(base::ExitCode::kFailed);
  }
  return static_cast<base::ExitCode>(exit_code);
}

}  // namespace holon::ctl
