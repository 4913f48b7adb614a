#ifndef HOLON_CTL_LIFECYCLE_LAUNCH_H_
#define HOLON_CTL_LIFECYCLE_LAUNCH_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "ctl/lifecycle/receipts.h"
#include "ctl/lifecycle/starter.h"
#include "ctl/lifecycle/world.h"
#include "runtime/base/file.h"
#include "runtime/base/notify.h"
#include "runtime/base/process.h"
#include "runtime/base/spawn.h"
#include "runtime/probe/prober.h"

namespace holon::ctl {

// Reason of an outcome: another runtime serves the home now.
inline constexpr char kLostRace[] = "LOST_RACE";

// One runtime that this process spawned, until it is ready and stable or gone. What is spawned may
// be a wrapper: the runtime is known by its session and by its handshake. One thread.
class Launch {
 public:
  Launch(World& world, const StartSpec& spec, Receipts* receipts)
      : world_(world), spec_(spec), receipts_(receipts) {}

  Outcome Run();

 private:
  absl::Status Spawn();
  Outcome AwaitReady();
  // What is to be watched for an end: the child, then what is left of its session.
  std::vector<int> LivingFds() const;
  // Whether all of the session has ended.
  bool HasEnded();
  // One look, whatever was told: nullopt where it shows no runtime that is ready.
  std::optional<Outcome> ReadyAfterAll();
  bool IsOurs(const probe::Sighting& sighting) const;
  Outcome LostRace(const probe::Sighting& other);
  Outcome CheckReady();
  Outcome AwaitStability();
  // `by_order`: it was told to end.
  Outcome ExplainExit(const std::string& when, bool by_order = false);
  Outcome Abandon(base::ExitCode code, const std::string& reason, const std::string& message);
  // Ends the session: SIGTERM, then SIGKILL.
  void EndSession();
  // "it was stopped again", or what a look says instead.
  std::string LookAfterEnd();
  // Cleans up, adds the log's last lines, and records the failure unless it is none.
  Outcome Persist(Outcome failure, const std::string& ended, bool is_failure = true);

  World& world_;
  const StartSpec& spec_;
  Receipts* receipts_;
  std::optional<base::NotifyReceiver> notify_;
  std::optional<base::Child> child_;
  std::vector<base::ProcessHandle> left_;       // Of the session, once the child has ended.
  std::optional<base::ProcessHandle> runtime_;  // Where it is not the child itself.
  pid_t pid_ = 0;  // The runtime's, as it says itself; before that the child's.
  std::string instance_id_;
  std::string instance_before_;  // Of what an earlier runtime left.
  base::FileInfo log_begin_;     // The log before this launch.
};

}  // namespace holon::ctl

#endif  // HOLON_CTL_LIFECYCLE_LAUNCH_H_
