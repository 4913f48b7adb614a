#include "ctl/lifecycle/world.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "runtime/base/duration.h"
#include "runtime/base/wait.h"

namespace holon::ctl {
namespace {

// How often the progress line's clock moves, on a terminal only.
constexpr absl::Duration kProgressTick = absl::Milliseconds(500);

}  // namespace

Waited WaitVisibly(World& world, const std::vector<int>& fds, absl::Duration deadline,
                   const std::string& doing, size_t* ready) {
  std::vector<int> waited = {world.interrupts.fd()};
  waited.insert(waited.end(), fds.begin(), fds.end());
  const absl::Duration begun = world.clock.Uptime();
  while (true) {
    const absl::Duration now = world.clock.Uptime();
    if (now - begun >= kProgressDelay) {
      world.console.Progress(absl::StrCat(doing, " (", base::FormatDuration(now - begun), ")"));
    }
    absl::Duration limit = std::max(deadline - now, absl::ZeroDuration());
    if (world.console.shows_progress()) limit = std::min(limit, kProgressTick);
    std::optional<size_t> index = base::WaitReadable(waited, limit);
    if (index.has_value() && *index == 0) {
      world.interrupts.Read();
      return Waited::kInterrupted;
    }
    if (index.has_value()) {
      if (ready != nullptr) *ready = *index - 1;
      return Waited::kReady;
    }
    if (world.clock.Uptime() >= deadline) return Waited::kTimedOut;
  }
}

}  // namespace holon::ctl
