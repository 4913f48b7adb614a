#ifndef HOLON_RUNTIME_DAEMON_HEAL_PACE_H_
#define HOLON_RUNTIME_DAEMON_HEAL_PACE_H_

#include <map>
#include <set>
#include <string>

#include "absl/time/time.h"

namespace holon::daemon {

// When to put back a file that somebody replaces again and again: at once the first time, then
// after ever longer rests. Each path has a pace of its own. Pure: times are uptime.
class HealPace {
 public:
  // `path` was put back, and what had replaced it was moved aside.
  void Displaced(const std::string& path, absl::Duration now);
  // Paths that are not to be touched yet.
  std::set<std::string> Resting(absl::Duration now) const;
  // When the next rest is over; infinite: nothing rests.
  absl::Duration next(absl::Duration now) const;

 private:
  struct Rest {
    absl::Duration last = -absl::InfiniteDuration();  // Displaced last.
    absl::Duration pause;
  };
  std::map<std::string, Rest> rests_;
};

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_HEAL_PACE_H_
