#ifndef HOLON_RUNTIME_DAEMON_DRAIN_WATCHDOG_H_
#define HOLON_RUNTIME_DAEMON_DRAIN_WATCHDOG_H_

#include "absl/time/time.h"

namespace holon::daemon {

// Ends the process, whatever hangs, `limit` from now: exit status 1, after one line on stderr.
// There is no way back. Needs nothing but its own thread and the kernel.
void EndProcessAfter(absl::Duration limit);

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_DRAIN_WATCHDOG_H_
