#ifndef HOLON_CTL_LIFECYCLE_STOP_LADDER_H_
#define HOLON_CTL_LIFECYCLE_STOP_LADDER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ctl/lifecycle/receipts.h"
#include "runtime/base/escalation.h"

namespace holon::ctl {

// What is brought to an end. The real one acts on a proven process; a fake one behaves like one.
class StopTarget {
 public:
  virtual ~StopTarget() = default;

  // Asks for a drain; the evidence that it was accepted. NOT_FOUND: it has ended. UNAVAILABLE: no
  // answer. ABORTED: another generation answered. Any other error: it refused.
  virtual absl::StatusOr<std::string> RequestShutdown() = 0;
  // SIGTERM, then SIGCONT for a suspended process. NOT_FOUND, ABORTED: as RequestShutdown.
  virtual absl::Status Terminate() = 0;
  // SIGKILL to the whole group. NOT_FOUND, ABORTED: as RequestShutdown.
  virtual absl::Status Kill() = 0;
  // OK: it has ended. DEADLINE_EXCEEDED, CANCELLED (interrupted).
  virtual absl::Status AwaitExit(absl::Duration timeout, const std::string& doing) = 0;
  // Proves that it is gone and removes what it left; the evidence.
  virtual absl::StatusOr<std::string> Verify() = 0;
  // "pid 4711".
  virtual std::string Name() const = 0;
};

// Reason of an outcome: another generation runs by now, and was not asked to stop.
inline constexpr char kOtherGeneration[] = "OTHER_GENERATION";

// Goes down the ladder until the target is gone or cannot be brought to an end, with a receipt for
// every step. A refusal ends it: reason REFUSED, or OTHER_GENERATION.
Outcome Descend(StopTarget& target, const base::StopLadder& ladder, bool answers,
                Receipts* receipts);

// The receipts that Descend would leave in the worst case, without touching anything. `unproven`:
// what is missing for a signal; empty: nothing is.
void Plan(const base::StopLadder& ladder, bool answers, const std::string& name,
          const std::string& unproven, Receipts* receipts);

}  // namespace holon::ctl

#endif  // HOLON_CTL_LIFECYCLE_STOP_LADDER_H_
