#ifndef HOLON_CTL_LIFECYCLE_CLAIM_H_
#define HOLON_CTL_LIFECYCLE_CLAIM_H_

#include "absl/status/statusor.h"
#include "ctl/lifecycle/receipts.h"
#include "ctl/lifecycle/world.h"
#include "runtime/state/instance_lock.h"

namespace holon::ctl {

// Takes the instance lock, which proves that no runtime lives. Where a process that is no runtime
// holds it, waits visibly for up to `patience`. ALREADY_EXISTS: a runtime holds it.
// DEADLINE_EXCEEDED: it is still held; the message names the holder. CANCELLED: interrupted.
// NOT_FOUND: there is no home.
absl::StatusOr<state::InstanceLock> ClaimHome(World& world, absl::Duration patience);

// How a command ends that could not claim the home, or could not clean it.
Outcome ClaimFailure(const absl::Status& status, const std::string& reason);

}  // namespace holon::ctl

#endif  // HOLON_CTL_LIFECYCLE_CLAIM_H_
