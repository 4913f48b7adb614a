#include "runtime/base/notify.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "runtime/base/uuid.h"

namespace holon::base {
namespace {

// "@name" is an abstract address, anything else a path. Zero length: too long.
socklen_t FillAddress(absl::string_view name, sockaddr_un* address) {
  *address = {};
  address->sun_family = AF_UNIX;
  if (name.empty() || name.size() >= sizeof address->sun_path) return 0;
  memcpy(address->sun_path, name.data(), name.size());
  bool abstract = name[0] == '@';
  if (abstract) address->sun_path[0] = '\0';
  return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + (abstract ? 0 : 1));
}

}  // namespace

Notification ParseNotification(absl::string_view message) {
  Notification notification;
  for (absl::string_view line : absl::StrSplit(message, '\n')) {
    int64_t microseconds;
    if (line == "READY=1") {
      notification.ready = true;
    } else if (line == "STOPPING=1") {
      notification.stopping = true;
    } else if (absl::ConsumePrefix(&line, "STATUS=")) {
      notification.status = std::string(line);
    } else if (absl::ConsumePrefix(&line, "EXTEND_TIMEOUT_USEC=") &&
               absl::SimpleAtoi(line, &microseconds) && microseconds >= 0) {
      notification.extended_timeout = absl::Microseconds(microseconds);
    }
  }
  return notification;
}

bool NotifySender::Send(absl::string_view message) const {
  sockaddr_un address;
  socklen_t length = FillAddress(address_, &address);
  if (length == 0) return true;
  UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return false;  // No descriptor at this moment.
  return sendto(fd.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                reinterpret_cast<const sockaddr*>(&address), length) >= 0 ||
         (errno != EAGAIN && errno != ENOBUFS && errno != ENOMEM);
}

absl::StatusOr<NotifyReceiver> NotifyReceiver::Create() {
  UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  std::string name = absl::StrCat("@holon-notify-", RandomUuid());
  sockaddr_un address;
  socklen_t length = FillAddress(name, &address);
  int on = 1;
  if (!fd.valid() || setsockopt(fd.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0 ||
      bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    return absl::ErrnoToStatus(errno, "cannot make a notification socket");
  }
  return NotifyReceiver(std::move(fd), std::move(name));
}

std::optional<Notification> NotifyReceiver::Receive(pid_t sender) {
  while (true) {
    char text[4096];
    iovec part = {text, sizeof text};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))];
    msghdr message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    ssize_t got = recvmsg(fd_.get(), &message, MSG_CMSG_CLOEXEC);
    if (got < 0) return std::nullopt;
    ucred credentials = {};
    for (cmsghdr* item = CMSG_FIRSTHDR(&message); item != nullptr;
         item = CMSG_NXTHDR(&message, item)) {
      if (item->cmsg_level == SOL_SOCKET && item->cmsg_type == SCM_CREDENTIALS) {
        memcpy(&credentials, CMSG_DATA(item), sizeof credentials);
      }
    }
    // Abstract sockets have no permissions: only the process that was spawned is believed.
    if (credentials.pid == sender) {
      return ParseNotification(absl::string_view(text, static_cast<size_t>(got)));
    }
  }
}

}  // namespace holon::base
