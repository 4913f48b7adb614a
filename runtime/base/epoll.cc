#include "runtime/base/epoll.h"

#include <errno.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>

#include "runtime/base/clock.h"

namespace holon::base {
namespace {

epoll_event ToKernel(uint64_t key, Epoll::Interest interest) {
  epoll_event event = {};
  event.data.u64 = key;
  if (interest == Epoll::Interest::kReadable) event.events = EPOLLIN;
  if (interest == Epoll::Interest::kNewInput) event.events = EPOLLIN | EPOLLET;
  // The kernel asks anew when it reports: by then there may be room to write and no more.
  if (interest == Epoll::Interest::kActivity) event.events = EPOLLIN | EPOLLOUT | EPOLLET;
  return event;
}

absl::Status Control(int epoll, int operation, int fd, uint64_t key, Epoll::Interest interest) {
  epoll_event event = ToKernel(key, interest);
  if (epoll_ctl(epoll, operation, fd, &event) == 0) return absl::OkStatus();
  if (errno == ENOMEM || errno == ENOSPC) {
    return absl::ResourceExhaustedError("the kernel grants no more epoll watches");
  }
  return absl::ErrnoToStatus(errno, "cannot watch a descriptor");
}

// Rounded up, so that a deadline is over when the wait is.
int ToMilliseconds(absl::Duration timeout) {
  if (timeout >= absl::Hours(1)) return timeout == absl::InfiniteDuration() ? -1 : 3'600'000;
  return static_cast<int>(absl::ToInt64Milliseconds(
      absl::Ceil(std::max(timeout, absl::ZeroDuration()), absl::Milliseconds(1))));
}

}  // namespace

absl::StatusOr<Epoll> Epoll::Create() {
  UniqueFd fd(epoll_create1(EPOLL_CLOEXEC));
  if (!fd.valid()) return absl::ErrnoToStatus(errno, "cannot create an epoll descriptor");
  return Epoll(std::move(fd));
}

absl::Status Epoll::Add(int fd, uint64_t key, Interest interest) {
  return Control(fd_.get(), EPOLL_CTL_ADD, fd, key, interest);
}

absl::Status Epoll::Change(int fd, uint64_t key, Interest interest) {
  return Control(fd_.get(), EPOLL_CTL_MOD, fd, key, interest);
}

void Epoll::Remove(int fd) { (void)epoll_ctl(fd_.get(), EPOLL_CTL_DEL, fd, nullptr); }

std::vector<Epoll::Event> Epoll::Wait(absl::Duration timeout) {
  SystemClock clock;
  const Deadline deadline(clock, timeout);
  std::array<epoll_event, kMostEvents> found;
  int count;
  do {
    count = epoll_wait(fd_.get(), found.data(), found.size(), ToMilliseconds(deadline.Remaining()));
  } while (count < 0 && errno == EINTR);
  std::vector<Event> events;
  for (int i = 0; i < count; ++i) {
    const uint32_t happened = found[i].events;
    events.push_back({found[i].data.u64, (happened & (EPOLLIN | EPOLLOUT)) != 0,
                      (happened & (EPOLLHUP | EPOLLERR)) != 0});
  }
  return events;
}

}  // namespace holon::base
