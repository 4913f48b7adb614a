#ifndef HOLON_RUNTIME_STATE_PROCESS_TEXT_H_
#define HOLON_RUNTIME_STATE_PROCESS_TEXT_H_

#include <sys/types.h>

#include <string>

namespace holon::state {

// "pid 4711 (python3)": how a process is named to people and in logs. The name is the kernel's
// (/proc/PID/comm, 15 bytes, printable): a command line is text of a stranger and may hold a
// secret.
std::string ProcessText(pid_t pid);

}  // namespace holon::state

#endif  // HOLON_RUNTIME_STATE_PROCESS_TEXT_H_
