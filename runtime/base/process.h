// Processes, named so that a reused pid is never taken for the one that was meant.
#ifndef HOLON_RUNTIME_BASE_PROCESS_H_
#define HOLON_RUNTIME_BASE_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/base/unique_fd.h"

namespace holon::base {

struct ProcessIdentity {
  pid_t pid = 0;
  uint64_t start_time_ticks = 0;  // Field 22 of /proc/PID/stat: clock ticks since boot.
  std::string boot_id;
  uint64_t pid_namespace = 0;  // Inode of /proc/PID/ns/pid.

  friend bool operator==(const ProcessIdentity&, const ProcessIdentity&) = default;
};

// What /proc/PID/stat says.
struct ProcessStat {
  char state = '?';
  pid_t parent = 0;
  pid_t group = 0;
  pid_t session = 0;
  uint64_t start_time_ticks = 0;
};

// Parses a line of /proc/PID/stat. The name in it may hold spaces and brackets.
std::optional<ProcessStat> ParseProcessStat(absl::string_view line);

// NOT_FOUND: there is no such process, and that is certain. UNAVAILABLE: it cannot be looked at (no
// /proc, hidden, no descriptor); the message says why.
absl::StatusOr<ProcessStat> ReadProcessStat(pid_t pid);

// Errors as ReadProcessStat.
absl::StatusOr<ProcessIdentity> IdentityOf(pid_t pid);
ProcessIdentity OwnIdentity();

// Every process that /proc shows, in no order.
std::vector<pid_t> AllProcesses();

enum class IdentityVerdict {
  kAlive,
  kDead,            // Nobody has the pid, or a zombie.
  kReused,          // A stranger has the pid.
  kOtherBoot,       // From before a reboot, or from another machine.
  kOtherNamespace,  // The pid means something else here; whether it lives cannot be told.
  kUnseen,          // Its pid is in use, or may be; by which process cannot be seen.
};

// Pure: `recorded` against where we are and what ReadProcessStat says of its pid.
IdentityVerdict JudgeIdentity(const ProcessIdentity& recorded, const ProcessIdentity& own,
                              const absl::StatusOr<ProcessStat>& now);

// Looks it up.
IdentityVerdict Judge(const ProcessIdentity& recorded);

// "lives", "is dead", "cannot be seen from here", …
absl::string_view IdentityVerdictText(IdentityVerdict verdict);

// A handle on one process, checked against its identity when it was opened: what it signals is that
// process or nothing. Move-only.
class ProcessHandle {
 public:
  // NOT_FOUND: dead, reused, or of another boot or namespace; the message says which. UNAVAILABLE:
  // it cannot be seen.
  static absl::StatusOr<ProcessHandle> Open(const ProcessIdentity& identity);

  // For a child that the caller has not reaped: its pid cannot be anybody else's, dead or alive.
  static absl::StatusOr<ProcessHandle> OpenChild(pid_t pid);

  // OK; NOT_FOUND: it has ended; PERMISSION_DENIED.
  absl::Status Signal(int signal);
  // To its whole process group where it leads one, else to it alone. Errors as Signal.
  absl::Status SignalGroup(int signal);
  // It has ended (a zombie counts as ended). Does not block.
  bool Exited() const;
  // Readable once it has ended.
  int fd() const { return pidfd_.get(); }
  const ProcessIdentity& identity() const { return identity_; }

 private:
  ProcessHandle(UniqueFd pidfd, ProcessIdentity identity)
      : pidfd_(std::move(pidfd)), identity_(std::move(identity)) {}
  UniqueFd pidfd_;
  ProcessIdentity identity_;
};

// The name of its program, as the kernel keeps it (15 bytes); "" where it cannot be read.
std::string CommandNameOf(pid_t pid);

// The value of a variable that it was started with; "" where there is none or it cannot be read.
std::string StartVariableOf(pid_t pid, absl::string_view name);

// Whether /proc shows the processes of our pid namespace. UNAVAILABLE: it does not, or is not
// there.
absl::Status CheckProc();

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_PROCESS_H_
