#ifndef HOLON_RUNTIME_BASE_CHILD_START_H_
#define HOLON_RUNTIME_BASE_CHILD_START_H_

#include <signal.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace holon::base {

// What a child does between its first moment and the program that it becomes. Pointers stay the
// caller's.
struct ChildPlan {
  const char* program = nullptr;
  char* const* arguments = nullptr;
  char* const* environment = nullptr;
  const char* directory = nullptr;  // Null: that of the parent.
  bool own_session = false;         // Also: stdin from /dev/null, no descriptor but 0, 1 and 2.
  int output_fd = -1;               // With own_session: stdout and stderr; -1: /dev/null.
  sigset_t ignored = {};            // All others have their default action.
  sigset_t blocked = {};
  std::optional<mode_t> umask;
  std::optional<uint64_t> open_files;  // RLIMIT_NOFILE, the soft one.
  std::vector<int> closed;             // Descriptors to close.
};

enum class ChildStep { kClone, kNullDevice, kDirectory, kProgram };

struct ChildFailure {
  int error = 0;  // errno; 0: the program runs.
  ChildStep step = ChildStep::kClone;
};

// Starts a child as posix_spawn(3) does, which cannot set umask, limits or ignored signals: the
// child shares our memory, and this thread stands still, until it has become the program or failed.
// The child's pid; meaningless where `failure` has an error.
pid_t StartChild(const ChildPlan& plan, ChildFailure* failure);

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_CHILD_START_H_
