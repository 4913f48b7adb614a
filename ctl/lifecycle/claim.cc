#include "ctl/lifecycle/claim.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "runtime/base/duration.h"
#include "runtime/base/pending.h"
#include "runtime/base/status_macros.h"

namespace holon::ctl {
namespace {

using PendingClaim = base::Pending<state::InstanceLock>;

}  // namespace

absl::StatusOr<state::InstanceLock> ClaimHome(World& world, absl::Duration patience) {
  absl::StatusOr<state::InstanceLock> lock = state::InstanceLock::TryAcquire(world.paths);
  if (!absl::IsUnavailable(lock.status())) return lock;
  const absl::Duration end = world.clock.Uptime() + patience;
  HOLON_ASSIGN_OR_RETURN(PendingClaim pending, PendingClaim::Start([paths = world.paths] {
                           return state::InstanceLock::Wait(paths);
                         }));
  std::string taker;
  while (true) {
    HOLON_ASSIGN_OR_RETURN(state::Hold hold, state::HoldOf(world.paths));
    if (hold == state::Hold::kRuntime) {
      return absl::AlreadyExistsError(absl::StrCat("a runtime holds ", world.paths.home));
    }
    if (taker.empty()) taker = state::DescribeTaker(world.paths);
    const absl::Duration now = world.clock.Uptime();
    // A runtime that has taken the lock marks it a moment later.
    switch (WaitVisibly(world, {pending.fd()}, std::min(end, now + kLookAgain),
                        absl::StrCat("waiting: ", taker))) {
      case Waited::kReady:
        return pending.Take();
      case Waited::kInterrupted:
        return absl::CancelledError(absl::StrCat("interrupted while waiting; ", taker));
      case Waited::kTimedOut:
        break;
    }
    if (world.clock.Uptime() >= end) {
      return absl::DeadlineExceededError(
          absl::StrCat(taker.empty() ? "another process holds the lock of the home" : taker,
                       "; it did not give it back within ", base::FormatDuration(patience)));
    }
  }
}

Outcome ClaimFailure(const absl::Status& status, const std::string& reason) {
  const std::string message(status.message());
  if (absl::IsDeadlineExceeded(status)) {
    return Failure(base::ExitCode::kTimeout, "LOCK_TIMEOUT",
                   absl::StrCat(message, "; nothing was done"));
  }
  if (absl::IsCancelled(status)) {
    return Failure(base::ExitCode::kInterrupted, "INTERRUPTED", message);
  }
  return Failure(base::ExitCodeFor(status),
                 absl::IsPermissionDenied(status) ? "PERMISSION_DENIED" : reason, message);
}

}  // namespace holon::ctl
