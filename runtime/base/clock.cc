#include "runtime/base/clock.h"

#include <time.h>

namespace holon::base {

absl::Time SystemClock::Now() { return absl::Now(); }

absl::Duration SystemClock::Uptime() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return absl::DurationFromTimespec(now);
}

}  // namespace holon::base
