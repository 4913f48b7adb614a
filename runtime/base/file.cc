#include "runtime/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "runtime/base/file_system.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/temporary_file.h"
#include "runtime/base/uuid.h"

namespace holon::base {
namespace {

FileType TypeOf(mode_t mode) {
  if (S_ISREG(mode)) return FileType::kRegular;
  if (S_ISDIR(mode)) return FileType::kDirectory;
  if (S_ISSOCK(mode)) return FileType::kSocket;
  if (S_ISLNK(mode)) return FileType::kSymlink;
  return FileType::kOther;
}

absl::StatusOr<FileInfo> InfoFrom(int result, const struct stat& found, const std::string& path) {
  if (result != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return FileInfo{};
    return FileError(errno, absl::StrCat("cannot look at ", path));
  }
  return FileInfo{TypeOf(found.st_mode),  found.st_uid,
                  found.st_mode & 07777u, found.st_dev,
                  found.st_ino,           found.st_size,
                  found.st_nlink == 0,    absl::TimeFromTimespec(found.st_mtim)};
}

absl::Status WriteAll(int fd, absl::string_view content, const std::string& path) {
  while (!content.empty()) {
    ssize_t written = write(fd, content.data(), content.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return FileError(errno, absl::StrCat("cannot write ", path));
    }
    content.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::Status SyncFile(int fd, const std::string& path) {
  if (fsync(fd) == 0) return absl::OkStatus();
  return FileError(errno, absl::StrCat("cannot sync ", path));
}

absl::StatusOr<std::string> ReadUpTo(int fd, size_t max_bytes, const std::string& path) {
  std::string content;
  char buffer[16384];
  while (content.size() < max_bytes) {
    ssize_t got = read(fd, buffer, std::min(sizeof buffer, max_bytes - content.size()));
    if (got < 0) {
      if (errno == EINTR) continue;
      return FileError(errno, absl::StrCat("cannot read ", path));
    }
    if (got == 0) break;
    content.append(buffer, static_cast<size_t>(got));
  }
  return content;
}

// Writes a temporary file beside `path`; the caller publishes it.
absl::StatusOr<TemporaryFile> WriteTemporary(const std::string& path, absl::string_view content,
                                             mode_t mode) {
  HOLON_ASSIGN_OR_RETURN(TemporaryFile temporary, TemporaryFile::Create(path, mode));
  HOLON_RETURN_IF_ERROR(WriteAll(temporary.fd(), content, temporary.path()));
  HOLON_RETURN_IF_ERROR(SetMode(temporary.fd(), mode));
  HOLON_RETURN_IF_ERROR(SyncFile(temporary.fd(), temporary.path()));
  return temporary;
}

// A rename is on disk only when its folder is.
absl::Status SyncName(const std::string& path) {
  absl::Status synced = SyncDirectory(DirectoryOf(path));
  if (synced.ok()) return synced;
  return absl::Status(synced.code(),
                      absl::StrCat(path, " is written, but a power failure may undo it: ",
                                   std::string(synced.message())));
}

// For a file system that can neither link nor rename without replacing. After a crash the file may
// be incomplete.
absl::Status WriteInPlace(const std::string& path, absl::string_view content, mode_t mode) {
  UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!fd.valid()) return FileError(errno, absl::StrCat("cannot create ", path));
  absl::Status status = WriteAll(fd.get(), content, path);
  if (status.ok()) status = SetMode(fd.get(), mode);
  if (status.ok()) status = SyncFile(fd.get(), path);
  if (!status.ok()) unlink(path.c_str());
  return status;
}

}  // namespace

absl::StatusOr<FileInfo> Look(const std::string& path) {
  struct stat found;
  return InfoFrom(lstat(path.c_str(), &found), found, path);
}

absl::StatusOr<FileInfo> LookThrough(const std::string& path) {
  struct stat found;
  return InfoFrom(stat(path.c_str(), &found), found, path);
}

bool SameFile(const std::string& path, const std::string& other) {
  if (path == other) return true;
  absl::StatusOr<FileInfo> one = LookThrough(path);
  absl::StatusOr<FileInfo> two = LookThrough(other);
  if (!one.ok() || !two.ok()) return false;
  if (one->type != FileType::kAbsent) return one->SameFile(*two);
  const bool above = absl::StrContains(path, '/') && absl::StrContains(other, '/');
  return two->type == FileType::kAbsent && above && NameOf(path) == NameOf(other) &&
         SameFile(DirectoryOf(path), DirectoryOf(other));
}

absl::Status MayAccess(const std::string& path, int mode) {
  if (access(path.c_str(), mode) == 0) return absl::OkStatus();
  if (errno == EROFS) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " cannot be written to: it is on a read-only file system"));
  }
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot access ", path));
}

