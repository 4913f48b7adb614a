// The sd_notify protocol, both ends: how a service tells whoever started it how far it is.
#ifndef HOLON_RUNTIME_BASE_NOTIFY_H_
#define HOLON_RUNTIME_BASE_NOTIFY_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

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

// One "NAME=value" of a message.
struct NotifyField {
  absl::string_view name;
  std::string value;
};

// Pure. A message of these fields, one a line. What a value has of control characters becomes a
// space: no value can begin a line of its own.
std::string NotifyMessage(const std::vector<NotifyField>& fields);

// The service's end. Sends nothing where nobody listens. Thread-safe.
class NotifySender {
 public:
  // To the socket named in NOTIFY_SOCKET; `address` empty: to nobody.
  explicit NotifySender(std::string address) : address_(std::move(address)) {}

  // Never blocks. False: the receiver's queue is full, so send it again later. True where it was
  // delivered, or never will be.
  bool Send(const std::vector<NotifyField>& fields) const;

 private:
  std::string address_;
};

// The starter's end: a socket in a folder that others cannot enter, under a random name that is
// removed with the receiver. It can be reached from every network namespace. One thread.
class NotifyReceiver {
 public:
  // At "PATH.1a2b3c4d.tmp"; removes what receivers of PATH left that were killed.
  static absl::StatusOr<NotifyReceiver> Create(const std::string& path);
  NotifyReceiver(NotifyReceiver&& other) noexcept
      : fd_(std::move(other.fd_)), path_(std::exchange(other.path_, "")) {}
  NotifyReceiver& operator=(NotifyReceiver&&) = delete;
  ~NotifyReceiver();

  // The value for NOTIFY_SOCKET of a process whose working directory is `directory`: relative to
  // it where the whole path is too long for a socket.
  std::string AddressFrom(const std::string& directory) const;
  // Readable when there is a message.
  int fd() const { return fd_.get(); }
  // What processes of `session` have sent, as the kernel says who sent it; the messages of others
  // are dropped. Takes a bounded number of messages. Does not block.
  std::vector<Notification> Receive(pid_t session);

 private:
  NotifyReceiver(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  UniqueFd fd_;
  std::string path_;
};

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_NOTIFY_H_
