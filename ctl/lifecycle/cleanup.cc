#include "ctl/lifecycle/cleanup.h"

#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/base/file.h"
#include "runtime/base/file_lock.h"
#include "runtime/base/status_macros.h"

namespace holon::ctl {
namespace {

constexpr absl::Duration kLockWait = absl::Seconds(2);

}  // namespace

absl::StatusOr<std::string> CleanUp(World& world, const std::string& socket_path,
                                    state::Vanished vanished) {
  HOLON_ASSIGN_OR_RETURN(base::FileInfo run, base::Look(world.paths.run));
  // A socket elsewhere may be left all the same, and the lock is the proof that nobody lives.
  if (run.type == base::FileType::kAbsent) {
    HOLON_ASSIGN_OR_RETURN(base::FileInfo home, base::Look(world.paths.home));
    if (home.type == base::FileType::kAbsent) return std::string("the home is gone");
    HOLON_RETURN_IF_ERROR(base::MakeDirectory(world.paths.run, 0700));
  }
  absl::StatusOr<base::FileLock> lock =
      base::FileLock::Acquire(world.paths.instance_lock, kLockWait, world.interrupts.fd());
  if (absl::IsUnavailable(lock.status())) {
    std::optional<pid_t> holder = base::FindLockHolder(world.paths.instance_lock);
    if (!holder.has_value()) return lock.status();
    // A start was faster than we: it has cleaned up, and what stands there now is its own.
    return absl::StrCat("a newer runtime (pid ", *holder, ") holds the instance lock");
  }
  HOLON_RETURN_IF_ERROR(lock.status());
  std::vector<std::string> removed;
  HOLON_RETURN_IF_ERROR(
      state::RemoveLeftovers(*lock, world.paths, socket_path, vanished, &removed));
  return absl::StrCat("the instance lock is free; ",
                      removed.empty() ? "nothing was left"
                                      : absl::StrCat("removed ", absl::StrJoin(removed, ", ")));
}

}  // namespace holon::ctl
