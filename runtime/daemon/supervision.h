#ifndef HOLON_RUNTIME_DAEMON_SUPERVISION_H_
#define HOLON_RUNTIME_DAEMON_SUPERVISION_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/base/unix_socket.h"

namespace holon::daemon {

// What a service manager hands down to a service that it starts, in systemd's protocol.
struct Supervision {
  std::string notify_socket;  // NOTIFY_SOCKET; empty: nobody listens.
  absl::Duration watchdog =
      absl::InfiniteDuration();              // WATCHDOG_USEC: silence that it puts up with.
  std::optional<base::HandedSocket> socket;  // LISTEN_FDS: it has bound our socket.
};

// Takes it out of the environment, so that no worker inherits it. Call it before anything is
// opened: the descriptors that are handed down begin at 3. What is meant for another process
// (LISTEN_PID, WATCHDOG_PID) is left out. INVALID_ARGUMENT: what was handed down cannot be used.
absl::StatusOr<Supervision> TakeSupervision();

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_SUPERVISION_H_
