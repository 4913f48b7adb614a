#ifndef HOLON_CTL_LIFECYCLE_STARTER_H_
#define HOLON_CTL_LIFECYCLE_STARTER_H_

#include <optional>
#include <string>
#include <vector>

#include "ctl/lifecycle/decisions.h"
#include "ctl/lifecycle/receipts.h"
#include "ctl/lifecycle/start_progress.h"
#include "ctl/lifecycle/world.h"
#include "ctl/render/status_view.h"

namespace holon::ctl {

struct StartSpec {
  OwnConfig wanted;
  std::vector<std::string> arguments;    // For holond, beside --home.
  std::vector<std::string> environment;  // "NAME=value": all of it.
  absl::Duration stability_window = absl::Seconds(2);
  absl::Duration start_timeout = absl::Seconds(10);  // From the last progress.
  absl::Duration start_cap = absl::Minutes(10);      // From the beginning.
  // What is started ends with its last user, and one that does so is as good as a permanent one.
  bool ephemeral = false;
  // `wanted` is without what an earlier start was given: a reload drops that, too.
  bool reset = false;
  // What a start by hand with the same configuration is given; holds no secret.
  Invocation by_hand = {};
};

// Brings up a runtime with the wanted configuration, or finds that it is up. Whoever calls holds
// the lifecycle lock. Blocks until it is ready and has been for the stability window. On failure
// nothing is left of what was spawned, and the failure is on record.
Outcome Start(World& world, const StartSpec& spec, Receipts* receipts);

// Why nothing can be started from here: what is started must be seen to be followed, and to be
// ended where it fails. nullopt: it can.
std::optional<Outcome> RefuseBlindStart();

// The configurations cannot be compared, so that nothing is changed.
Outcome RefuseUncompared(const World& world);

// Nothing needed to be done: it runs already.
Outcome AlreadyRuns(const probe::Sighting& sighting);

// Makes a runtime that would end with its last user permanent, unless `spec` wants one that does.
// nullopt: it begins to drain, so that another look is due.
std::optional<Outcome> Keep(World& world, const StartSpec& spec, const probe::Sighting& sighting,
                            Receipts* receipts);

// The wanted configuration against the one of a runtime that answers.
ConfigMatch MatchConfig(const OwnConfig& wanted, const probe::Sighting& sighting,
                        std::vector<holon::v1::ConfigDifference>* differences);

// How long runtimes that somebody else starts or stops are followed: one deadline for all rounds.
StartProgress FollowingOf(World& world, const StartSpec& spec);

// Start, with what an earlier round of following has left of the deadline.
Outcome StartWithin(World& world, const StartSpec& spec, StartProgress& following,
                    Receipts* receipts);

// Follows a runtime that somebody else started or stops until it leaves that state.
Outcome Follow(World& world, const probe::Sighting& sighting, const StartSpec& spec,
               StartProgress& following, Receipts* receipts);

}  // namespace holon::ctl

#endif  // HOLON_CTL_LIFECYCLE_STARTER_H_
