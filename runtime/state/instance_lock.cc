#include "runtime/state/instance_lock.h"

#include "absl/strings/str_cat.h"
#include "runtime/base/file.h"
#include "runtime/base/lock_holder.h"
#include "runtime/base/pending.h"
#include "runtime/base/status_macros.h"
#include "runtime/state/daemon_record.h"
#include "runtime/state/process_text.h"

namespace holon::state {
namespace {

// Runtimes from before the mark locked the whole file, as others do, too: only the one on record
// counts.
absl::StatusOr<bool> IsRecordedHolder(const HomePaths& paths) {
  absl::StatusOr<v1::DaemonRecord> record = ReadDaemonRecord(paths.daemon_record);
  if (!record.ok()) return false;
  const base::ProcessIdentity identity = FromRecord(record->identity());
  return base::Judge(identity) == base::IdentityVerdict::kAlive &&
         base::HoldsLockFile(identity.pid, paths.instance_lock);
}

bool Holds(pid_t pid, const HomePaths& paths) {
  return base::HoldsDirectory(pid, paths.home) || base::HoldsLockFile(pid, paths.instance_lock);
}

}  // namespace

absl::StatusOr<InstanceLock> InstanceLock::TryAcquire(const HomePaths& paths) {
  HOLON_ASSIGN_OR_RETURN(base::DirectoryLock home, base::DirectoryLock::TryAcquire(paths.home));
  HOLON_RETURN_IF_ERROR(base::MakeDirectory(paths.run, 0700));
  HOLON_RETURN_IF_ERROR(base::SetAsideUnlessRegular(paths.instance_lock));
  HOLON_ASSIGN_OR_RETURN(base::FileLock file, base::FileLock::TryAcquire(paths.instance_lock));
  return InstanceLock(std::move(home), std::move(file));
}

absl::StatusOr<InstanceLock> InstanceLock::Wait(const HomePaths& paths) {
  while (true) {
    {
      HOLON_ASSIGN_OR_RETURN(base::DirectoryLock home, base::DirectoryLock::Wait(paths.home));
      HOLON_RETURN_IF_ERROR(base::MakeDirectory(paths.run, 0700));
      HOLON_RETURN_IF_ERROR(base::SetAsideUnlessRegular(paths.instance_lock));
      absl::StatusOr<base::FileLock> file = base::FileLock::TryAcquire(paths.instance_lock);
      if (file.ok()) return InstanceLock(std::move(home), *std::move(file));
      if (!absl::IsUnavailable(file.status())) return file.status();
    }
    // What waits holds nothing: a waiter that is suspended, or whose result nobody wants any more,
    // would else keep the home from everybody.
    HOLON_RETURN_IF_ERROR(base::FileLock::Wait(paths.instance_lock).status());
  }
}

absl::StatusOr<InstanceLock> InstanceLock::Acquire(const HomePaths& paths, absl::Duration timeout,
                                                   int interrupt_fd) {
  absl::StatusOr<InstanceLock> lock = TryAcquire(paths);
  if (!absl::IsUnavailable(lock.status())) return lock;
  return base::AwaitCall<InstanceLock>([paths] { return Wait(paths); }, timeout, interrupt_fd,
                                       std::string(lock.status().message()));
}

absl::Status InstanceLock::Mark() {
  home_.Mark();
  return file_.Mark();
}

absl::StatusOr<Hold> HoldOf(const HomePaths& paths) {
  HOLON_ASSIGN_OR_RETURN(bool marked, base::IsMarkedDirectory(paths.home));
  if (marked) return Hold::kRuntime;
  HOLON_ASSIGN_OR_RETURN(base::LockState file, base::LockStateOf(paths.instance_lock));
  switch (file) {
    case base::LockState::kAbsent:
    case base::LockState::kFree:
      return Hold::kFree;
    case base::LockState::kTaken:
      return Hold::kTaken;
    case base::LockState::kMarked:
      return Hold::kRuntime;
    case base::LockState::kWhole:
      break;
  }
  HOLON_ASSIGN_OR_RETURN(bool recorded, IsRecordedHolder(paths));
  return recorded ? Hold::kRuntime : Hold::kTaken;
}

std::optional<base::ProcessIdentity> FindRuntime(const HomePaths& paths, pid_t likely) {
  // The identity first: what holds the lock after it was read is that process.
  auto identity_of = [&paths](pid_t pid) -> std::optional<base::ProcessIdentity> {
    absl::StatusOr<base::ProcessIdentity> identity = base::IdentityOf(pid);
    if (!identity.ok() || !Holds(pid, paths)) return std::nullopt;
    return *identity;
  };
  if (likely > 0) {
    std::optional<base::ProcessIdentity> found = identity_of(likely);
    if (found.has_value()) return found;
  }
  if (std::optional<pid_t> holder = base::FindDirectoryHolder(paths.home)) {
    return identity_of(*holder);
  }
  std::optional<pid_t> holder = base::FindAnyHolder(paths.instance_lock);
  return holder.has_value() ? identity_of(*holder) : std::nullopt;
}

std::string DescribeTaker(const HomePaths& paths) {
  absl::StatusOr<base::LockState> file = base::LockStateOf(paths.instance_lock);
  const bool taken =
      file.ok() && (*file == base::LockState::kTaken || *file == base::LockState::kWhole);
  const std::string& path = taken ? paths.instance_lock : paths.home;
  std::optional<pid_t> holder =
      taken ? base::FindAnyHolder(path) : base::FindAnyDirectoryHolder(path);
  if (!taken && !holder.has_value()) return "";
  return absl::StrCat(
      holder.has_value() ? ProcessText(*holder) : "a process that cannot be seen from here",
      " holds the lock on ", path, " and is no runtime");
}

}  // namespace holon::state
