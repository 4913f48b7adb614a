#ifndef HOLON_RUNTIME_STATE_INSTANCE_LOCK_H_
#define HOLON_RUNTIME_STATE_INSTANCE_LOCK_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/base/file_lock.h"
#include "runtime/base/process.h"
#include "runtime/state/home.h"

namespace holon::state {

// Possession of a home: the lock on the home directory itself, then the one on run/holon.lock. So
// no order of renames and removals gives a home two holders. A runtime holds both for life and
// marks them; a cleanup holds them for a moment. Move-only.
class InstanceLock {
 public:
  // Makes the run directory where it is missing. A lock file that is no regular file is renamed
  // aside, once the home is held. NOT_FOUND: there is no home. UNAVAILABLE: it is held. Does not
  // wait.
  static absl::StatusOr<InstanceLock> TryAcquire(const HomePaths& paths);
  // Blocks until it is free, without bound.
  static absl::StatusOr<InstanceLock> Wait(const HomePaths& paths);
  // Waits up to `timeout`, or until `interrupt_fd` (-1: none) is readable: UNAVAILABLE or CANCELLED
  // then.
  static absl::StatusOr<InstanceLock> Acquire(const HomePaths& paths, absl::Duration timeout,
                                              int interrupt_fd = -1);

  // Says that a runtime holds it, to callers of HoldOf.
  absl::Status Mark();

  const base::DirectoryLock& home() const { return home_; }
  base::FileLock& file() { return file_; }

 private:
  InstanceLock(base::DirectoryLock home, base::FileLock file)
      : home_(std::move(home)), file_(std::move(file)) {}
  base::DirectoryLock home_;
  base::FileLock file_;
};

// Who holds a home.
enum class Hold {
  kFree,
  kTaken,    // Somebody who is no runtime, for a moment or by mistake.
  kRuntime,  // A runtime of this home.
};

// Asks without taking. Blocks for nothing, creates nothing, and needs no right to write. What
// cannot be looked at is an error, and never kFree.
absl::StatusOr<Hold> HoldOf(const HomePaths& paths);

// The runtime that holds the home, as /proc tells; nullopt where it cannot be seen. `likely` (0:
// nobody), such as the process in the record, is looked at first, which saves a search.
std::optional<base::ProcessIdentity> FindRuntime(const HomePaths& paths, pid_t likely);

// Of a home that no runtime holds: "pid 12 (python3) holds the lock on HOME/run/holon.lock and is
// no runtime"; empty where nobody else holds it. Takes milliseconds.
std::string DescribeTaker(const HomePaths& paths);

}  // namespace holon::state

#endif  // HOLON_RUNTIME_STATE_INSTANCE_LOCK_H_
