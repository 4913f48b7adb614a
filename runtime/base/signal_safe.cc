#include "runtime/base/signal_safe.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

namespace holon::base {

int CreateRaw(const char* path) {
  return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
}

void WriteRaw(int fd, const char* text) {
  if (fd >= 0) (void)!write(fd, text, strlen(text));
}

}  // namespace holon::base
