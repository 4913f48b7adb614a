#include "runtime/base/lock_holder.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "runtime/base/file.h"
#include "runtime/base/process.h"
#include "runtime/base/status_macros.h"

namespace holon::base {
namespace {

constexpr size_t kMaxInfoBytes = 65536;
constexpr size_t kMaxLocksBytes = 16 << 20;

std::vector<LockLine> LinesOf(absl::string_view text) {
  std::vector<LockLine> lines;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (std::optional<LockLine> parsed = ParseLockLine(line)) lines.push_back(*parsed);
  }
  return lines;
}

// What one descriptor of a process holds on a file.
struct Held {
  bool flock = false;
  bool mark = false;   // An OFD read lock.
  bool write = false;  // An OFD write lock.
  bool whole = false;  // An OFD write lock on all of it.
  bool any = false;
};

// Another file system may have a file of the same inode number: both numbers name one.
bool LeadsTo(pid_t pid, const std::string& descriptor, const FileInfo& file) {
  absl::StatusOr<FileInfo> opened = LookThrough(absl::StrCat("/proc/", pid, "/fd/", descriptor));
  return opened.ok() && opened->type != FileType::kAbsent && opened->SameFile(file);
}

// The locks of one descriptor, on the file of `inode` or (0) on whatever file it is.
Held LocksOf(const std::string& info, uint64_t inode) {
  Held held;
  for (const LockLine& line : LinesOf(info)) {
    if ((inode != 0 && line.inode != inode) || line.waiting) continue;
    held.any = true;
    held.flock = held.flock || line.kind == LockKind::kFlock;
    if (line.kind != LockKind::kDescription) continue;
    held.mark = held.mark || !line.write;
    held.write = held.write || line.write;
    held.whole = held.whole || (line.write && line.whole);
  }
  return held;
}

// Each descriptor of a process that holds a lock, with what /proc says of it.
absl::StatusOr<std::vector<std::pair<std::string, std::string>>> LockingDescriptors(pid_t pid) {
  const std::string folder = absl::StrCat("/proc/", pid, "/fdinfo");
  HOLON_ASSIGN_OR_RETURN(std::vector<std::string> descriptors, ListDirectory(folder));
  std::vector<std::pair<std::string, std::string>> locking;
  for (const std::string& descriptor : descriptors) {
    absl::StatusOr<std::string> info = ReadFile(JoinPath(folder, descriptor), kMaxInfoBytes);
    if (!info.ok() || !absl::StrContains(*info, "lock:")) continue;
    locking.emplace_back(descriptor, *std::move(info));
  }
  return locking;
}

std::vector<Held> HeldBy(pid_t pid, const FileInfo& file) {
  std::vector<Held> all;
  auto locking = LockingDescriptors(pid);
  if (!locking.ok()) return all;
  for (const auto& [descriptor, info] : *locking) {
    const Held held = LocksOf(info, file.inode);
    if (held.any && LeadsTo(pid, descriptor, file)) all.push_back(held);
  }
  return all;
}

std::optional<FileInfo> FileAt(const std::string& path) {
  absl::StatusOr<FileInfo> info = LookThrough(path);
  if (!info.ok() || info->type == FileType::kAbsent) return std::nullopt;
  return *info;
}

bool HoldsFlock(const Held& held) { return held.flock; }
bool HoldsMarked(const Held& held) { return held.flock && held.mark; }

bool AnyHeld(pid_t pid, const FileInfo& file, bool (*wanted)(const Held&)) {
  for (const Held& held : HeldBy(pid, file)) {
    if (wanted(held)) return true;
  }
  return false;
}

// The kernel names the process of a flock(2); what it holds is confirmed there.
std::optional<pid_t> FindFlockHolder(const std::string& path, bool (*wanted)(const Held&)) {
  std::optional<FileInfo> file = FileAt(path);
  absl::StatusOr<std::string> locks = ReadFile("/proc/locks", kMaxLocksBytes);
  if (!file.has_value() || !locks.ok()) return std::nullopt;
  for (const LockLine& line : LinesOf(*locks)) {
    const bool candidate =
        line.kind == LockKind::kFlock && !line.waiting && line.inode == file->inode && line.pid > 0;
    if (candidate && AnyHeld(line.pid, *file, wanted)) return line.pid;
  }
  return std::nullopt;
}

}  // namespace

std::optional<LockLine> ParseLockLine(absl::string_view line) {
  absl::ConsumePrefix(&line, "lock:");
  std::vector<absl::string_view> fields =
      absl::StrSplit(line, absl::ByAnyChar(" \t\n"), absl::SkipEmpty());
  LockLine parsed;
  if (fields.size() > 1 && fields[1] == "->") {
    parsed.waiting = true;
    fields.erase(fields.begin() + 1);
  }
  if (fields.size() != 8 || !absl::SimpleAtoi(fields[4], &parsed.pid)) return std::nullopt;
  const std::vector<absl::string_view> file = absl::StrSplit(fields[5], ':');
  if (file.size() != 3 || !absl::SimpleAtoi(file[2], &parsed.inode)) return std::nullopt;
  parsed.kind = fields[1] == "FLOCK"    ? LockKind::kFlock
                : fields[1] == "OFDLCK" ? LockKind::kDescription
                                        : LockKind::kProcess;
  parsed.write = fields[3] == "WRITE";
  parsed.whole = fields[6] == "0" && fields[7] == "EOF";
  return parsed;
}

bool HoldsDirectory(pid_t pid, const std::string& directory) {
  std::optional<FileInfo> file = FileAt(directory);
  return file.has_value() && AnyHeld(pid, *file, &HoldsMarked);
}

bool HoldsLockFile(pid_t pid, const std::string& path) {
  std::optional<FileInfo> file = FileAt(path);
  return file.has_value() && AnyHeld(pid, *file, [](const Held& held) {
           return (held.write && held.mark) || held.whole;
         });
}

bool HoldsLockNamed(pid_t pid, const std::string& name) {
  auto locking = LockingDescriptors(pid);
  if (!locking.ok()) return false;
  for (const auto& [descriptor, info] : *locking) {
    absl::StatusOr<std::string> target = ReadLink(absl::StrCat("/proc/", pid, "/fd/", descriptor));
    if (!target.ok() || !LocksOf(info, 0).write) continue;
    if (NameOf(absl::StripSuffix(*target, " (deleted)")) == name) return true;
  }
  return false;
}

std::optional<pid_t> FindDirectoryHolder(const std::string& directory) {
  return FindFlockHolder(directory, &HoldsMarked);
}

std::optional<pid_t> FindAnyDirectoryHolder(const std::string& directory) {
  return FindFlockHolder(directory, &HoldsFlock);
}

absl::StatusOr<std::vector<std::string>> MarkedDirectoriesOf(pid_t pid) {
  HOLON_ASSIGN_OR_RETURN(auto locking, LockingDescriptors(pid));
  std::vector<std::string> directories;
  for (const auto& [descriptor, info] : locking) {
    if (!HoldsMarked(LocksOf(info, 0))) continue;
    HOLON_ASSIGN_OR_RETURN(std::string target,
                           ReadLink(absl::StrCat("/proc/", pid, "/fd/", descriptor)));
    directories.push_back(std::move(target));
  }
  return directories;
}

std::optional<pid_t> FindAnyHolder(const std::string& path) {
  std::optional<FileInfo> file = FileAt(path);
  if (!file.has_value()) return std::nullopt;
  for (pid_t pid : AllProcesses()) {
    if (!HeldBy(pid, *file).empty()) return pid;
  }
  return std::nullopt;
}

}  // namespace holon::base
