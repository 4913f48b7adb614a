#ifndef HOLON_CTL_LIFECYCLE_START_PROGRESS_H_
#define HOLON_CTL_LIFECYCLE_START_PROGRESS_H_

#include <algorithm>
#include <string>

#include "absl/time/time.h"
#include "runtime/base/notify.h"

namespace holon::ctl {

// How far a starting runtime is, from what it tells. Pure: times are uptimes that the caller passes
// in.
class StartProgress {
 public:
  // `timeout` counts from the last progress; `cap` from the beginning, whatever progress there is.
  StartProgress(absl::Duration now, absl::Duration timeout, absl::Duration cap)
      : timeout_(timeout), patience_end_(now + timeout), cap_end_(now + cap) {}

  void On(const base::Notification& notification, absl::Duration now);

  bool ready() const { return ready_; }
  bool stopping() const { return stopping_; }
  // What it said last; empty if it never said anything.
  const std::string& status() const { return status_; }
  // When to give up unless something happens before.
  absl::Duration GiveUpAt() const { return std::min(patience_end_, cap_end_); }

 private:
  absl::Duration timeout_;
  absl::Duration patience_end_;
  absl::Duration cap_end_;
  bool ready_ = false;
  bool stopping_ = false;
  std::string status_;
};

}  // namespace holon::ctl

#endif  // HOLON_CTL_LIFECYCLE_START_PROGRESS_H_
