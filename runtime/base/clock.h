#ifndef HOLON_RUNTIME_BASE_CLOCK_H_
#define HOLON_RUNTIME_BASE_CLOCK_H_

#include <algorithm>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace holon::base {

// Tells time. Thread-safe. Decisions take `now` as a value; only loops hold a Clock.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() = 0;         // Wall: for records only.
  virtual absl::Duration Uptime() = 0;  // CLOCK_MONOTONIC: for every deadline.
};

// The kernel's clocks.
class SystemClock final : public Clock {
 public:
  absl::Time Now() override;
  absl::Duration Uptime() override;
};

// A point on the monotonic clock by which something must have happened.
class Deadline {
 public:
  Deadline(Clock& clock, absl::Duration timeout) : clock_(&clock), end_(clock.Uptime() + timeout) {}
  absl::Duration Remaining() const {
    return std::max(end_ - clock_->Uptime(), absl::ZeroDuration());
  }
  bool Expired() const { return Remaining() <= absl::ZeroDuration(); }

 private:
  Clock* clock_;
  absl::Duration end_;
};

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_CLOCK_H_
