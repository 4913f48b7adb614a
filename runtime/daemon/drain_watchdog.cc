#include "runtime/daemon/drain_watchdog.h"

#include <time.h>
#include <unistd.h>

#include <thread>

namespace holon::daemon {

void EndProcessAfter(absl::Duration limit) {
  std::thread([limit] {
    timespec rest = absl::ToTimespec(limit);
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, &rest) != 0) {
    }
    // Nothing that takes a lock: whatever hangs may hold it.
    static constexpr char kLine[] = "holond: the drain did not end in time; ending the process\n";
    (void)!write(STDERR_FILENO, kLine, sizeof kLine - 1);
    _exit(1);
  }).detach();
}

}  // namespace holon::daemon
