#include "ctl/lifecycle/start_progress.h"

namespace holon::ctl {

void StartProgress::On(const base::Notification& notification, absl::Duration now) {
  ready_ = ready_ || notification.ready;
  stopping_ = stopping_ || notification.stopping;
  // Saying the same thing again is no progress.
  bool progress = notification.ready || notification.stopping;
  if (notification.status.has_value() && *notification.status != status_) {
    status_ = *notification.status;
    progress = true;
  }
  if (progress) patience_end_ = std::max(patience_end_, now + timeout_);
  if (notification.extended_timeout.has_value()) {
    patience_end_ = std::max(patience_end_, now + *notification.extended_timeout);
  }
}

}  // namespace holon::ctl
