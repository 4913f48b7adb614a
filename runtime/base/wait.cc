#include "runtime/base/wait.h"

#include <errno.h>
#include <poll.h>

#include <algorithm>

#include "absl/time/clock.h"
#include "runtime/base/clock.h"

namespace holon::base {
namespace {

constexpr absl::Duration kPollFailedPause = absl::Milliseconds(10);

}  // namespace

std::optional<size_t> WaitReadable(const std::vector<int>& fds, absl::Duration timeout) {
  std::vector<pollfd> polled;
  for (int fd : fds) polled.push_back({fd, POLLIN, 0});
  SystemClock clock;
  Deadline deadline(clock, timeout);
  while (true) {
    absl::Duration remaining = deadline.Remaining();
    timespec limit = absl::ToTimespec(remaining);
    bool endless = timeout == absl::InfiniteDuration();
    int ready = ppoll(polled.data(), polled.size(), endless ? nullptr : &limit, nullptr);
    if (ready < 0 && errno == EINTR) continue;
    // No memory for the call at this moment: without a pause the caller would spin.
    if (ready < 0)
      absl::SleepFor(std::min(kPollFailedPause, std::max(remaining, absl::ZeroDuration())));
    if (ready < 0 && remaining > absl::ZeroDuration()) continue;
    if (ready <= 0) return std::nullopt;
    for (size_t i = 0; i < polled.size(); ++i) {
      if (polled[i].revents != 0) return i;
    }
  }
}

bool WaitWritable(int fd, int interrupt_fd) {
  pollfd polled[] = {{interrupt_fd, POLLIN, 0}, {fd, POLLOUT, 0}};
  while (poll(polled, 2, -1) < 0 && errno == EINTR) {
  }
  return polled[0].revents == 0;
}

}  // namespace holon::base
