#include "runtime/base/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "runtime/base/file.h"
#include "runtime/base/file_system.h"
#include "runtime/base/spawn.h"
#include "runtime/base/temporary_file.h"

namespace holon::base {
namespace {

// Messages that are taken at one wake-up, whoever sends them.
constexpr int kMostMessages = 64;

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

std::string NotifyMessage(const std::vector<NotifyField>& fields) {
  std::string message;
  for (const NotifyField& field : fields) {
    std::string value = field.value;
    for (char& character : value) {
      if (absl::ascii_iscntrl(static_cast<unsigned char>(character))) character = ' ';
    }
    absl::StrAppend(&message, message.empty() ? "" : "\n", field.name, "=", value);
  }
  return message;
}

bool NotifySender::Send(const std::vector<NotifyField>& fields) const {
  sockaddr_un address;
  socklen_t length = FillAddress(address_, &address);
  if (length == 0) return true;
  UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return errno != EMFILE && errno != ENFILE && errno != ENOBUFS;
  const std::string message = NotifyMessage(fields);
  while (sendto(fd.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                reinterpret_cast<const sockaddr*>(&address), length) < 0) {
    if (errno != EINTR) return errno != EAGAIN && errno != ENOBUFS && errno != ENOMEM;
  }
  return true;
}

absl::StatusOr<NotifyReceiver> NotifyReceiver::Create(const std::string& path) {
  RemoveAbandoned(path);
  const std::string own = TemporaryName(path);
  UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  UniqueFd folder(open(DirectoryOf(own).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  // A name of any length can be bound by way of its folder.
  std::string name = own;
  sockaddr_un address;
  if (FillAddress(name, &address) == 0) {
    name = absl::StrCat("/proc/self/fd/", folder.get(), "/", NameOf(own));
  }
  const socklen_t length = FillAddress(name, &address);
  int on = 1;
  if (!fd.valid() || !folder.valid() ||
      setsockopt(fd.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0 ||
      bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    return FileError(errno,
                     absl::StrCat("cannot make a notification socket in ", DirectoryOf(own)));
  }
  return NotifyReceiver(std::move(fd), own);
}

NotifyReceiver::~NotifyReceiver() {
  if (!path_.empty()) unlink(path_.c_str());
}

std::string NotifyReceiver::AddressFrom(const std::string& directory) const {
  sockaddr_un address;
  absl::string_view name = path_;
  if (FillAddress(path_, &address) == 0 && absl::ConsumePrefix(&name, directory)) {
    absl::ConsumePrefix(&name, "/");
  }
  return std::string(name);
}

std::vector<Notification> NotifyReceiver::Receive(pid_t session) {
  std::vector<Notification> taken;
  for (int tries = 0; tries < kMostMessages; ++tries) {
    char text[4096];
    iovec part = {text, sizeof text};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))];
    msghdr message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    ssize_t got = recvmsg(fd_.get(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (got < 0) break;
    ucred credentials = {};
    for (cmsghdr* item = CMSG_FIRSTHDR(&message); item != nullptr;
         item = CMSG_NXTHDR(&message, item)) {
      if (item->cmsg_level == SOL_SOCKET && item->cmsg_type == SCM_CREDENTIALS) {
        memcpy(&credentials, CMSG_DATA(item), sizeof credentials);
      }
    }
    if (SessionOf(credentials.pid) != session) continue;
    taken.push_back(ParseNotification(absl::string_view(text, static_cast<size_t>(got))));
  }
  return taken;
}

}  // namespace holon::base
