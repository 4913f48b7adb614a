#include "runtime/daemon/supervision.h"

#include <stdlib.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"

namespace holon::daemon {
namespace {

constexpr int kFirstHandedDescriptor = 3;

std::string Take(const char* name) {
  const char* value = getenv(name);
  std::string taken = value == nullptr ? "" : value;
  unsetenv(name);
  return taken;
}

bool IsOwnPid(const std::string& text) {
  int pid;
  return absl::SimpleAtoi(text, &pid) && pid == getpid();
}

}  // namespace

absl::StatusOr<Supervision> TakeSupervision() {
  Supervision supervision;
  supervision.notify_socket = Take("NOTIFY_SOCKET");

  const std::string watchdog_pid = Take("WATCHDOG_PID");
  int64_t microseconds;
  if (absl::SimpleAtoi(Take("WATCHDOG_USEC"), &microseconds) && microseconds > 0 &&
      (watchdog_pid.empty() || IsOwnPid(watchdog_pid))) {
    supervision.watchdog = absl::Microseconds(microseconds);
  }

  const bool ours = IsOwnPid(Take("LISTEN_PID"));
  const std::string count = Take("LISTEN_FDS");
  Take("LISTEN_FDNAMES");
  if (!ours || count.empty() || count == "0") return supervision;
  if (count != "1") {
    return absl::InvalidArgumentError(
        absl::StrCat("LISTEN_FDS hands down ", count,
                     " sockets; a runtime has one: give the unit one ListenStream="));
  }
  HOLON_ASSIGN_OR_RETURN(supervision.socket, base::AdoptListener(kFirstHandedDescriptor));
  return supervision;
}

}  // namespace holon::daemon
