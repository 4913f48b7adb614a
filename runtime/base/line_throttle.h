#ifndef HOLON_RUNTIME_BASE_LINE_THROTTLE_H_
#define HOLON_RUNTIME_BASE_LINE_THROTTLE_H_

#include <cstdint>
#include <utility>

#include "absl/time/time.h"

namespace holon::base {

// How often a log line is written that somebody else can cause at will: the first at once, those of
// the minute after it as one number. Pure: times are uptime.
class LineThrottle {
 public:
  static constexpr absl::Duration kWindow = absl::Minutes(1);

  // True: write the line. False: it is counted. Ask TakeCount first.
  bool Take(absl::Duration now) {
    if (now >= end_) {
      end_ = now + kWindow;
      return true;
    }
    ++counted_;
    return false;
  }
  // How many lines were counted in a minute that is over; 0: nothing to write.
  uint64_t TakeCount(absl::Duration now) {
    if (counted_ == 0 || now < end_) return 0;
    end_ = now + kWindow;
    return std::exchange(counted_, 0);
  }
  // When TakeCount has a number; infinite: nothing was counted.
  absl::Duration next() const { return counted_ == 0 ? absl::InfiniteDuration() : end_; }

 private:
  absl::Duration end_ = -absl::InfiniteDuration();
  uint64_t counted_ = 0;
};

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_LINE_THROTTLE_H_
