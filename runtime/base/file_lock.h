// Open-file-description locks: held by a descriptor, not by a process, and gone with it whatever
// happens.
#ifndef HOLON_RUNTIME_BASE_FILE_LOCK_H_
#define HOLON_RUNTIME_BASE_FILE_LOCK_H_

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/base/unique_fd.h"

namespace holon::base {

// Possession of a lock. Released by destruction or the end of the process. Move-only.
class FileLock {
 public:
  // Creates the file (0600) where there is none. UNAVAILABLE: somebody holds it. Does not block.
  static absl::StatusOr<FileLock> TryAcquire(const std::string& path);

  // As TryAcquire, but waits for the holder up to `timeout` or until `interrupt_fd` (-1: none) is
  // readable: UNAVAILABLE or CANCELLED then. Blocks in the kernel, without polling.
  static absl::StatusOr<FileLock> Acquire(const std::string& path, absl::Duration timeout,
                                          int interrupt_fd = -1);

  // The path still leads to the file that is locked.
  bool StillAt(const std::string& path) const;

  int fd() const { return fd_.get(); }

 private:
  friend class PendingLock;
  explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

// A lock that is being waited for, as a descriptor that can stand in a poll set.
class PendingLock {
 public:
  static absl::StatusOr<PendingLock> Start(const std::string& path);

  // Readable once the lock is held or has failed.
  int fd() const;
  // The lock; call once fd() is readable.
  absl::StatusOr<FileLock> Take();

 private:
  struct Shared;
  explicit PendingLock(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  std::shared_ptr<Shared> shared_;
};

enum class LockState {
  kAbsent,  // No lock file.
  kFree,
  kHeld,
};

// Asks without taking. Does not block and creates nothing.
absl::StatusOr<LockState> LockStateOf(const std::string& path);

// The process that holds the lock on `path`, found in /proc/PID/fdinfo; nullopt where it cannot be
// seen (another user's, another namespace's). Costs a walk over /proc.
std::optional<pid_t> FindLockHolder(const std::string& path);

// An open-file-description lock that a process of ours holds.
struct HeldLock {
  pid_t pid = 0;
  std::string path;   // As the kernel knows it now: a file that was moved has its new name.
  bool lost = false;  // The file is there no longer.
};

// Those of one process on files of this name.
std::vector<HeldLock> LocksHeldBy(pid_t pid, const std::string& name);

// Those of all processes of ours, or of those alone that run `program` (the name of its
// file; empty: any). Costs a walk over /proc.
std::vector<HeldLock> FindHeldLocks(const std::string& name, const std::string& program = "");

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_FILE_LOCK_H_
