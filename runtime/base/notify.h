// The sd_notify protocol, both ends: how a service tells whoever started it how far it is.
#ifndef HOLON_RUNTIME_BASE_NOTIFY_H_
#define HOLON_RUNTIME_BASE_NOTIFY_H_

#include <sys/types.h>

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "runtime/base/unique_fd.h"

namespace holon::base {

// One message. Unknown keys are skipped.
struct Notification {
  bool ready = false;                              // READY=1
  bool stopping = false;                           // STOPPING=1
  std::optional<std::string> status;               // STATUS=
  std::optional<absl::Duration> extended_timeout;  // EXTEND_TIMEOUT_USEC=
};

Notification ParseNotification(absl::string_view message);

// The service's end. Sends nothing where nobody listens. Thread-safe.
class NotifySender {
 public:
  // To the socket named in NOTIFY_SOCKET; `address` empty: to nobody.
  explicit NotifySender(std::string address) : address_(std::move(address)) {}

  // Lines of "KEY=value". Never blocks. False: the listener's queue is full, so send it again; what
  // cannot be delivered for another reason is dropped.
  bool Send(absl::string_view message) const;

 private:
  std::string address_;
};

// The starter's end: an abstract socket, so that no path can be too long. One thread.
class NotifyReceiver {
 public:
  static absl::StatusOr<NotifyReceiver> Create();

  // The value for NOTIFY_SOCKET.
  const std::string& address() const { return address_; }
  // Readable when there is a message.
  int fd() const { return fd_.get(); }
  // The next message that `sender` sent, as the kernel tells; others' are dropped. Does not block.
  std::optional<Notification> Receive(pid_t sender);

 private:
  NotifyReceiver(UniqueFd fd, std::string address)
      : fd_(std::move(fd)), address_(std::move(address)) {}
  UniqueFd fd_;
  std::string address_;
};

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_NOTIFY_H_
