#ifndef HOLON_CTL_LIFECYCLE_HOME_LOCK_H_
#define HOLON_CTL_LIFECYCLE_HOME_LOCK_H_

#include <functional>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "ctl/lifecycle/receipts.h"
#include "ctl/lifecycle/world.h"
#include "runtime/state/lifecycle_lock.h"

namespace holon::ctl {

// The right to change the state of a home, or why it could not be had.
struct HomeLock {
  std::optional<state::LifecycleLock> lock;
  // No lock, but none is needed: whoever holds it is starting what this command stops.
  bool beside = false;
  Outcome refusal;

  bool granted() const { return lock.has_value() || beside; }
};

// Takes the lifecycle lock, and waits visibly for its holder up to `timeout`. Blocks without
// polling. `may_go_beside` (may be empty) is asked whenever the home has changed while waiting.
HomeLock TakeHomeLock(World& world, const std::string& command, absl::Duration timeout,
                      const std::function<bool(const std::string& holder)>& may_go_beside = {});

}  // namespace holon::ctl

#endif  // HOLON_CTL_LIFECYCLE_HOME_LOCK_H_
