#include "runtime/base/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"

namespace holon::base {

absl::StatusOr<std::string> ReadAt(int fd, off_t offset, size_t max_bytes) {
  std::string content(max_bytes, '\0');
  ssize_t got;
  do {
    got = pread(fd, content.data(), content.size(), offset);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return absl::ErrnoToStatus(errno, "cannot read");
  content.resize(static_cast<size_t>(got));
  return content;
}

absl::StatusOr<size_t> WriteOnce(int fd, absl::string_view text) {
  ssize_t written;
  do {
    written = write(fd, text.data(), text.size());
  } while (written < 0 && errno == EINTR);
  if (written < 0) return absl::ErrnoToStatus(errno, "cannot write");
  if (written == 0 && !text.empty()) return absl::ResourceExhaustedError("cannot write: no room");
  return static_cast<size_t>(written);
}

void WriteWithoutWaiting(int fd, absl::string_view text) {
  ssize_t sent = send(fd, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0 || errno != ENOTSOCK) return;
  while (!text.empty()) {
    pollfd writable = {fd, POLLOUT, 0};
    if (poll(&writable, 1, 0) <= 0 || (writable.revents & POLLOUT) == 0) return;
    // A pipe that polls writable takes so much without blocking.
    absl::StatusOr<size_t> written = WriteOnce(fd, text.substr(0, PIPE_BUF));
    if (!written.ok() || *written == 0) return;
    text.remove_prefix(*written);
  }
}

absl::Status Redirect(int target, int fd) {
  if (dup2(fd, target) >= 0) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot redirect descriptor ", target));
}

absl::StatusOr<UniqueFd> Duplicate(int fd) {
  UniqueFd duplicate(fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!duplicate.valid()) return absl::ErrnoToStatus(errno, "cannot duplicate a descriptor");
  return duplicate;
}

void EndConnection(int fd) { (void)shutdown(fd, SHUT_RDWR); }

void AbortConnection(int fd) {
  EndConnection(fd);
  // Without a buffer, which TCP alone allows.
  while (recv(fd, nullptr, 1 << 20, MSG_TRUNC | MSG_DONTWAIT) > 0) {
  }
}

bool HasHungUp(int fd) {
  pollfd polled = {fd, 0, 0};
  return poll(&polled, 1, 0) == 1 && (polled.revents & (POLLHUP | POLLERR)) != 0;
}

bool IsPipe(int fd) {
  struct stat found;
  return fstat(fd, &found) == 0 && S_ISFIFO(found.st_mode);
}

}  // namespace holon::base
