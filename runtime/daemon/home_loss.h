#ifndef HOLON_RUNTIME_DAEMON_HOME_LOSS_H_
#define HOLON_RUNTIME_DAEMON_HOME_LOSS_H_

#include <string>

#include "runtime/daemon/heal.h"

namespace holon::daemon {

// Whether the runtime gives up its home and drains: at once where the home was moved or removed,
// and where another runtime holds its lock twice in a row. Pure.
class HomeLoss {
 public:
  // Why to drain; empty: go on.
  std::string Judge(Healed::Loss loss) {
    lock_losses_ = loss == Healed::Loss::kLock ? lock_losses_ + 1 : 0;
    if (loss == Healed::Loss::kHome) return "the home was moved or removed";
    return lock_losses_ >= 2 ? "another runtime holds the lock" : "";
  }

 private:
  int lock_losses_ = 0;  // In a row.
};

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_HOME_LOSS_H_
