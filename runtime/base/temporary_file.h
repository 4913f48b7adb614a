// Files that are written beside the one that they will replace.
#ifndef HOLON_RUNTIME_BASE_TEMPORARY_FILE_H_
#define HOLON_RUNTIME_BASE_TEMPORARY_FILE_H_

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/base/unique_fd.h"

namespace holon::base {

// "PATH.1a2b3c4d.tmp", with random digits: no pid, because two pid namespaces may share a folder.
// For "FOLDER/" the name has nothing before its first dot: short enough for a socket.
std::string TemporaryName(absl::string_view path);

// "ANYTHING.1a2b3c4d.tmp". Pure.
bool IsTemporaryName(absl::string_view name);

// A temporary name whose writer has ended, so that nobody will rename or remove it: of a file, no
// process holds its flock; of a socket, nobody listens; of either, it is older than an hour.
bool IsAbandoned(const std::string& temporary);

// What writers of `path` left that were killed while they wrote.
std::vector<std::string> AbandonedOf(const std::string& path);

// Removes that. WriteFileAtomically does so by itself.
void RemoveAbandoned(const std::string& path);

// A new file under a temporary name, flocked, removed by the destructor unless it got another name.
// Move-only.
class TemporaryFile {
 public:
  // Beside `path`.
  static absl::StatusOr<TemporaryFile> Create(const std::string& path, mode_t mode);
  TemporaryFile(TemporaryFile&& other) noexcept
      : fd_(std::move(other.fd_)), path_(std::exchange(other.path_, "")) {}
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  ~TemporaryFile();

  int fd() const { return fd_.get(); }
  const std::string& path() const { return path_; }
  // It has another name now: nothing is left to remove.
  void Renamed() { path_.clear(); }

 private:
  TemporaryFile(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  UniqueFd fd_;
  std::string path_;
};

// OK if a new file of so many bytes can be written beside `path`; none is left.
absl::Status CheckRoom(const std::string& path, size_t bytes);

// A file without a name, in memory: for the output of a child. Move-only.
class MemoryFile {
 public:
  static absl::StatusOr<MemoryFile> Create();
  int fd() const { return fd_.get(); }
  // Its beginning.
  std::string Text(size_t most) const;

 private:
  explicit MemoryFile(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_TEMPORARY_FILE_H_
