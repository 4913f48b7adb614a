#include "runtime/daemon/daemon.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/signal_safe.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/wait.h"
#include "runtime/daemon/crash_report.h"

namespace holon::daemon {
namespace {

// What calls in flight may take to end once no work is left. Short, because an idle client that
// does not poll its connection keeps gRPC waiting for all of it.
constexpr absl::Duration kServerGrace = absl::Milliseconds(100);
// A generation that has been ready for so long is stable: failures before it are history.
constexpr absl::Duration kStableAfter = absl::Seconds(2);
// What a hanging process gets on top of the drain deadline.
constexpr absl::Duration kHangGrace = absl::Seconds(1);
// A loop that wakes so much later than it wanted was suspended.
constexpr absl::Duration kLate = absl::Milliseconds(500);
// How often a step of the start that takes long says that it goes on, and the patience that it asks
// for each time: a slow disk is no dead runtime.
constexpr absl::Duration kStepEvery = absl::Seconds(2);
constexpr absl::Duration kStepPatience = absl::Seconds(10);
// How long the end of a process waits for a disk that may hang.
constexpr absl::Duration kLastDiskWait = absl::Milliseconds(500);
// Signals that one round takes: there are three kinds of them.
constexpr int kMostSignals = 3;
constexpr size_t kMostOrders = 64;

std::string Microseconds(absl::Duration duration) {
  return absl::StrCat(absl::ToInt64Microseconds(duration));
}

}  // namespace

Daemon::Daemon(StartupConfig startup, Supervision supervision, base::SignalFd& signals,
               ProcessLogger& logger, base::Clock& clock)
    : signals_(signals),
      watchdog_(supervision.watchdog),
      logger_(logger),
      clock_(clock),
      notifier_(std::move(supervision.notify_socket), [this] { Tell([](Inbox*) {}); }),
      users_lock_(state::HomePaths(startup.inputs.home).users_lock),
      users_(startup.ephemeral),
      generation_(
          std::move(startup), std::move(supervision.socket), logger, clock,
          {[this](const std::string& step) {
             notifier_.Tell(
                 {{"STATUS", step}, {"EXTEND_TIMEOUT_USEC", Microseconds(kStepPatience)}});
           },
           [this](const control::ShutdownOrder& order) {
             Tell([&order](Inbox* inbox) {
               if (inbox->orders.size() < kMostOrders) inbox->orders.push_back(order);
             });
           },
           // The acceptor bounds the number of connections.
           [this](base::UniqueFd fd, control::PeerKind kind) {
             Tell([&](Inbox* inbox) { inbox->connections.push_back({std::move(fd), kind}); });
           },
           [this] {
             const bool permanent = users_.MakePermanent();
             Tell([](Inbox*) {});
             return permanent;
           }}),
      life_(2),
      emergency_(1) {}

base::ExitCode Daemon::Run() {
  absl::Status started = Start();
  if (!started.ok()) {
    logger_.Error(std::string(started.message()));
    notifier_.Tell({{"STATUS", std::string(started.message())}});
    return base::ExitCode::kFailed;
  }
  step_at_ = clock_.Uptime() + kStepEvery;
  while (!finished_.has_value()) {
    (void)base::WaitReadable({wake_->fd(), signals_.fd(), users_.fd()},
                             std::max(NextDeadline() - clock_.Uptime(), absl::ZeroDuration()));
    wake_->Clear();
    TakeSignals();
    TakeInbox();
    if (users_.GoneBy(clock_.Uptime())) {
      OrderDrain(DrainEvent::kOrder,
                 {"its last user has gone", "the runtime itself", std::nullopt, ""});
    }
    if (!finished_.has_value()) KeepDeadlines(clock_.Uptime());
  }
  // The drain has waited for the log; this is for what was said after it, and for a failed start.
  if (!logger_.Flush(kLastDiskWait)) _exit(static_cast<int>(*finished_));
  return *finished_;
}

absl::Status Daemon::Start() {
  HOLON_ASSIGN_OR_RETURN(base::Wake wake, base::Wake::Create());
  HOLON_ASSIGN_OR_RETURN(base::Wake interrupt, base::Wake::Create());
  wake_.emplace(std::move(wake));
  interrupt_.emplace(std::move(interrupt));
  HOLON_RETURN_IF_ERROR(logger_.Start());
  HOLON_RETURN_IF_ERROR(generation_.Start());
  HOLON_RETURN_IF_ERROR(emergency_.Start());
  HOLON_RETURN_IF_ERROR(life_.Start());
  life_.Post([this] { Live(); });
  return absl::OkStatus();
}

// On the life thread: what happens before the runtime serves.
void Daemon::Live() {
  std::optional<Refusal> refusal = generation_.Claim(interrupt_->fd());
  if (!refusal.has_value()) {
    Tell([](Inbox* inbox) { inbox->claimed = true; });
    absl::Status announced = generation_.Announce();
    if (absl::IsCancelled(announced)) return;  // BeginDrain has posted the end.
    if (!announced.ok()) {
      refusal = Refusal{base::ExitCodeFor(announced), std::string(announced.message())};
    }
  }
  if (refusal.has_value()) {
    logger_.Error(refusal->message);
    notifier_.Tell({{"STATUS", refusal->message}});
    End(refusal->exit_code);
    return;
  }
  if (!generation_.Recover()) return;
  notifier_.Tell({{"READY", "1"}, {"STATUS", "ready"}, {"MAINPID", absl::StrCat(getpid())}});
  Tell([](Inbox* inbox) { inbox->ready = true; });
}

// On the life thread.
void Daemon::End(base::ExitCode code) {
  generation_.End(kServerGrace);
  Tell([code](Inbox* inbox) {
    if (!inbox->ended.has_value()) inbox->ended = code;
  });
}

void Daemon::TakeSignals() {
  for (int taken = 0; taken < kMostSignals; ++taken) {
    std::optional<base::SignalFd::Received> received = signals_.Read();
    if (!received.has_value()) return;
    if (received->signal == SIGHUP && !received->from_kernel) {
      generation_.ReloadOnSignal(received->sender_pid);
      continue;
    }
    const std::string name = received->signal == SIGHUP ? "SIGHUP: the terminal has gone"
                                                        : base::SignalName(received->signal);
    const std::string sender =
        absl::StrCat("pid ", received->sender_pid, " uid ", received->sender_uid);
    OrderDrain(DrainEvent::kSignal, {name, sender, std::nullopt, sender});
  }
}

void Daemon::TakeInbox() {
  Inbox inbox;
  {
    absl::MutexLock lock(&mutex_);
    std::swap(inbox, inbox_);
    inbox_.ready = inbox.ready;
    inbox_.ended = inbox.ended;
  }
  for (Connection& connection : inbox.connections) {
    generation_.Serve(std::move(connection.fd), connection.kind);
  }
  if (inbox.claimed) users_.Watch(users_lock_, clock_.Uptime());
  for (const control::ShutdownOrder& order : inbox.orders) OrderDrain(DrainEvent::kOrder, order);
  if (inbox.ready && step_at_ != absl::InfiniteDuration()) {
    step_at_ = absl::InfiniteDuration();
    stable_at_ = clock_.Uptime() + kStableAfter;
    if (watchdog_ != absl::InfiniteDuration()) alive_at_ = clock_.Uptime();
  }
  finished_ = inbox.ended;
}

absl::Duration Daemon::NextDeadline() const {
  const absl::Duration retry =
      notifier_.pending() ? clock_.Uptime() + Notifier::kRetryAfter : absl::InfiniteDuration();
  return std::min({alive_at_, step_at_, stable_at_, drain_end_ + kHangGrace, retry, users_.next()});
}

void Daemon::KeepDeadlines(absl::Duration now) {
  if (now >= alive_at_) {
    // From this loop, so that a hung one is found out.
    notifier_.Tell({{"WATCHDOG", "1"}});
    alive_at_ = now + watchdog_ / 2;
  }
  if (now >= step_at_) {
    notifier_.Tell({{"EXTEND_TIMEOUT_USEC", Microseconds(kStepPatience)}});
    step_at_ = now + kStepEvery;
  }
  if (now >= stable_at_) {
    generation_.MarkStable();
    stable_at_ = absl::InfiniteDuration();
  }
  if (notifier_.pending()) notifier_.Retry();
  if (now >= drain_end_ + kHangGrace + kLate) {
    // This loop was suspended, and what drains with it: it gets the grace once more.
    drain_end_ = now;
  } else if (now >= drain_end_ + kHangGrace &&
             NextDrainStep(drain_state_, DrainEvent::kDeadline).action == DrainAction::kEndHung) {
    EndHung();
  }
}

// The earliest deadline of several orders stands.
void Daemon::OrderDrain(DrainEvent event, const control::ShutdownOrder& order) {
  const absl::Duration drain = order.drain.value_or(generation_.configured_drain());
  drain_end_ = std::min(drain_end_, clock_.Uptime() + drain);
  const DrainStep step = NextDrainStep(drain_state_, event);
  drain_state_ = step.next;
  if (step.action == DrainAction::kBegin) BeginDrain(order);
  if (step.action == DrainAction::kEndAtOnce) EndAtOnce();
}

void Daemon::BeginDrain(const control::ShutdownOrder& order) {
  const absl::Duration drain = drain_end_ - clock_.Uptime();
  step_at_ = stable_at_ = absl::InfiniteDuration();
  notifier_.Tell({{"STOPPING", "1"},
                  {"STATUS", absl::StrCat("stopping: ", order.reason, " (", order.caller, ")")},
                  {"EXTEND_TIMEOUT_USEC", Microseconds(drain + kHangGrace)}});
  generation_.BeginDraining(order, drain);
  interrupt_->Signal();
  // After what the life thread does now, and only that.
  life_.Post([this] { End(base::ExitCode::kDone); });
}

// A second signal. What hangs is not waited for.
void Daemon::EndAtOnce() {
  emergency_.Post([this] {
    generation_.WithdrawAtOnce();
    base::WriteRaw(STDERR_FILENO, "a second signal; the process has ended at once\n");
  });
  (void)emergency_.Flush(kLastDiskWait);
  _exit(static_cast<int>(base::ExitCode::kInterrupted));
}

void Daemon::EndHung() {
  emergency_.Post([] { ReportHungDrain("the drain did not end in time\n"); });
  (void)emergency_.Flush(kLastDiskWait);
  _exit(static_cast<int>(base::ExitCode::kFailed));
}

}  // namespace holon::daemon
