#include "runtime/daemon/heal.h"

#include <unistd.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/unix_socket.h"

namespace holon::daemon {
namespace {

// More than a record ever has.
constexpr size_t kMaxContent = 1 << 20;

// What was displaced from one path and is kept: the newest so many.
constexpr int kMostDisplaced = 8;

// The name for what is displaced next: the first that is free, else that of the oldest file. Fails
// where directories, which are never removed, have taken all names.
absl::StatusOr<std::string> NameForDisplaced(const std::string& path) {
  std::string oldest;
  absl::Time oldest_time = absl::InfiniteFuture();
  for (int number = 1; number <= kMostDisplaced; ++number) {
    const std::string aside = absl::StrCat(path, ".displaced.", number);
    HOLON_ASSIGN_OR_RETURN(base::FileInfo taken, base::Look(aside));
    if (taken.type == base::FileType::kAbsent) return aside;
    if (taken.type == base::FileType::kDirectory || taken.modified >= oldest_time) continue;
    oldest = aside;
    oldest_time = taken.modified;
  }
  if (!oldest.empty()) return oldest;
  return absl::ResourceExhaustedError(
      absl::StrCat("cannot set aside ", path, ": remove some of ", path, ".displaced.*"));
}

// The new name of what was moved; empty where nothing stood there.
absl::StatusOr<std::string> Displace(const std::string& path) {
  HOLON_ASSIGN_OR_RETURN(base::FileInfo there, base::Look(path));
  if (there.type == base::FileType::kAbsent) return std::string();
  HOLON_ASSIGN_OR_RETURN(std::string aside, NameForDisplaced(path));
  // A directory does not replace a file.
  if (there.type == base::FileType::kDirectory) HOLON_RETURN_IF_ERROR(base::RemoveFile(aside));
  HOLON_RETURN_IF_ERROR(base::RenameFile(path, aside));
  return aside;
}

bool IsEmptyFile(const base::FileInfo& info) {
  return info.type == base::FileType::kRegular && info.size == 0;
}

}  // namespace

absl::Status CheckHomeStands(const std::string& path, const base::DirectoryLock& home) {
  HOLON_ASSIGN_OR_RETURN(base::FileInfo there, base::Look(path));
  if (home.StillAt(path)) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat("the home ", path,
                                          there.type == base::FileType::kAbsent
                                              ? " was moved or removed"
                                              : " was replaced by another one"));
}

absl::Status HealLock(const std::string& path, base::FileLock* lock, Healed* healed) {
  if (lock->StillAt(path)) return absl::OkStatus();
  HOLON_ASSIGN_OR_RETURN(base::FileInfo there, base::Look(path));
  std::string displaced;
  // holonctl may have created an empty lock file (O_CREAT): reuse it.
  if (!IsEmptyFile(there) || there.owner != geteuid() || there.mode != 0600) {
    HOLON_ASSIGN_OR_RETURN(displaced, Displace(path));
  }
  absl::StatusOr<base::FileLock> fresh = base::FileLock::TryAcquire(path);
  if (absl::IsUnavailable(fresh.status())) {
    absl::StatusOr<base::LockState> state = base::LockStateOf(path);
    if (state.ok() && *state == base::LockState::kMarked) {
      return absl::AbortedError(absl::StrCat("another runtime holds ", path));
    }
  }
  if (fresh.ok()) {
    HOLON_RETURN_IF_ERROR(fresh->Mark());
    *lock = *std::move(fresh);
  }
  if (fresh.ok() || !displaced.empty()) healed->files.push_back({path, displaced});
  return fresh.status();
}

absl::Status HealContent(const std::string& path, const std::string& content, Healed* healed) {
  HOLON_ASSIGN_OR_RETURN(base::FileInfo there, base::Look(path));
  bool truncated = false;
  if (there.type == base::FileType::kRegular) {
    absl::StatusOr<std::string> present = base::ReadFile(path, kMaxContent);
    if (present.ok() && *present == content) return absl::OkStatus();
    truncated = present.ok() && absl::StartsWith(content, *present);
  }
  std::string displaced;
  // What is left of a truncated file is nothing that we do not have.
  if (!truncated) {
    HOLON_ASSIGN_OR_RETURN(displaced, Displace(path));
  }
  HOLON_RETURN_IF_ERROR(base::WriteFileAtomically(path, content, 0600, base::Durability::kWhole));
  healed->files.push_back({path, displaced});
  return absl::OkStatus();
}

absl::Status HealSocket(const std::string& path, base::FileInfo* file, Healed* healed) {
  HOLON_ASSIGN_OR_RETURN(base::FileInfo there, base::Look(path));
  if (there.type == base::FileType::kSocket && there.inode == file->inode &&
      there.device == file->device) {
    return absl::OkStatus();
  }
  HOLON_ASSIGN_OR_RETURN(std::string displaced, Displace(path));
  HOLON_ASSIGN_OR_RETURN(healed->socket, base::ListenAt(path));
  HOLON_ASSIGN_OR_RETURN(*file, base::Look(path));
  healed->files.push_back({path, displaced});
  return absl::OkStatus();
}

}  // namespace holon::daemon
