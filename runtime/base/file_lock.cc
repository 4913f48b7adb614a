#include "runtime/base/file_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "absl/strings/str_cat.h"
#include "runtime/base/file_system.h"
#include "runtime/base/pending.h"
#include "runtime/base/status_macros.h"

namespace holon::base {
namespace {

// The mark of a lock file: which byte, how many.
constexpr off_t kMarkStart = 1;
constexpr off_t kMarkLength = 1;

struct flock Range(short type, off_t start, off_t length) {
  struct flock range = {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = start;
  range.l_len = length;
  return range;
}

// Whose a lock is that belongs to an open file and to no process: a mark is always one.
constexpr pid_t kOfd = -1;

enum class Mode { kTry, kWait };

// UNAVAILABLE: kTry, and it is held.
absl::Status LockByteAs(short type, int fd, Mode mode, const std::string& path) {
  struct flock range = Range(type, 0, 1);
  while (fcntl(fd, mode == Mode::kWait ? F_OFD_SETLKW : F_OFD_SETLK, &range) != 0) {
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EACCES) {
      return absl::UnavailableError(absl::StrCat(path, " is locked"));
    }
    return FileError(errno, absl::StrCat("cannot lock ", path));
  }
  return absl::OkStatus();
}

absl::Status LockByte(int fd, Mode mode, const std::string& path) {
  return LockByteAs(F_WRLCK, fd, mode, path);
}

absl::Status ShareByte(int fd, Mode mode, const std::string& path) {
  return LockByteAs(F_RDLCK, fd, mode, path);
}

// OK, too, where the file system has no such lock.
absl::Status LockDirectory(int fd, Mode mode, const std::string& path) {
  while (flock(fd, LOCK_EX | (mode == Mode::kTry ? LOCK_NB : 0)) != 0) {
    if (errno == EINTR) continue;
    if (errno == EWOULDBLOCK) return absl::UnavailableError(absl::StrCat(path, " is locked"));
    return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::StatusOr<UniqueFd> OpenLockFile(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
  if (!fd.valid()) return FileError(errno, absl::StrCat("cannot open ", path));
  return fd;
}

absl::StatusOr<UniqueFd> OpenLockDirectory(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return FileError(errno, absl::StrCat("cannot open ", path));
  return fd;
}

bool SameFile(int fd, const std::string& path) {
  struct stat opened;
  struct stat named;
  if (fstat(fd, &opened) != 0) return false;
  // A directory was opened through links, too.
  const auto look = S_ISDIR(opened.st_mode) ? stat : lstat;
  return look(path.c_str(), &named) == 0 && opened.st_dev == named.st_dev &&
         opened.st_ino == named.st_ino;
}

// What was replaced between open and lock locks nothing: then once more.
template <typename Open, typename Lock>
absl::StatusOr<UniqueFd> LockAt(const std::string& path, Mode mode, Open open, Lock lock) {
  while (true) {
    HOLON_ASSIGN_OR_RETURN(UniqueFd fd, open(path));
    HOLON_RETURN_IF_ERROR(lock(fd.get(), mode, path));
    if (SameFile(fd.get(), path)) return fd;
  }
}

// The first lock that keeps `wanted` from being taken; F_UNLCK: none.
absl::StatusOr<struct flock> Conflict(int fd, struct flock wanted, const std::string& path) {
  if (fcntl(fd, F_OFD_GETLK, &wanted) == 0) return wanted;
  return FileError(errno, absl::StrCat("cannot query the lock on ", path));
}

}  // namespace

absl::StatusOr<FileLock> FileLock::TryAcquire(const std::string& path) {
  HOLON_ASSIGN_OR_RETURN(UniqueFd fd, LockAt(path, Mode::kTry, OpenLockFile, LockByte));
  return FileLock(std::move(fd));
}

absl::StatusOr<FileLock> FileLock::Wait(const std::string& path) {
  HOLON_ASSIGN_OR_RETURN(UniqueFd fd, LockAt(path, Mode::kWait, OpenLockFile, LockByte));
  return FileLock(std::move(fd));
}

absl::StatusOr<FileLock> FileLock::Acquire(const std::string& path, absl::Duration timeout,
                                           int interrupt_fd) {
  absl::StatusOr<FileLock> lock = TryAcquire(path);
  if (!absl::IsUnavailable(lock.status())) return lock;
  return AwaitCall<FileLock>([path] { return Wait(path); }, timeout, interrupt_fd,
                             absl::StrCat(path, " is locked"));
}

absl::StatusOr<FileShare> FileShare::Acquire(const std::string& path, absl::Duration timeout,
                                             int interrupt_fd) {
  absl::StatusOr<UniqueFd> fd = LockAt(path, Mode::kTry, OpenLockFile, ShareByte);
  if (absl::IsUnavailable(fd.status())) {
    fd = AwaitCall<UniqueFd>([path] { return LockAt(path, Mode::kWait, OpenLockFile, ShareByte); },
                             timeout, interrupt_fd, absl::StrCat(path, " is locked"));
  }
  if (!fd.ok()) return fd.status();
  return FileShare(*std::move(fd));
}

absl::StatusOr<bool> FileShare::HasOthers() const {
  HOLON_ASSIGN_OR_RETURN(struct flock held,
                         Conflict(fd_.get(), Range(F_WRLCK, 0, 1), "the lock of the users"));
  return held.l_type != F_UNLCK;
}

absl::Status FileLock::Mark() {
  struct flock mark = Range(F_RDLCK, kMarkStart, kMarkLength);
  if (fcntl(fd_.get(), F_OFD_SETLK, &mark) == 0) return absl::OkStatus();
  return FileError(errno, "cannot mark the lock file as a runtime's");
}

bool FileLock::StillAt(const std::string& path) const { return SameFile(fd_.get(), path); }

absl::StatusOr<DirectoryLock> DirectoryLock::TryAcquire(const std::string& path) {
  HOLON_ASSIGN_OR_RETURN(UniqueFd fd, LockAt(path, Mode::kTry, OpenLockDirectory, LockDirectory));
  return DirectoryLock(std::move(fd));
}

absl::StatusOr<DirectoryLock> DirectoryLock::Wait(const std::string& path) {
  HOLON_ASSIGN_OR_RETURN(UniqueFd fd, LockAt(path, Mode::kWait, OpenLockDirectory, LockDirectory));
  return DirectoryLock(std::move(fd));
}

void DirectoryLock::Mark() {
  struct flock mark = Range(F_RDLCK, 0, 0);
  // A file system without such locks has run/holon.lock alone.
  (void)fcntl(fd_.get(), F_OFD_SETLK, &mark);
}

bool DirectoryLock::StillAt(const std::string& path) const { return SameFile(fd_.get(), path); }

absl::StatusOr<LockState> LockStateOf(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd.valid()) {
    // A symbolic link (ELOOP) and a socket (ENXIO) are no lock files.
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENXIO) {
      return LockState::kAbsent;
    }
    return FileError(errno, absl::StrCat("cannot open ", path));
  }
  struct stat opened;
  if (fstat(fd.get(), &opened) == 0 && !S_ISREG(opened.st_mode)) return LockState::kAbsent;
  HOLON_ASSIGN_OR_RETURN(struct flock held, Conflict(fd.get(), Range(F_WRLCK, 0, 1), path));
  if (held.l_type == F_UNLCK) return LockState::kFree;
  // A lock of a process, and not of a descriptor, names it.
  if (held.l_type == F_WRLCK && held.l_start == 0 && held.l_len == 0 && held.l_pid == kOfd) {
    return LockState::kWhole;
  }
  HOLON_ASSIGN_OR_RETURN(struct flock mark,
                         Conflict(fd.get(), Range(F_WRLCK, kMarkStart, kMarkLength), path));
  const bool marked = held.l_type == F_WRLCK && mark.l_type == F_RDLCK && mark.l_pid == kOfd &&
                      mark.l_start == kMarkStart && mark.l_len == kMarkLength;
  return marked ? LockState::kMarked : LockState::kTaken;
}

absl::StatusOr<bool> IsMarkedDirectory(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) {
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return FileError(errno, absl::StrCat("cannot open ", path));
  }
  struct flock wanted = Range(F_WRLCK, 0, 0);
  // A file system without such locks has run/holon.lock alone.
  return fcntl(fd.get(), F_OFD_GETLK, &wanted) == 0 && wanted.l_type == F_RDLCK &&
         wanted.l_pid == kOfd;
}

}  // namespace holon::base
