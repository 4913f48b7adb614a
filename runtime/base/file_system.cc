#include "runtime/base/file_system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "runtime/base/unique_fd.h"

namespace holon::base {
namespace {

// The file system does not know the call, or not for such a file.
bool IsUnsupported(int error) {
  return error == ENOSYS || error == ENOTSUP || error == EOPNOTSUPP || error == EINVAL;
}

}  // namespace

absl::Status FileError(int error, absl::string_view message) {
  const std::string text = absl::StrCat(message, ": ", strerror(error));
  switch (error) {
    case EROFS:
      return absl::FailedPreconditionError(text);
    case ELOOP:
      return absl::FailedPreconditionError(
          absl::StrCat(message,
                       ": it is a symbolic link, which is not followed here, or leads in "
                       "a circle"));
    case EINVAL:  // Of the file system, and not of a caller.
    case ENAMETOOLONG:
      return absl::FailedPreconditionError(text);
    case EFBIG:
      return absl::ResourceExhaustedError(
          absl::StrCat(text, " (RLIMIT_FSIZE, ulimit -f, or the file system's own limit)"));
    case EMFILE:
      return absl::ResourceExhaustedError(absl::StrCat(text, " (RLIMIT_NOFILE, ulimit -n)"));
    default:
      return absl::ErrnoToStatus(error, message);
  }
}

absl::Status SyncDirectory(const std::string& directory) {
  UniqueFd fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.valid() && fsync(fd.get()) == 0) return absl::OkStatus();
  // EROFS: gone read-only since; nothing of it will be lost.
  if (fd.valid() && (IsUnsupported(errno) || errno == EROFS)) return absl::OkStatus();
  return FileError(errno, absl::StrCat("cannot sync ", directory));
}

absl::Status PublishWithoutReplacing(const std::string& from, const std::string& to) {
  // link() refuses an existing name, so that the file appears whole or not at all.
  if (link(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  const bool no_links = IsUnsupported(errno) || errno == EPERM || errno == EMLINK;
  if (no_links) {
    if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
      return absl::OkStatus();
    }
    if (IsUnsupported(errno)) {
      return absl::UnimplementedError(
          absl::StrCat("the file system of ", to, " has no hard links"));
    }
  }
  return FileError(errno, absl::StrCat("cannot create ", to));
}

absl::Status SetMode(int fd, mode_t mode) {
  if (fchmod(fd, mode) == 0 || IsUnsupported(errno)) return absl::OkStatus();
  struct stat found;
  // The owner may always, unless the file system keeps one mode for all files (vfat).
  const bool own = errno == EPERM && fstat(fd, &found) == 0 && found.st_uid == geteuid();
  return own ? absl::OkStatus() : FileError(EPERM, "cannot set the mode");
}

}  // namespace holon::base