absl::Status CheckWritable(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (fd.valid() || (errno != EROFS && errno != EACCES && errno != EPERM)) return absl::OkStatus();
  if (errno == EROFS) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " cannot be written to: it is on a read-only file system"));
  }
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
}

absl::StatusOr<UniqueFd> OpenForReading(const std::string& path) {
  // O_NONBLOCK: a FIFO that stands where a file should must not hang us.
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd.valid()) return FileError(errno, absl::StrCat("cannot open ", path));
  struct stat found;
  if (fstat(fd.get(), &found) != 0) {
    return FileError(errno, absl::StrCat("cannot look at ", path));
  }
  if (!S_ISREG(found.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat(path, " is not a regular file"));
  }
  return fd;
}

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes) {
  HOLON_ASSIGN_OR_RETURN(UniqueFd fd, OpenForReading(path));
  HOLON_ASSIGN_OR_RETURN(std::string content, ReadUpTo(fd.get(), max_bytes + 1, path));
  if (content.size() > max_bytes) {
    return absl::OutOfRangeError(
        absl::StrCat(path, " is larger than the ", max_bytes, " bytes allowed"));
  }
  return content;
}

absl::StatusOr<std::string> ReadFileTail(const std::string& path, size_t max_bytes) {
  HOLON_ASSIGN_OR_RETURN(UniqueFd fd, OpenForReading(path));
  if (lseek(fd.get(), -static_cast<off_t>(max_bytes), SEEK_END) < 0 && errno != EINVAL) {
    return FileError(errno, absl::StrCat("cannot read ", path));
  }
  return ReadUpTo(fd.get(), max_bytes, path);
}

absl::StatusOr<UniqueFd> OpenForAppending(const std::string& path) {
  UniqueFd fd(open(path.c_str(),
                   O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
                   0600));
  if (!fd.valid()) return FileError(errno, absl::StrCat("cannot open ", path));
  struct stat found;
  if (fstat(fd.get(), &found) != 0 || !S_ISREG(found.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat(path, " is not a regular file"));
  }
  return fd;
}

absl::Status AppendLine(const std::string& path, absl::string_view line) {
  HOLON_ASSIGN_OR_RETURN(UniqueFd fd, OpenForAppending(path));
  return WriteAll(fd.get(), absl::StrCat(EndsWithinLine(path) ? "\n" : "", line, "\n"), path);
}

bool EndsWithinLine(const std::string& path) {
  absl::StatusOr<std::string> last = ReadFileTail(path, 1);
  // More than was asked for: another writer's lines have come meanwhile.
  return last.ok() && !last->empty() && last->back() != '\n';
}

absl::Status EmptyFile(const std::string& path) {
  if (truncate(path.c_str(), 0) == 0) return absl::OkStatus();
  return FileError(errno, absl::StrCat("cannot empty ", path));
}

absl::StatusOr<FileInfo> InfoOf(int fd) {
  struct stat found;
  return InfoFrom(fstat(fd, &found), found, absl::StrCat("descriptor ", fd));
}

absl::Status WriteFileAtomically(const std::string& path, absl::string_view content, mode_t mode,
                                 Durability durability) {
  HOLON_ASSIGN_OR_RETURN(TemporaryFile temporary, WriteTemporary(path, content, mode));
  if (rename(temporary.path().c_str(), path.c_str()) != 0) {
    return FileError(errno, absl::StrCat("cannot replace ", path));
  }
  temporary.Renamed();
  RemoveAbandoned(path);
  return durability == Durability::kFile ? SyncName(path) : absl::OkStatus();
}

absl::Status CreateFileExclusively(const std::string& path, absl::string_view content,
                                   mode_t mode) {
  HOLON_ASSIGN_OR_RETURN(TemporaryFile temporary, WriteTemporary(path, content, mode));
  absl::Status created = PublishWithoutReplacing(temporary.path(), path);
  if (absl::IsUnimplemented(created)) created = WriteInPlace(path, content, mode);
  HOLON_RETURN_IF_ERROR(created);
  return SyncName(path);
}

