#ifndef HOLON_RUNTIME_DAEMON_RETRY_H_
#define HOLON_RUNTIME_DAEMON_RETRY_H_

#include <algorithm>

#include "absl/time/time.h"

namespace holon::daemon {

// When to try something next: when there is reason to, and where it failed for a reason the kernel
// does not report the end of, such as a full disk, soon at first and then ever more seldom. Pure:
// times are uptime.
class Retry {
 public:
  void Failed(absl::Duration now) {
    pause_ = pause_ == absl::ZeroDuration() ? kFirst : std::min(2 * pause_, kLast);
    at_ = now + pause_;
  }
  // There is reason to try by then.
  void Due(absl::Duration at) { at_ = std::min(at_, at); }
  void Succeeded() {
    pause_ = absl::ZeroDuration();
    at_ = absl::InfiniteDuration();
  }
  // Infinite: nothing has failed.
  absl::Duration at() const { return at_; }

 private:
  static constexpr absl::Duration kFirst = absl::Milliseconds(100);
  static constexpr absl::Duration kLast = absl::Seconds(5);
  absl::Duration pause_;
  absl::Duration at_ = absl::InfiniteDuration();
};

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_RETRY_H_
