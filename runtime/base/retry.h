#ifndef HOLON_RUNTIME_BASE_RETRY_H_
#define HOLON_RUNTIME_BASE_RETRY_H_

#include <algorithm>

#include "absl/time/time.h"

namespace holon::base {

// Exponential back-off, 100 ms to 5 s, for failures whose end no event reports, such as a full disk
// or a full descriptor table. Pure: times are uptime.
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

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_RETRY_H_
