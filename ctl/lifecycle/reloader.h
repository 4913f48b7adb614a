#ifndef HOLON_CTL_LIFECYCLE_RELOADER_H_
#define HOLON_CTL_LIFECYCLE_RELOADER_H_

#include <vector>

#include "ctl/lifecycle/receipts.h"
#include "ctl/lifecycle/world.h"
#include "holon/v1/config.pb.h"

namespace holon::ctl {

// Has a running runtime read its file again with `overrides` on top, and says what came into force.
// Changes that need a restart are named, and give exit code 5.
Outcome Reload(World& world, const probe::Sighting& sighting,
               const std::vector<holon::v1::ConfigOverride>& overrides, bool reset,
               Receipts* receipts);

}  // namespace holon::ctl

#endif  // HOLON_CTL_LIFECYCLE_RELOADER_H_
