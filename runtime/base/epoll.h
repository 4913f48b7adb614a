#ifndef HOLON_RUNTIME_BASE_EPOLL_H_
#define HOLON_RUNTIME_BASE_EPOLL_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/base/unique_fd.h"

namespace holon::base {

// Waits for many descriptors, each known by a key. One thread; move-only. Remove a descriptor
// before it is closed: a duplicate that is still open keeps it registered.
class Epoll {
 public:
  // How many events one Wait returns; the others come with the next one.
  static constexpr size_t kMostEvents = 64;

  enum class Interest {
    kHangUp,    // That it failed, or was shut down in both directions. Always reported.
    kReadable,  // That something can be read or accepted, for as long as it can.
    kNewInput,  // That something has arrived and was not read yet, once for each arrival.
    kActivity,  // That something has arrived, also where another thread has read it; and at first.
  };
  struct Event {
    uint64_t key = 0;
    bool ready = false;  // What the interest asks for.
    bool hung_up = false;
  };

  static absl::StatusOr<Epoll> Create();

  // RESOURCE_EXHAUSTED: the kernel has no memory or grants no more watches.
  absl::Status Add(int fd, uint64_t key, Interest interest);
  absl::Status Change(int fd, uint64_t key, Interest interest);
  void Remove(int fd);

  // Blocks until there is an event or `timeout` is over; then the result is empty. Signals do not
  // end the wait.
  std::vector<Event> Wait(absl::Duration timeout);

 private:
  explicit Epoll(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_EPOLL_H_
