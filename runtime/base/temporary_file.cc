#include "runtime/base/temporary_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "runtime/base/file.h"
#include "runtime/base/file_system.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/uuid.h"

namespace holon::base {
namespace {

constexpr size_t kRandomBytes = 4;
constexpr size_t kDigits = 2 * kRandomBytes;
constexpr absl::string_view kSuffix = ".tmp";
constexpr absl::Duration kOld = absl::Hours(1);
// A random name is hardly ever taken, and a cleaner hardly ever as fast as we are.
constexpr int kMostTries = 10;

// `path` without what would make the name of a temporary file too long.
absl::string_view Stem(absl::string_view path) {
  constexpr size_t kMost = NAME_MAX - 1 - kDigits - kSuffix.size();
  const size_t name = NameOf(path).size();
  return path.substr(0, path.size() - (name > kMost ? name - kMost : 0));
}

// Nobody holds the flock of the file. False where that cannot be asked.
bool IsUnlocked(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  return fd.valid() && flock(fd.get(), LOCK_EX | LOCK_NB) == 0;
}

bool NobodyListens(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  memcpy(address.sun_path, path.data(), path.size());
  for (int type : {SOCK_STREAM, SOCK_DGRAM}) {
    UniqueFd fd(socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd.valid()) return false;
    if (connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return false;
    if (errno != EPROTOTYPE) return errno == ECONNREFUSED;
  }
  return false;
}

}  // namespace

std::string TemporaryName(absl::string_view path) {
  return absl::StrCat(Stem(path), ".", absl::BytesToHexString(RandomBytes(kRandomBytes)), kSuffix);
}

bool IsTemporaryName(absl::string_view name) {
  if (!absl::ConsumeSuffix(&name, kSuffix) || name.size() < kDigits + 1) return false;
  absl::string_view digits = name.substr(name.size() - kDigits);
  return name[name.size() - kDigits - 1] == '.' &&
         std::all_of(digits.begin(), digits.end(), [](char digit) {
           return absl::ascii_isdigit(static_cast<unsigned char>(digit)) ||
                  (digit >= 'a' && digit <= 'f');
         });
}

bool IsAbandoned(const std::string& temporary) {
  if (!IsTemporaryName(NameOf(temporary))) return false;
  absl::StatusOr<FileInfo> info = Look(temporary);
  if (!info.ok() || info->type == FileType::kAbsent) return false;
  if (absl::Now() - info->modified > kOld) return true;
  if (info->type == FileType::kSocket) return NobodyListens(temporary);
  return info->type == FileType::kRegular && IsUnlocked(temporary);
}

std::vector<std::string> AbandonedOf(const std::string& path) {
  std::vector<std::string> abandoned;
  const std::string prefix = absl::StrCat(NameOf(Stem(path)), ".");
  const std::string folder = DirectoryOf(path);
  for (const std::string& name : ListDirectory(folder).value_or(std::vector<std::string>())) {
    // "NAME.OTHER.1a2b3c4d.tmp" is of another file.
    if (!absl::StartsWith(name, prefix) ||
        std::count(name.begin() + static_cast<ptrdiff_t>(prefix.size()), name.end(), '.') != 1) {
      continue;
    }
    const std::string temporary = JoinPath(folder, name);
    if (IsAbandoned(temporary)) abandoned.push_back(temporary);
  }
  return abandoned;
}

void RemoveAbandoned(const std::string& path) {
  for (const std::string& temporary : AbandonedOf(path)) unlink(temporary.c_str());
}

absl::StatusOr<TemporaryFile> TemporaryFile::Create(const std::string& path, mode_t mode) {
  int error = EEXIST;
  for (int tries = 0; tries < kMostTries; ++tries) {
    std::string name = TemporaryName(path);
    UniqueFd fd(open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    error = errno;
    if (!fd.valid() && error == EEXIST) continue;
    if (!fd.valid()) break;
    // Where there are no locks, age alone tells that it is abandoned. Between open and flock a
    // cleaner may have taken it for that.
    (void)flock(fd.get(), LOCK_EX);
    struct stat found;
    if (fstat(fd.get(), &found) == 0 && found.st_nlink > 0) {
      return TemporaryFile(std::move(fd), std::move(name));
    }
  }
  return FileError(error, absl::StrCat("cannot create a file beside ", path));
}

TemporaryFile::~TemporaryFile() {
  if (!path_.empty()) unlink(path_.c_str());
}

absl::Status CheckRoom(const std::string& path, size_t bytes) {
  HOLON_ASSIGN_OR_RETURN(TemporaryFile file, TemporaryFile::Create(path, 0600));
  const std::string content(bytes, ' ');
  const ssize_t written = write(file.fd(), content.data(), content.size());
  if (written == static_cast<ssize_t>(bytes)) return absl::OkStatus();
  return FileError(written < 0 ? errno : ENOSPC, absl::StrCat("cannot write to ", file.path()));
}

absl::StatusOr<MemoryFile> MemoryFile::Create() {
  UniqueFd fd(memfd_create("output", MFD_CLOEXEC));
  if (!fd.valid()) return absl::ErrnoToStatus(errno, "cannot make a file in memory");
  return MemoryFile(std::move(fd));
}

std::string MemoryFile::Text(size_t most) const {
  std::string text(most, '\0');
  const ssize_t got = pread(fd_.get(), text.data(), text.size(), 0);
  text.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return text;
}

}  // namespace holon::base