absl::Status RemoveFile(const std::string& path) {
  if (unlink(path.c_str()) == 0 || errno == ENOENT || errno == ENOTDIR) return absl::OkStatus();
  return FileError(errno, absl::StrCat("cannot remove ", path));
}

absl::Status RenameFile(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  return FileError(errno, absl::StrCat("cannot rename ", from, " to ", to));
}

absl::Status SetAsideUnlessRegular(const std::string& path) {
  HOLON_ASSIGN_OR_RETURN(FileInfo there, Look(path));
  if (there.type == FileType::kAbsent || there.type == FileType::kRegular) return absl::OkStatus();
  return RenameFile(path, absl::StrCat(path, ".displaced.", RandomUuid()));
}

absl::Status MakeDirectory(const std::string& path, mode_t mode) {
  if (mkdir(path.c_str(), mode) == 0) return absl::OkStatus();
  int error = errno;
  if (error == EEXIST) {
    HOLON_ASSIGN_OR_RETURN(FileInfo info, LookThrough(path));
    if (info.type == FileType::kDirectory) return absl::OkStatus();
    if (info.type == FileType::kAbsent) {
      return absl::FailedPreconditionError(
          absl::StrCat(path, " is a symbolic link to what does not exist"));
    }
    return absl::AlreadyExistsError(absl::StrCat(path, " is not a directory"));
  }
  return FileError(error, absl::StrCat("cannot create directory ", path));
}

absl::StatusOr<std::string> ReadLink(const std::string& path) {
  char target[PATH_MAX];
  const ssize_t length = readlink(path.c_str(), target, sizeof target);
  if (length < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot read ", path));
  return std::string(target, static_cast<size_t>(length));
}

absl::StatusOr<std::vector<std::string>> ListDirectory(const std::string& path) {
  std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(path.c_str()), closedir);
  if (directory == nullptr) {
    return FileError(errno, absl::StrCat("cannot list ", path));
  }
  std::vector<std::string> names;
  while (dirent* entry = readdir(directory.get())) {
    std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  return names;
}

absl::StatusOr<std::string> WorkingDirectory() {
  std::unique_ptr<char, void (*)(void*)> directory(getcwd(nullptr, 0), free);
  // The kernel puts "(unreachable)" before what lies outside of the root directory.
  if (directory != nullptr && directory.get()[0] == '/') return std::string(directory.get());
  if (directory != nullptr || errno == ENOENT) {
    return absl::NotFoundError("the current directory is gone");
  }
  return FileError(errno, "cannot find the current directory");
}

std::string CanonicalPath(absl::string_view path, absl::string_view base) {
  std::string absolute = !path.empty() && path[0] == '/' ? std::string(path) : JoinPath(base, path);
  // Resolve component by component: ".." behind a symbolic link means the link target's parent.
  std::string resolved = "/";
  // Trailing components of `resolved` that are not there: what follows ".." behind the last of
  // them may exist again.
  int missing = 0;
  for (absl::string_view part : absl::StrSplit(absolute, '/', absl::SkipEmpty())) {
    if (part == ".") continue;
    if (part == "..") {
      resolved = DirectoryOf(resolved);
      missing = std::max(missing - 1, 0);
      continue;
    }
    resolved = JoinPath(resolved, part);
    if (missing > 0) {
      ++missing;
      continue;
    }
    std::unique_ptr<char, void (*)(void*)> real(realpath(resolved.c_str(), nullptr), free);
    if (real != nullptr) {
      resolved = real.get();
    } else {
      missing = 1;
    }
  }
  return resolved;
}

std::string JoinPath(absl::string_view directory, absl::string_view name) {
  if (directory.empty()) return std::string(name);
  if (directory.back() == '/') return absl::StrCat(directory, name);
  return absl::StrCat(directory, "/", name);
}

std::string DirectoryOf(absl::string_view path) {
  size_t slash = path.rfind('/');
  if (slash == absl::string_view::npos) return ".";
  return slash == 0 ? "/" : std::string(path.substr(0, slash));
}

std::string NameOf(absl::string_view path) {
  size_t slash = path.rfind('/');
  return std::string(slash == absl::string_view::npos ? path : path.substr(slash + 1));
}

}  // namespace holon::base
