// Which process holds a lock, as /proc tells. An open-file-description lock names no process, so
// that its holder is found by looking into processes. All calls only read; what may not be looked
// into is passed over.
#ifndef HOLON_RUNTIME_BASE_LOCK_HOLDER_H_
#define HOLON_RUNTIME_BASE_LOCK_HOLDER_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace holon::base {

enum class LockKind {
  kProcess,      // POSIX: of a process, by fcntl(2).
  kDescription,  // OFDLCK: of an open file description, by fcntl(2).
  kFlock,        // FLOCK: of an open file description, by flock(2).
};

// A line of /proc/locks, or of the locks in /proc/PID/fdinfo/N.
struct LockLine {
  LockKind kind = LockKind::kProcess;
  bool write = false;
  bool whole = false;    // From byte 0 to the end, whatever the end becomes.
  bool waiting = false;  // Not held: waited for.
  pid_t pid = 0;         // -1 for kDescription.
  uint64_t inode = 0;

  friend bool operator==(const LockLine&, const LockLine&) = default;
};

// Pure. "1: FLOCK  ADVISORY  WRITE 3317 fe:00:10952838 0 EOF"; nullopt for anything else.
std::optional<LockLine> ParseLockLine(absl::string_view line);

// The process holds the marked lock on the directory (DirectoryLock) or the lock file (FileLock, or
// a lock on the whole file, as of a runtime from before the mark).
bool HoldsDirectory(pid_t pid, const std::string& directory);
bool HoldsLockFile(pid_t pid, const std::string& path);

// The process holds a write lock (OFDLCK) on a file of this name, wherever that file is by now.
bool HoldsLockNamed(pid_t pid, const std::string& name);

// The process that holds the marked lock on a directory, by its line in /proc/locks, confirmed in
// that process. nullopt: none, or it cannot be seen. Reading /proc/locks takes milliseconds.
std::optional<pid_t> FindDirectoryHolder(const std::string& directory);

// A process that holds a directory by flock(2), marked or not. As FindDirectoryHolder.
std::optional<pid_t> FindAnyDirectoryHolder(const std::string& directory);

// A process that holds any lock on `path`, marked or not. Costs a look into every process.
std::optional<pid_t> FindAnyHolder(const std::string& path);

struct MarkedDirectory {
  std::string path;      // Its present name; of a removed one the last name that it had.
  bool removed = false;  // No path leads to it any more.
};

// The directories that a process holds with the mark of a runtime. An error: the process cannot be
// looked into.
absl::StatusOr<std::vector<MarkedDirectory>> MarkedDirectoriesOf(pid_t pid);

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_LOCK_HOLDER_H_
