#ifndef HOLON_CTL_LIFECYCLE_WORLD_H_
#define HOLON_CTL_LIFECYCLE_WORLD_H_

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ctl/render/console.h"
#include "ctl/render/next_command.h"
#include "runtime/base/clock.h"
#include "runtime/base/signals.h"
#include "runtime/probe/prober.h"
#include "runtime/state/home.h"

namespace holon::ctl {

// What every command that looks at a home stands on.
struct World {
  state::HomePaths paths;
  std::string socket_path;
  base::Clock& clock;
  base::SignalFd& interrupts;  // SIGINT, SIGTERM, SIGQUIT and SIGHUP of holonctl itself.
  Console& console;
  std::string self;  // This command line, without secrets, for logs.
  // How long a lock of the home that somebody else holds is waited for (--timeout).
  absl::Duration lock_timeout = absl::Minutes(1);
  Invocation call = {};  // What a next command repeats of this one.

  // CANCELLED: there is an interrupt, which stays for who reads `interrupts`. Takes no longer than
  // `patience`.
  absl::StatusOr<probe::Sighting> Look(probe::Want want = probe::Want::kProof,
                                       absl::Duration patience = absl::InfiniteDuration()) const {
    return probe::Look(paths, socket_path, want,
                       {std::min(patience, probe::kProbeTimeout), interrupts.fd()});
  }
};

// Nothing is shown of what takes less.
inline constexpr absl::Duration kProgressDelay = absl::Milliseconds(500);

// Where the kernel tells nothing of a lock, look this often.
inline constexpr absl::Duration kLookAgain = absl::Milliseconds(250);

// Where the kernel tells nothing (no inotify, no stream, a suspended process), look this often.
inline constexpr absl::Duration kBlindInterval = absl::Seconds(1);

// Waits for one of `fds`, an interrupt or `deadline` (uptime), and shows `doing` with the time it
// has taken once that is over kProgressDelay.
enum class Waited { kReady, kInterrupted, kTimedOut };
Waited WaitVisibly(World& world, const std::vector<int>& fds, absl::Duration deadline,
                   const std::string& doing, size_t* ready = nullptr);

}  // namespace holon::ctl

#endif  // HOLON_CTL_LIFECYCLE_WORLD_H_
