#ifndef HOLON_CTL_LIFECYCLE_SIGHTED_RUNTIME_H_
#define HOLON_CTL_LIFECYCLE_SIGHTED_RUNTIME_H_

#include <optional>
#include <string>
#include <utility>

#include "ctl/lifecycle/stop_ladder.h"
#include "ctl/lifecycle/stopper.h"
#include "ctl/lifecycle/world.h"
#include "runtime/base/pending.h"
#include "runtime/base/process.h"

namespace holon::ctl {

// The runtime that was sighted, as the stop ladder's target. Where its process is proven it is
// waited for and signalled by its pidfd. Where it is not, it can be asked to end, its end is proven
// by the lock, and no signal is sent. One thread.
class SightedRuntime final : public StopTarget {
 public:
  // `may_change`: files of the home may be removed after the end.
  SightedRuntime(World& world, probe::Sighting& sighting,
                 std::optional<base::ProcessHandle> process, const StopSpec& spec, bool may_change)
      : world_(world),
        sighting_(sighting),
        process_(std::move(process)),
        spec_(spec),
        may_change_(may_change) {}

  absl::StatusOr<std::string> RequestShutdown() override;
  absl::Status Terminate() override;
  absl::Status Kill() override;
  absl::Status AwaitExit(absl::Duration timeout, const std::string& doing) override;
  absl::StatusOr<std::string> Verify() override;
  std::string Name() const override;

  // SIGKILL was sent.
  bool killed() const { return killed_; }

 private:
  // Another look. NOT_FOUND: it has ended since the first one. ABORTED: another generation answers.
  // OK where neither can be seen.
  absl::Status LookAgain();
  // Why no signal is sent: FAILED_PRECONDITION, or what LookAgain says.
  absl::Status Unproven();
  absl::StatusOr<int> EndFd();
  absl::StatusOr<bool> Ended();

  World& world_;
  probe::Sighting& sighting_;
  std::optional<base::ProcessHandle> process_;
  const StopSpec& spec_;
  const bool may_change_;
  bool killed_ = false;
  // Without a process: returns once the lock could be had.
  std::optional<base::Pending<bool>> released_;
};

// "pid 4711"; "generation …" where the process is not proven.
std::string RuntimeName(const probe::Sighting& sighting);

// The generation that was seen, by its own word or by its record; empty: nobody's.
std::string InstanceOf(const probe::Sighting& sighting);

// What a dead runtime has left in a home that the caller may not change.
std::string DescribeLeft(const state::HomePaths& paths, const std::string& socket_path);

}  // namespace holon::ctl

#endif  // HOLON_CTL_LIFECYCLE_SIGHTED_RUNTIME_H_
