#include "runtime/base/signal_safe.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace holon::base {

int CreateRaw(int directory, const char* path) {
  // O_NONBLOCK: a FIFO that stands there must not hang us.
  const int fd =
      openat(directory, path,
             O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
  struct stat found;
  if (fd < 0 || (fstat(fd, &found) == 0 && S_ISREG(found.st_mode))) return fd;
  close(fd);
  return -1;
}

void WriteRaw(int fd, const char* text) {
  for (size_t rest = strlen(text); fd >= 0 && rest > 0;) {
    // A pipe that takes anything without waiting takes so much.
    pollfd writable = {fd, POLLOUT, 0};
    if (poll(&writable, 1, 0) != 1 || (writable.revents & POLLOUT) == 0) return;
    const ssize_t written = write(fd, text, std::min<size_t>(rest, PIPE_BUF));
    if (written <= 0) return;
    text += written;
    rest -= static_cast<size_t>(written);
  }
}

}  // namespace holon::base
