#ifndef HOLON_RUNTIME_BASE_INOTIFY_H_
#define HOLON_RUNTIME_BASE_INOTIFY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/base/unique_fd.h"

namespace holon::base {

// Watches directories for names that come, go or change. One thread.
class Inotify {
 public:
  struct Event {
    uint32_t mask = 0;  // IN_… bits.
    std::string name;   // Empty where the event is about the directory itself.
  };

  // The kernel takes ten milliseconds to take an instance down: that is left to a thread, which
  // nobody waits for until the process ends.
  ~Inotify();
  Inotify(Inotify&&) = default;

  // RESOURCE_EXHAUSTED where the kernel grants no more.
  static absl::StatusOr<Inotify> Create();

  absl::Status Watch(const std::string& path, uint32_t mask);

  // Readable when there are events.
  int fd() const { return fd_.get(); }
  // All pending events; empty where there are none. Does not block.
  std::vector<Event> Read();

 private:
  explicit Inotify(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_INOTIFY_H_
