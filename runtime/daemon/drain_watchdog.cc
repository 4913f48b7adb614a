#include "runtime/daemon/drain_watchdog.h"

#include <signal.h>
#include <unistd.h>

#include <optional>
#include <thread>
#include <utility>

#include "runtime/base/clock.h"
#include "runtime/base/exit_code.h"
#include "runtime/base/signal_safe.h"
#include "runtime/base/wait.h"
#include "runtime/daemon/crash_report.h"

namespace holon::daemon {

void EndProcessAfter(absl::Duration limit, base::SignalFd& signals,
                     std::function<void()> withdraw) {
  std::thread([limit, &signals, withdraw = std::move(withdraw)] {
    base::SystemClock clock;
    const base::Deadline deadline(clock, limit);
    while (base::WaitReadable({signals.fd()}, deadline.Remaining()).has_value()) {
      std::optional<base::SignalFd::Received> received = signals.Read();
      if (!received.has_value() || received->signal == SIGHUP) continue;
      withdraw();
      base::WriteRaw(2, "holond: a second signal; the process has ended at once\n");
      _exit(static_cast<int>(base::ExitCode::kInterrupted));
    }
    ReportHungDrain("the drain did not end in time\n");
    _exit(1);
  }).detach();
}

}  // namespace holon::daemon
