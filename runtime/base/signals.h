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
  // The first one that was read; 0: none.
  int first() const { return first_; }

 private:
  explicit SignalFd(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
  int first_ = 0;
};

// Every signal that would end this process and can be caught, without those that tell of a fault of
// its own (SIGSEGV, …) and those that it ignores. Before a handler is set.
std::vector<int> EndingSignals();

// Ends this process by a signal, as if it had not been caught, so that the caller sees what ended
// it; without a core. Where that fails: exit status 128 + `signal`.
[[noreturn]] void DieBySignal(int signal);

// Whether this process was started with a signal ignored, as nohup does. Before a handler is set.
bool IsIgnored(int signal);

// "SIGTERM"; "signal 99" for what has no name.
std::string SignalName(int signal);

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_SIGNALS_H_
