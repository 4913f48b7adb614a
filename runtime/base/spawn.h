#ifndef HOLON_RUNTIME_BASE_SPAWN_H_
#define HOLON_RUNTIME_BASE_SPAWN_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/base/process.h"

namespace holon::base {

// How a process ended.
struct ExitStatus {
  bool signaled = false;
  int code = 0;  // Exit status, or the signal.
};

// "exit status 3", "signal 9 (SIGKILL)".
std::string ExitStatusText(const ExitStatus& status);

// Where PATH of the caller leads for `name`; a name with a slash leads to itself. NOT_FOUND;
// PERMISSION_DENIED where what there is cannot be executed.
absl::StatusOr<std::string> FindProgram(const std::string& name);

struct SpawnOptions {
  std::string program;                   // Path; PATH is not searched.
  std::vector<std::string> arguments;    // Without argv[0], which is `program`.
  std::vector<std::string> environment;  // "NAME=value".
  std::string working_directory;
  int output_fd = -1;  // Becomes stdout and stderr; -1: /dev/null.
  // As if the caller ran it itself: in the caller's session, with its stdin, stdout, stderr,
  // inherited descriptors and ignored signals. Else in a session of its own.
  bool in_callers_place = false;
};

// A child of this process. Move-only; its destruction does not touch the process.
class Child {
 public:
  const ProcessIdentity& identity() const { return handle_.identity(); }
  ProcessHandle& handle() { return handle_; }
  // Readable once it has ended.
  int fd() const { return handle_.fd(); }
  // How it ended; nullopt while it runs. Reaps it. Does not block.
  std::optional<ExitStatus> Reap();

 private:
  friend absl::StatusOr<Child> Spawn(const SpawnOptions& options);
  explicit Child(ProcessHandle handle) : handle_(std::move(handle)) {}
  ProcessHandle handle_;
  std::optional<ExitStatus> ended_;
};

// Starts a program with an empty mask, default signals and no descriptor but 0, 1 and 2. Call it
// from a thread that outlives the child. NOT_FOUND, PERMISSION_DENIED, RESOURCE_EXHAUSTED.
absl::StatusOr<Child> Spawn(const SpawnOptions& options);

// What a program prints on stdout and stderr until it ends; at most 64 KiB. DEADLINE_EXCEEDED: it
// was killed after `timeout`. FAILED_PRECONDITION: it failed; the message is how.
absl::StatusOr<std::string> OutputOf(const std::string& program,
                                     const std::vector<std::string>& arguments,
                                     absl::Duration timeout);

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_SPAWN_H_
