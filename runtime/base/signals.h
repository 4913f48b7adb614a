#ifndef HOLON_RUNTIME_BASE_SIGNALS_H_
#define HOLON_RUNTIME_BASE_SIGNALS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/base/unique_fd.h"

namespace holon::base {

// Signals as a descriptor. Make it before any thread: the mask is inherited.
class SignalFd {
 public:
  struct Received {
    int signal = 0;
    int sender_pid = 0;  // As the kernel says; 0 where it does not.
    unsigned sender_uid = 0;
    bool from_kernel = false;  // A key, a hang-up, a timer: no process has sent it.
  };

  // Blocks the signals for this thread and its later threads.
  static absl::StatusOr<SignalFd> Create(const std::vector<int>& signals);

  // Readable when one is pending.
  int fd() const { return fd_.get(); }
  // The next one, or nullopt. Does not block.
  std::optional<Received> Read();

 private:
  explicit SignalFd(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

// Whether this process was started with a signal ignored, as nohup does. Before a handler is set.
bool IsIgnored(int signal);

// "SIGTERM"; "signal 99" for what has no name.
std::string SignalName(int signal);

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_SIGNALS_H_
