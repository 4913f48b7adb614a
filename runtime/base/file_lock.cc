#include "runtime/base/file_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mutex>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "runtime/base/clock.h"
#include "runtime/base/file.h"
#include "runtime/base/process.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/thread.h"
#include "runtime/base/wait.h"

namespace holon::base {
namespace {

struct flock WholeFile() {
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

absl::StatusOr<UniqueFd> OpenLockFile(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
  if (!fd.valid()) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
  return fd;
}

bool SameFile(int fd, const std::string& path) {
  struct stat opened;
  struct stat named;
  return fstat(fd, &opened) == 0 && lstat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

std::vector<std::string> DescriptorsOf(pid_t pid) {
  return ListDirectory(absl::StrCat("/proc/", pid, "/fdinfo")).value_or(std::vector<std::string>());
}

std::vector<pid_t> Processes() {
  std::vector<pid_t> pids;
  for (const std::string& name : ListDirectory("/proc").value_or(std::vector<std::string>())) {
    int pid;
    if (absl::SimpleAtoi(name, &pid)) pids.push_back(pid);
  }
  return pids;
}

// Where a link in /proc leads; empty where that cannot be seen.
std::string TargetOf(const std::string& link) {
  char target[PATH_MAX];
  ssize_t length = readlink(link.c_str(), target, sizeof target);
  return length > 0 ? std::string(target, static_cast<size_t>(length)) : "";
}

std::string ProgramNameOf(pid_t pid) {
  const std::string program = TargetOf(absl::StrCat("/proc/", pid, "/exe"));
  return NameOf(absl::StripSuffix(program, " (deleted)"));
}

// "lock:\t1: OFDLCK  ADVISORY  WRITE -1 08:01:1234 0 EOF"; empty where the descriptor holds none.
std::string LockLineOf(pid_t pid, const std::string& descriptor) {
  absl::StatusOr<std::string> info =
      ReadFile(absl::StrCat("/proc/", pid, "/fdinfo/", descriptor), 65536);
  if (!info.ok()) return "";
  for (absl::string_view line : absl::StrSplit(*info, '\n')) {
    if (absl::StartsWith(line, "lock:") && absl::StrContains(line, "OFDLCK")) {
      return std::string(line);
    }
  }
  return "";
}

}  // namespace

absl::StatusOr<FileLock> FileLock::TryAcquire(const std::string& path) {
  while (true) {
    HOLON_ASSIGN_OR_RETURN(UniqueFd fd, OpenLockFile(path));
    struct flock lock = WholeFile();
    if (fcntl(fd.get(), F_OFD_SETLK, &lock) != 0) {
      if (errno == EAGAIN || errno == EACCES) {
        return absl::UnavailableError(absl::StrCat(path, " is locked"));
      }
      return absl::ErrnoToStatus(errno, absl::StrCat("cannot lock ", path));
    }
    // A file that was replaced between open and lock locks nothing.
    if (SameFile(fd.get(), path)) return FileLock(std::move(fd));
  }
}

absl::StatusOr<FileLock> FileLock::Acquire(const std::string& path, absl::Duration timeout,
                                           int interrupt_fd) {
  absl::StatusOr<FileLock> lock = TryAcquire(path);
  if (!absl::IsUnavailable(lock.status())) return lock;
  SystemClock clock;
  Deadline deadline(clock, timeout);
  HOLON_ASSIGN_OR_RETURN(PendingLock pending, PendingLock::Start(path));
  while (true) {
    std::optional<size_t> ready = WaitReadable({pending.fd(), interrupt_fd}, deadline.Remaining());
    if (!ready.has_value()) return absl::UnavailableError(absl::StrCat(path, " is locked"));
    if (*ready == 1) return absl::CancelledError("interrupted");
    lock = pending.Take();
    if (!lock.ok() || lock->StillAt(path)) return lock;
    HOLON_ASSIGN_OR_RETURN(pending, PendingLock::Start(path));
  }
}

bool FileLock::StillAt(const std::string& path) const { return SameFile(fd_.get(), path); }

// Lives as long as either side needs it: the waiting thread cannot be cancelled, so an abandoned
// one keeps its own reference, and gives the lock back as soon as it gets it.
struct PendingLock::Shared {
  UniqueFd event;
  std::mutex mutex;
  UniqueFd locked;
  int error = 0;
};

absl::StatusOr<PendingLock> PendingLock::Start(const std::string& path) {
  HOLON_ASSIGN_OR_RETURN(UniqueFd fd, OpenLockFile(path));
  auto shared = std::make_shared<Shared>();
  shared->event.Reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!shared->event.valid()) return absl::ErrnoToStatus(errno, "cannot create an eventfd");
  auto wait = [waiter = std::weak_ptr<Shared>(shared), fd = std::move(fd)]() mutable {
    struct flock lock = WholeFile();
    int result;
    do {
      result = fcntl(fd.get(), F_OFD_SETLKW, &lock);
    } while (result != 0 && errno == EINTR);
    int error = result == 0 ? 0 : errno;
    std::shared_ptr<Shared> owner = waiter.lock();
    if (owner == nullptr) return;
    {
      std::lock_guard<std::mutex> guard(owner->mutex);
      owner->error = error;
      owner->locked = std::move(fd);
    }
    eventfd_write(owner->event.get(), 1);
  };
  HOLON_ASSIGN_OR_RETURN(std::thread thread, StartThread(std::move(wait)));
  thread.detach();
  return PendingLock(std::move(shared));
}

int PendingLock::fd() const { return shared_->event.get(); }

absl::StatusOr<FileLock> PendingLock::Take() {
  std::lock_guard<std::mutex> guard(shared_->mutex);
  if (shared_->error != 0) return absl::ErrnoToStatus(shared_->error, "cannot wait for the lock");
  return FileLock(std::move(shared_->locked));
}

absl::StatusOr<LockState> LockStateOf(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd.valid()) {
    if (errno == ENOENT || errno == ENOTDIR) return LockState::kAbsent;
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
  }
  struct flock lock = WholeFile();
  if (fcntl(fd.get(), F_OFD_GETLK, &lock) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot query the lock on ", path));
  }
  return lock.l_type == F_UNLCK ? LockState::kFree : LockState::kHeld;
}

std::optional<pid_t> FindLockHolder(const std::string& path) {
  struct stat found;
  if (stat(path.c_str(), &found) != 0) return std::nullopt;
  for (pid_t pid : Processes()) {
    for (const std::string& descriptor : DescriptorsOf(pid)) {
      if (LockLineOf(pid, descriptor).empty()) continue;
      // Another file system has a file of the same inode number: only both numbers name one.
      struct stat held;
      const std::string link = absl::StrCat("/proc/", pid, "/fd/", descriptor);
      if (stat(link.c_str(), &held) == 0 && held.st_dev == found.st_dev &&
          held.st_ino == found.st_ino) {
        return pid;
      }
    }
  }
  return std::nullopt;
}

std::vector<HeldLock> LocksHeldBy(pid_t pid, const std::string& name) {
  std::vector<HeldLock> held;
  for (const std::string& descriptor : DescriptorsOf(pid)) {
    const std::string target = TargetOf(absl::StrCat("/proc/", pid, "/fd/", descriptor));
    absl::string_view path = target;
    const bool lost = absl::ConsumeSuffix(&path, " (deleted)");
    if (NameOf(path) == name && !LockLineOf(pid, descriptor).empty()) {
      held.push_back({pid, std::string(path), lost});
    }
  }
  return held;
}

std::vector<HeldLock> FindHeldLocks(const std::string& name, const std::string& program) {
  std::vector<HeldLock> held;
  for (pid_t pid : Processes()) {
    // This first: it is one call, and hardly any process comes further.
    if (!program.empty() && ProgramNameOf(pid) != program) continue;
    absl::StatusOr<FileInfo> process = Look(absl::StrCat("/proc/", pid));
    if (!process.ok() || process->owner != geteuid()) continue;
    for (HeldLock& lock : LocksHeldBy(pid, name)) held.push_back(std::move(lock));
  }
  return held;
}

}  // namespace holon::base
