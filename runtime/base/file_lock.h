// Locks that a descriptor holds, not a process, and that end with it whatever happens. Two kinds of
// holders take them: a runtime marks its lock, for life; anybody else holds it for a moment.
#ifndef HOLON_RUNTIME_BASE_FILE_LOCK_H_
#define HOLON_RUNTIME_BASE_FILE_LOCK_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/base/unique_fd.h"

namespace holon::base {

// Possession of a lock file: a write lock on its byte 0 (F_OFD_SETLK). Move-only.
class FileLock {
 public:
  // Creates the file (0600) where there is none. UNAVAILABLE: the lock is held. Does not block.
  static absl::StatusOr<FileLock> TryAcquire(const std::string& path);

  // Blocks until the lock is free, without bound.
  static absl::StatusOr<FileLock> Wait(const std::string& path);

  // Waits up to `timeout`, or until `interrupt_fd` (-1: none) is readable: UNAVAILABLE or CANCELLED
  // then.
  static absl::StatusOr<FileLock> Acquire(const std::string& path, absl::Duration timeout,
                                          int interrupt_fd = -1);

  // Says that a runtime holds it, to callers of LockStateOf: a read lock on byte 1.
  absl::Status Mark();

  // The path still leads to the file that is locked.
  bool StillAt(const std::string& path) const;

  int fd() const { return fd_.get(); }

 private:
  explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

// A share of a lock file: a read lock on its byte 0. Any number of holders share it, and none
// beside a FileLock. Move-only.
class FileShare {
 public:
  // As FileLock::Acquire: UNAVAILABLE while a FileLock is held.
  static absl::StatusOr<FileShare> Acquire(const std::string& path, absl::Duration timeout,
                                           int interrupt_fd = -1);

  // Whether another holder shares the file.
  absl::StatusOr<bool> HasOthers() const;

 private:
  explicit FileShare(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

// Possession of a directory, whatever its name becomes: flock(2) on the directory itself.
// Move-only. A file system that cannot lock directories (NFS) gives an object that excludes nobody.
class DirectoryLock {
 public:
  // As FileLock, but the directory must be there: NOT_FOUND.
  static absl::StatusOr<DirectoryLock> TryAcquire(const std::string& path);
  static absl::StatusOr<DirectoryLock> Wait(const std::string& path);

  // Says that a runtime holds it: an OFD read lock on the directory.
  void Mark();

  bool StillAt(const std::string& path) const;
  int fd() const { return fd_.get(); }

 private:
  explicit DirectoryLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

enum class LockState {
  kAbsent,  // No lock file, or what stands there is no regular file.
  kFree,
  kTaken,   // Held without a mark: by no runtime.
  kMarked,  // Held by a runtime.
  kWhole,   // Locked as a whole, as runtimes from before the mark did, and others may.
};

// By a runtime or by another process.
inline bool IsHeld(LockState state) {
  return state != LockState::kAbsent && state != LockState::kFree;
}

// Asks without taking. Does not block, creates nothing, and needs no right to write.
absl::StatusOr<LockState> LockStateOf(const std::string& path);

// Whether a runtime holds the directory; false where there is none. As LockStateOf.
absl::StatusOr<bool> IsMarkedDirectory(const std::string& path);

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_FILE_LOCK_H_
