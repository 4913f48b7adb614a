#include "runtime/state/lifecycle_lock.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "runtime/base/duration.h"
#include "runtime/base/file.h"
#include "runtime/base/process.h"
#include "runtime/base/status_macros.h"
#include "runtime/state/daemon_record.h"
#include "runtime/state/failures.h"
#include "runtime/state/json_file.h"

namespace holon::state {
namespace {

// What is no regular file cannot be locked. One caller at a time renames it aside.
absl::Status ReplaceNoFile(const std::string& path) {
  HOLON_ASSIGN_OR_RETURN(base::FileInfo there, base::Look(path));
  if (there.type == base::FileType::kAbsent || there.type == base::FileType::kRegular) {
    return absl::OkStatus();
  }
  HOLON_ASSIGN_OR_RETURN(base::DirectoryLock folder,
                         base::DirectoryLock::TryAcquire(base::DirectoryOf(path)));
  return base::SetAsideUnlessRegular(path);
}

}  // namespace

LifecycleLock LifecycleLock::Adopt(base::FileLock lock, const Owner& owner) {
  v1::LifecycleHolder holder;
  *holder.mutable_identity() = ToRecord(base::OwnIdentity());
  holder.set_command(owner.command);
  holder.set_caller(owner.caller);
  *holder.mutable_since() = ToTimestamp(owner.since);
  std::string text = ToJson(holder);
  // In place, because a rename would take the name from under the lock. Readers live with half a
  // text, and a full disk costs waiters no more than the holder's name.
  if (ftruncate(lock.fd(), 0) == 0) (void)!pwrite(lock.fd(), text.data(), text.size(), 0);
  return LifecycleLock(std::move(lock));
}

absl::StatusOr<LifecycleLock> LifecycleLock::TryAcquire(const std::string& path,
                                                        const Owner& owner) {
  HOLON_RETURN_IF_ERROR(ReplaceNoFile(path));
  HOLON_ASSIGN_OR_RETURN(base::FileLock lock, base::FileLock::TryAcquire(path));
  return Adopt(std::move(lock), owner);
}

std::optional<v1::LifecycleHolder> ReadLifecycleHolder(const std::string& path) {
  v1::LifecycleHolder holder;
  if (!ReadJsonFile(path, &holder).ok() || holder.command().empty()) return std::nullopt;
  return holder;
}

std::string HolderText(const v1::LifecycleHolder& holder, absl::Time now) {
  return absl::StrCat("holonctl ", holder.command(), " (pid ", holder.identity().pid(), ", for ",
                      base::FormatDuration(now - FromTimestamp(holder.since())), ")");
}

}  // namespace holon::state
