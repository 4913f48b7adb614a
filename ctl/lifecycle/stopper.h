#ifndef HOLON_CTL_LIFECYCLE_STOPPER_H_
#define HOLON_CTL_LIFECYCLE_STOPPER_H_

#include <optional>
#include <string>

#include "ctl/lifecycle/receipts.h"
#include "ctl/lifecycle/world.h"
#include "runtime/base/escalation.h"

namespace holon::ctl {

struct StopSpec {
  std::optional<absl::Duration> drain;  // Not given: the runtime's own drain.timeout_ms.
  absl::Duration term = absl::Seconds(10);
  absl::Duration kill = absl::Seconds(5);
  bool force = false;
  bool plan = false;
  std::string only_instance;  // Stops this generation and leaves any other alone; empty: any.
  std::string reason = "holonctl stop";
};

// Brings the runtime of a home to its end, whatever state it is in. Whoever calls holds the
// lifecycle lock, or has decided that this stop may go on beside its holder. Blocks for as long as
// the ladder takes.
Outcome Stop(World& world, const StopSpec& spec, Receipts* receipts);

}  // namespace holon::ctl

#endif  // HOLON_CTL_LIFECYCLE_STOPPER_H_
