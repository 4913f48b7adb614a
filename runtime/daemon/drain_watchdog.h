#ifndef HOLON_RUNTIME_DAEMON_DRAIN_WATCHDOG_H_
#define HOLON_RUNTIME_DAEMON_DRAIN_WATCHDOG_H_

#include <functional>

#include "absl/time/time.h"
#include "runtime/base/signals.h"

namespace holon::daemon {

// Ends the process whatever hangs: `limit` from now, with exit status 1 and a report of the hung
// drain; at once for a second SIGTERM or SIGINT, with 130, after `withdraw` has removed what the
// runtime made. Takes over `signals` for good; there is no way back. `withdraw` runs beside the
// caller's own, and must not wait for it.
void EndProcessAfter(absl::Duration limit, base::SignalFd& signals, std::function<void()> withdraw);

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_DRAIN_WATCHDOG_H_
