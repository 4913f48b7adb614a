#ifndef HOLON_RUNTIME_STATE_LIFECYCLE_LOCK_H_
#define HOLON_RUNTIME_STATE_LIFECYCLE_LOCK_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "holon/state/v1/records.pb.h"
#include "runtime/base/file_lock.h"

namespace holon::state {

// Possession of run/lifecycle.lock: the right to change the state of the world. The file says who
// holds it, for those who wait.
class LifecycleLock {
 public:
  // What the holder writes of itself.
  struct Owner {
    std::string command;  // "start"
    std::string caller;   // Its command line, without values of secrets.
    absl::Time since;
  };
  // UNAVAILABLE: somebody holds it. Does not block.
  static absl::StatusOr<LifecycleLock> TryAcquire(const std::string& path, const Owner& owner);
  // Takes over a lock that was waited for.
  static LifecycleLock Adopt(base::FileLock lock, const Owner& owner);

 private:
  explicit LifecycleLock(base::FileLock lock) : lock_(std::move(lock)) {}
  base::FileLock lock_;
};

// Who holds it, as it wrote of itself; nullopt where that cannot be read. May be a moment old.
std::optional<v1::LifecycleHolder> ReadLifecycleHolder(const std::string& path);

// "holonctl start (pid 4711, for 3.2 s)".
std::string HolderText(const v1::LifecycleHolder& holder, absl::Time now);

}  // namespace holon::state

#endif  // HOLON_RUNTIME_STATE_LIFECYCLE_LOCK_H_
