#ifndef HOLON_CTL_LIFECYCLE_ENSURER_H_
#define HOLON_CTL_LIFECYCLE_ENSURER_H_

#include <vector>

#include "ctl/lifecycle/receipts.h"
#include "ctl/lifecycle/starter.h"
#include "ctl/lifecycle/stopper.h"
#include "ctl/lifecycle/world.h"
#include "holon/v1/config.pb.h"

namespace holon::ctl {

// Stop, then start; from stopped it only starts. A failed stop ends it. Whoever calls holds the
// lifecycle lock.
Outcome Restart(World& world, const StopSpec& stop, const StartSpec& start, Receipts* receipts);

// Nothing needed to be done: it runs as wanted.
Outcome RunsAsWanted(const probe::Sighting& sighting);

// Makes the runtime of a home run with the wanted configuration, by whatever that takes: nothing, a
// start, a reload with `overrides`, or a restart. Whoever calls holds the lifecycle lock.
Outcome Ensure(World& world, const StartSpec& start, const StopSpec& stop,
               const std::vector<holon::v1::ConfigOverride>& overrides, Receipts* receipts);

}  // namespace holon::ctl

#endif  // HOLON_CTL_LIFECYCLE_ENSURER_H_
