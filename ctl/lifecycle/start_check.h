#ifndef HOLON_CTL_LIFECYCLE_START_CHECK_H_
#define HOLON_CTL_LIFECYCLE_START_CHECK_H_

#include <optional>

#include "ctl/lifecycle/receipts.h"
#include "ctl/lifecycle/starter.h"
#include "ctl/lifecycle/world.h"

namespace holon::ctl {

// Whether a runtime could start with `spec`, as far as that can be known before one that runs is
// stopped for it: holond is found, takes exactly these inputs (`holond --check`), and the disk
// takes a file. nullopt: it could. Blocks for a process that only reads a few files.
std::optional<Outcome> RefuseStart(World& world, const StartSpec& spec, Receipts* receipts);

}  // namespace holon::ctl

#endif  // HOLON_CTL_LIFECYCLE_START_CHECK_H_
