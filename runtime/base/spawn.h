#ifndef HOLON_RUNTIME_BASE_SPAWN_H_
#define HOLON_RUNTIME_BASE_SPAWN_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/base/process.h"
#include "runtime/base/process_setup.h"

namespace holon::base {

// How a process ended.
struct ExitStatus {
  bool signaled = false;
  int code = 0;          // Exit status, or the signal.
  bool unknown = false;  // It has ended, and the kernel has told somebody else how, or nobody.
};

// "exit status 3", "signal 9 (SIGKILL)", "unknown".
std::string ExitStatusText(const ExitStatus& status);

// Where PATH of the caller leads for `name`; a name with a slash leads to itself. NOT_FOUND;
// PERMISSION_DENIED where what there is cannot be executed.
absl::StatusOr<std::string> FindProgram(const std::string& name);

// The first executable NAME in `folders`. NOT_FOUND names them; PERMISSION_DENIED where what there
// is cannot be executed says why.
absl::StatusOr<std::string> FindProgramIn(const std::vector<std::string>& folders,
                                          const std::string& name);

// The folders of PATH.
std::vector<std::string> SearchPath();

struct SpawnOptions {
  std::string program;                   // Path; PATH is not searched.
  std::vector<std::string> arguments;    // Without argv[0], which is `program`.
  std::vector<std::string> environment;  // "NAME=value".
  std::string working_directory;
  int output_fd = -1;  // Becomes stdout and stderr; -1: /dev/null.
  // Not null: the program runs in the place of this process, with what its caller left: session,
  // stdin, stdout, stderr, inherited descriptors, signals, umask and limits. Null: in a session of
  // its own, with default signals and an empty mask.
  const CallersWorld* callers = nullptr;
  // Soft RLIMIT_NOFILE, where this process has raised its own.
  std::optional<uint64_t> open_files;
};

// A child of this process. Move-only; its destruction does not touch the process.
class Child {
 public:
  const ProcessIdentity& identity() const { return handle_.identity(); }
  ProcessHandle& handle() { return handle_; }
  // Readable once it has ended.
  int fd() const { return handle_.fd(); }
  // How it ended; nullopt while it runs. Reaps it. Never nullopt once fd() is readable. Blocks for
  // up to a second while a debugger keeps the end to itself, else not.
  std::optional<ExitStatus> Reap();
  // Its session, itself included, without what has ended: everything that it started, unless that
  // has made a session of its own. Only for a child that was not spawned in the caller's place.
  std::vector<ProcessHandle> Session() const;

 private:
  friend absl::StatusOr<Child> Spawn(const SpawnOptions& options);
  explicit Child(ProcessHandle handle) : handle_(std::move(handle)) {}
  ProcessHandle handle_;
  std::optional<ExitStatus> ended_;
};

// Starts a program. Call it from a thread that outlives the child. NOT_FOUND, PERMISSION_DENIED,
// FAILED_PRECONDITION, RESOURCE_EXHAUSTED; the message says what is missing: the program, its
// interpreter, the right to execute it, the working directory or /dev/null.
absl::StatusOr<Child> Spawn(const SpawnOptions& options);

// The session that a process belongs to; nullopt where that cannot be seen.
std::optional<pid_t> SessionOf(pid_t pid);

// What a program prints on stdout and stderr until it ends; at most 64 KiB. DEADLINE_EXCEEDED: it
// was killed after `timeout`, with what it had started. FAILED_PRECONDITION: it failed; the message
// is how.
absl::StatusOr<std::string> OutputOf(const std::string& program,
                                     const std::vector<std::string>& arguments,
                                     absl::Duration timeout);

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_SPAWN_H_
