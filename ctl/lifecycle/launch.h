#ifndef HOLON_CTL_LIFECYCLE_LAUNCH_H_
#define HOLON_CTL_LIFECYCLE_LAUNCH_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "ctl/lifecycle/receipts.h"
#include "ctl/lifecycle/starter.h"
#include "ctl/lifecycle/world.h"
#include "runtime/base/file.h"
#include "runtime/base/notify.h"
#include "runtime/base/spawn.h"

namespace holon::ctl {

// One runtime that this process spawned, until it is ready and stable or gone.
class Launch {
 public:
  Launch(World& world, const StartSpec& spec, Receipts* receipts)
      : world_(world), spec_(spec), receipts_(receipts) {}

  // `lost_race` is set where it ended because another runtime was faster.
  Outcome Run(bool* lost_race);

 private:
  absl::Status Spawn();
  Outcome AwaitReady(bool* lost_race);
  Outcome CheckReady();
  Outcome AwaitStability();
  Outcome ExplainExit(const std::string& when);
  Outcome Abandon(base::ExitCode code, const std::string& reason, const std::string& message);
  Outcome Persist(Outcome failure, const std::string& ended);

  World& world_;
  const StartSpec& spec_;
  Receipts* receipts_;
  std::optional<base::NotifyReceiver> notify_;
  std::optional<base::Child> child_;
  std::string instance_id_;
  base::FileInfo log_begin_;  // The log before this launch.
};

}  // namespace holon::ctl

#endif  // HOLON_CTL_LIFECYCLE_LAUNCH_H_
