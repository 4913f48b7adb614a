#include "runtime/base/lock_holder.h"

#include <algorithm>
#include <utility>

#include "absl/functional/function_ref.h"
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

// What the kernel appends to the name of what was removed.
constexpr absl::string_view kRemoved = " (deleted)";

std::string LinkOf(pid_t pid, const std::string& descriptor) {
  return absl::StrCat("/proc/", pid, "/fd/", descriptor);
}

// Another file system may have a file of the same inode number: both numbers name one.
bool LeadsTo(pid_t pid, const std::string& descriptor, const FileInfo& file) {
  absl::StatusOr<FileInfo> opened = LookThrough(LinkOf(pid, descriptor));
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

// What a process holds on files of `inode` (0: any) by the descriptors that `wanted` takes.
std::vector<Held> HeldWhere(pid_t pid, uint64_t inode,
                            absl::FunctionRef<bool(const std::string& descriptor)> wanted) {
  std::vector<Held> all;
  auto locking = LockingDescriptors(pid);
  if (!locking.ok()) return all;
  for (const auto& [descriptor, info] : *locking) {
    const Held held = LocksOf(info, inode);
    if (held.any && wanted(descriptor)) all.push_back(held);
  }
  return all;
}

std::vector<Held> HeldBy(pid_t pid, const FileInfo& file) {
  return HeldWhere(pid, file.inode,
                   [&](const std::string& descriptor) { return LeadsTo(pid, descriptor, file); });
}

std::optional<FileInfo> FileAt(const std::string& path) {
  absl::StatusOr<FileInfo> info = LookThrough(path);
  if (!info.ok() || info->type == FileType::kAbsent) return std::nullopt;
  return *info;
}

bool HoldsFlock(const Held& held) { return held.flock; }
bool HoldsMarked(const Held& held) { return held.flock && held.mark; }
bool HoldsWrite(const Held& held) { return held.write; }
bool HoldsAsRuntime(const Held& held) { return (held.write && held.mark) || held.whole; }

bool AnyOf(const std::vector<Held>& all, bool (*wanted)(const Held&)) {
  return std::any_of(all.begin(), all.end(), wanted);
}

// The kernel names the process of a flock(2); what it holds is confirmed there.
std::optional<pid_t> FindFlockHolder(const std::string& path, bool (*wanted)(const Held&)) {
  std::optional<FileInfo> file = FileAt(path);
  absl::StatusOr<std::string> locks = ReadFile("/proc/locks", kMaxLocksBytes);
  if (!file.has_value() || !locks.ok()) return std::nullopt;
  for (const LockLine& line : LinesOf(*locks)) {
    const bool candidate =
        line.kind == LockKind::kFlock && !line.waiting && line.inode == file->inode && line.pid > 0;
    if (candidate && AnyOf(HeldBy(line.pid, *file), wanted)) return line.pid;
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
  return file.has_value() && AnyOf(HeldBy(pid, *file), &HoldsMarked);
}

bool HoldsLockFile(pid_t pid, const std::string& path) {
  std::optional<FileInfo> file = FileAt(path);
  return file.has_value() && AnyOf(HeldBy(pid, *file), &HoldsAsRuntime);
}

bool HoldsLockNamed(pid_t pid, const std::string& name) {
  const auto named = [&](const std::string& descriptor) {
    absl::StatusOr<std::string> target = ReadLink(LinkOf(pid, descriptor));
    return target.ok() && NameOf(absl::StripSuffix(*target, kRemoved)) == name;
  };
  return AnyOf(HeldWhere(pid, 0, named), &HoldsWrite);
}

std::optional<pid_t> FindDirectoryHolder(const std::string& directory) {
  return FindFlockHolder(directory, &HoldsMarked);
}

std::optional<pid_t> FindAnyDirectoryHolder(const std::string& directory) {
  return FindFlockHolder(directory, &HoldsFlock);
}

absl::StatusOr<std::vector<MarkedDirectory>> MarkedDirectoriesOf(pid_t pid) {
  HOLON_ASSIGN_OR_RETURN(auto locking, LockingDescriptors(pid));
  std::vector<MarkedDirectory> directories;
  for (const auto& [descriptor, info] : locking) {
    if (!HoldsMarked(LocksOf(info, 0))) continue;
    HOLON_ASSIGN_OR_RETURN(std::string target, ReadLink(LinkOf(pid, descriptor)));
    // A directory may really have such a name; then the name leads to it.
    const std::optional<FileInfo> named = FileAt(target);
    const bool present = named.has_value() && LeadsTo(pid, descriptor, *named);
    absl::string_view last_name = target;
    const bool removed = !present && absl::ConsumeSuffix(&last_name, kRemoved);
    directories.push_back({std::string(last_name), removed});
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
