// Files: bounded reading, whole-file replacement, and what stands at a path. All calls block for
// disk I/O only, are thread-safe, and name the path in their errors.
#ifndef HOLON_RUNTIME_BASE_FILE_H_
#define HOLON_RUNTIME_BASE_FILE_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "runtime/base/unique_fd.h"

namespace holon::base {

enum class FileType { kAbsent, kRegular, kDirectory, kSocket, kSymlink, kOther };

// What lstat says of a path.
struct FileInfo {
  FileType type = FileType::kAbsent;
  uid_t owner = 0;
  mode_t mode = 0;  // Permission bits only.
  uint64_t device = 0;
  uint64_t inode = 0;
  off_t size = 0;
  bool removed = false;                        // Of what is open: it has no name any more.
  absl::Time modified = absl::InfinitePast();  // Of its content, by the wall clock.

  // Two names of one file, or one file that is open twice.
  bool SameFile(const FileInfo& other) const {
    return device == other.device && inode == other.inode;
  }
};

// kAbsent is not an error; PERMISSION_DENIED and other failures of lstat are.
absl::StatusOr<FileInfo> Look(const std::string& path);

// The same for what a symbolic link at `path` leads to.
absl::StatusOr<FileInfo> LookThrough(const std::string& path);

// Two names of one file or directory. Of what is not there: the same name in the same directory.
bool SameFile(const std::string& path, const std::string& other);

// Whether the caller may do `mode` (R_OK, W_OK, X_OK) with what stands at `path`.
// PERMISSION_DENIED; FAILED_PRECONDITION: W_OK on a read-only file system.
absl::Status MayAccess(const std::string& path, int mode);

// Whether an existing file can be opened for writing: FAILED_PRECONDITION on a read-only file
// system, also on one that became so after an error. OK where there is none.
absl::Status CheckWritable(const std::string& path);

// The whole file. NOT_FOUND, PERMISSION_DENIED, FAILED_PRECONDITION where it is not a regular file,
// OUT_OF_RANGE where it is larger than `max_bytes`. Never blocks on a FIFO or device.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes);

// At most the last `max_bytes` of a file, whatever its size. Errors as ReadFile.
absl::StatusOr<std::string> ReadFileTail(const std::string& path, size_t max_bytes);

// For appending, created (0600) where it is missing. Refuses anything but a regular file.
absl::StatusOr<UniqueFd> OpenForAppending(const std::string& path);

// Appends "LINE\n" with one write, so that lines of several writers do not mix; creates the file
// (0600) where it is missing. Half a line that a full disk left there gets its end first.
absl::Status AppendLine(const std::string& path, absl::string_view line);

// The file's last byte ends no line. False where it is empty or cannot be read.
bool EndsWithinLine(const std::string& path);

// Errors as ReadFile.
absl::StatusOr<UniqueFd> OpenForReading(const std::string& path);

// Empties an existing file in place: of a file that may be written, in a folder that may not.
absl::Status EmptyFile(const std::string& path);

// What stands behind an open file or directory, whatever has become of its name.
absl::StatusOr<FileInfo> InfoOf(int fd);

// What must have reached the disk before a write is done.
enum class Durability {
  kFile,   // The file and its name: not even a power failure brings the old one back.
  kWhole,  // Its content before its name: after a power failure the old or the new file, whole.
};

// Replaces `path` whole: temporary file beside it, write, fsync, rename, and for kFile fsync of the
// folder. After a crash at any moment the old or the new file is there, never a mixture.
// RESOURCE_EXHAUSTED: disk full. An error that says "is written" came after the rename.
absl::Status WriteFileAtomically(const std::string& path, absl::string_view content,
                                 mode_t mode = 0600, Durability durability = Durability::kFile);

// As WriteFileAtomically, but ALREADY_EXISTS instead of replacing.
absl::Status CreateFileExclusively(const std::string& path, absl::string_view content,
                                   mode_t mode = 0600);

// OK where it was removed or was not there.
absl::Status RemoveFile(const std::string& path);

// Renames. Replaces what stands at `to`.
absl::Status RenameFile(const std::string& from, const std::string& to);

// Renames what stands at `path` to a free name beside it, unless it is a regular file or absent.
absl::Status SetAsideUnlessRegular(const std::string& path);

// Makes one directory, or finds it. ALREADY_EXISTS where something else stands there,
// FAILED_PRECONDITION where it is a link to nothing.
absl::Status MakeDirectory(const std::string& path, mode_t mode);

// Where a symbolic link leads, as it says.
absl::StatusOr<std::string> ReadLink(const std::string& path);

// Names in a directory, unsorted, without "." and "..".
absl::StatusOr<std::vector<std::string>> ListDirectory(const std::string& path);

// The caller's current directory. NOT_FOUND: it has been removed.
absl::StatusOr<std::string> WorkingDirectory();

// `path` made absolute from `base`, "." and ".." removed, and symbolic links resolved in the
// longest prefix that exists. Never fails: what cannot be resolved stays as it is.
std::string CanonicalPath(absl::string_view path, absl::string_view base);

// "DIRECTORY/NAME".
std::string JoinPath(absl::string_view directory, absl::string_view name);

// The path without its last component, and the last component.
std::string DirectoryOf(absl::string_view path);
std::string NameOf(absl::string_view path);

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_FILE_H_
