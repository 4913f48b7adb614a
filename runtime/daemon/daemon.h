#ifndef HOLON_RUNTIME_DAEMON_DAEMON_H_
#define HOLON_RUNTIME_DAEMON_DAEMON_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "runtime/base/clock.h"
#include "runtime/base/exit_code.h"
#include "runtime/base/signals.h"
#include "runtime/base/unique_fd.h"
#include "runtime/base/wake.h"
#include "runtime/control/peer_kind.h"
#include "runtime/control/runtime_control.h"
#include "runtime/daemon/drain_steps.h"
#include "runtime/daemon/generation.h"
#include "runtime/daemon/notifier.h"
#include "runtime/daemon/process_logger.h"
#include "runtime/daemon/startup.h"
#include "runtime/daemon/supervision.h"
#include "runtime/daemon/users.h"
#include "runtime/daemon/worker.h"

namespace holon::daemon {

// Descriptors, beside those that are open, without which a runtime cannot even answer.
inline constexpr uint64_t kLeastDescriptors = 24;

// One runtime from its start to its end. The thread that calls Run takes signals, orders and
// deadlines, and waits for no disk and no peer: it also is the watchdog that ends a process whose
// drain hangs. Every connection is handed over by it, so that a runtime whose main thread is hung
// or stopped answers no new caller. Everything that may wait has a thread that exists from the
// start: the life thread (start, recovery, withdrawal), the emergency thread (what the process
// still does while others hang), and those of Generation and ProcessLogger.
class Daemon final {
 public:
  Daemon(StartupConfig startup, Supervision supervision, base::SignalFd& signals,
         ProcessLogger& logger, base::Clock& clock);

  // Claims, announces, recovers, serves, drains and withdraws. Blocks until the runtime has ended.
  // Ends the process itself where something hangs, and for a second signal.
  base::ExitCode Run();

 private:
  struct Connection {
    base::UniqueFd fd;
    control::PeerKind kind;
  };
  // What other threads have to tell the main thread.
  struct Inbox {
    std::deque<control::ShutdownOrder> orders;
    std::deque<Connection> connections;
    bool claimed = false;                 // The home is ours.
    bool ready = false;                   // The start is over.
    std::optional<base::ExitCode> ended;  // The life thread is done.
  };

  absl::Status Start();
  void Live();
  void End(base::ExitCode code);

  void TakeSignals();
  void TakeInbox();
  void KeepDeadlines(absl::Duration now);
  absl::Duration NextDeadline() const;

  void OrderDrain(DrainEvent event, const control::ShutdownOrder& order);
  void BeginDrain(const control::ShutdownOrder& order);
  [[noreturn]] void EndAtOnce();
  [[noreturn]] void EndHung();

  // Changes the inbox and wakes the main thread.
  template <typename Change>
  void Tell(Change change) {
    {
      absl::MutexLock lock(&mutex_);
      change(&inbox_);
    }
    if (wake_.has_value()) wake_->Signal();
  }

  base::SignalFd& signals_;
  const absl::Duration watchdog_;  // Silence that the service manager puts up with.
  ProcessLogger& logger_;
  base::Clock& clock_;
  std::optional<base::Wake> wake_;
  std::optional<base::Wake> interrupt_;  // Of the wait for the home's lock.
  Notifier notifier_;
  const std::string users_lock_;  // Its path.
  Users users_;

  absl::Mutex mutex_;
  Inbox inbox_ ABSL_GUARDED_BY(mutex_);

  // Of the main thread. Deadlines are uptime; infinite: not now.
  DrainState drain_state_ = DrainState::kServing;
  std::optional<base::ExitCode> finished_;
  absl::Duration drain_end_ = absl::InfiniteDuration();
  absl::Duration alive_at_ = absl::InfiniteDuration();  // Next sign of life.
  absl::Duration step_at_ = absl::InfiniteDuration();   // Next word about the start.
  absl::Duration stable_at_ = absl::InfiniteDuration();

  Generation generation_;
  Worker life_;  // Last: they use all of the above.
  Worker emergency_;
};

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_DAEMON_H_
