#include "runtime/daemon/heal_pace.h"

#include <algorithm>

namespace holon::daemon {
namespace {

constexpr absl::Duration kFirstPause = absl::Milliseconds(100);
constexpr absl::Duration kLongestPause = absl::Seconds(5);
// A path that was left alone for so long begins anew.
constexpr absl::Duration kCalm = absl::Seconds(10);

}  // namespace

void HealPace::Displaced(const std::string& path, absl::Duration now) {
  Rest& rest = rests_[path];
  if (now - rest.last > kCalm) {
    rest.pause = absl::ZeroDuration();
  } else {
    rest.pause = std::clamp(2 * rest.pause, kFirstPause, kLongestPause);
  }
  rest.last = now;
}

std::set<std::string> HealPace::Resting(absl::Duration now) const {
  std::set<std::string> resting;
  for (const auto& [path, rest] : rests_) {
    if (now < rest.last + rest.pause) resting.insert(path);
  }
  return resting;
}

absl::Duration HealPace::next(absl::Duration now) const {
  absl::Duration next = absl::InfiniteDuration();
  for (const auto& [path, rest] : rests_) {
    const absl::Duration end = rest.last + rest.pause;
    if (now < end) next = std::min(next, end);
  }
  return next;
}

}  // namespace holon::daemon
