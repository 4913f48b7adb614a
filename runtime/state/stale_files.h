#ifndef HOLON_RUNTIME_STATE_STALE_FILES_H_
#define HOLON_RUNTIME_STATE_STALE_FILES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "runtime/state/home.h"
#include "runtime/state/instance_lock.h"

namespace holon::state {

// Which of socket, pid file and record exist. Stale only where no runtime lives. Sockets are looked
// for at `socket_path` and where the record says; one that somebody listens on, or that is no
// socket, is nobody's leftover.
std::vector<std::string> LeftoverFiles(const HomePaths& paths, const std::string& socket_path);

// What to do about a generation that ended without having withdrawn.
enum class Vanished {
  kRecord,  // Nobody knows of it yet: it becomes a recorded failure.
  kKnown,   // The caller has ended it, or records it.
};

// Removes them, unless CheckFormat forbids it. Whoever holds the instance lock may: `lock` is the
// proof. What stands at the socket's path and is no dead socket is never ours, and stays. Names
// what it removed; goes on after an error and returns the first.
absl::Status RemoveLeftovers(const InstanceLock& lock, const HomePaths& paths,
                             const std::string& socket_path, Vanished vanished,
                             std::vector<std::string>* removed);

}  // namespace holon::state

#endif  // HOLON_RUNTIME_STATE_STALE_FILES_H_
