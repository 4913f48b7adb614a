#include "ctl/lifecycle/runtime_search.h"

#include <unistd.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "runtime/base/file.h"
#include "runtime/base/lock_holder.h"
#include "runtime/base/process.h"
#include "runtime/state/home.h"

namespace holon::ctl {
namespace {

constexpr size_t kMaxBytes = 64 << 20;
constexpr char kHomeOption[] = "--home";

bool IsOurs(const std::string& path) {
  absl::StatusOr<base::FileInfo> info = base::Look(path);
  return info.ok() && info->type == base::FileType::kDirectory && info->owner == geteuid();
}

void AddHeld(pid_t pid, FoundHomes* found) {
  absl::StatusOr<std::vector<base::MarkedDirectory>> held = base::MarkedDirectoriesOf(pid);
  if (!held.ok()) {
    // One that has ended since is nothing that was missed.
    if (IsOurs(absl::StrCat("/proc/", pid))) ++found->unseen;
    return;
  }
  for (const base::MarkedDirectory& home : *held) {
    if (home.removed) {
      found->removed.emplace_back(home.path, pid);
    } else {
      found->homes[home.path] = pid;
    }
  }
}

void AddNamed(const std::string& home, FoundHomes* found) {
  if (home.empty()) return;
  const std::string path = base::CanonicalPath(home, "/");
  if (IsOurs(path)) found->homes.emplace(path, std::nullopt);
}

}  // namespace

std::string HomeOfSocket(absl::string_view socket_path) {
  const std::string run = base::DirectoryOf(socket_path);
  const std::string home = base::DirectoryOf(run);
  return state::HomePaths(home).default_socket == socket_path ? home : "";
}

std::vector<std::string> HomesOfSockets(absl::string_view proc_net_unix) {
  std::vector<std::string> homes;
  for (absl::string_view line : absl::StrSplit(proc_net_unix, '\n')) {
    // "ffff: 00000002 00000000 00010000 0001 01 12345 /path"; the path may hold spaces.
    const size_t slash = line.find(" /");
    if (slash == absl::string_view::npos) continue;
    std::string home = HomeOfSocket(line.substr(slash + 1));
    if (!home.empty()) homes.push_back(std::move(home));
  }
  return homes;
}

std::string HomeInCommand(const std::vector<std::string>& words) {
  for (size_t i = 0; i < words.size(); ++i) {
    absl::string_view word = words[i];
    std::string home;
    if (word == kHomeOption && i + 1 < words.size()) home = words[i + 1];
    if (absl::ConsumePrefix(&word, absl::StrCat(kHomeOption, "="))) home = std::string(word);
    if (absl::StartsWith(home, "/")) return home;
  }
  return "";
}

absl::StatusOr<FoundHomes> FindHomes() {
  FoundHomes found;
  const std::vector<pid_t> processes = base::AllProcesses();
  if (processes.empty()) {
    return absl::UnavailableError(
        "/proc shows no processes, so no runtime can be found; is it mounted?");
  }
  for (pid_t pid : processes) {
    if (!IsOurs(absl::StrCat("/proc/", pid))) continue;
    AddHeld(pid, &found);
    absl::StatusOr<std::string> line =
        base::ReadFile(absl::StrCat("/proc/", pid, "/cmdline"), kMaxBytes);
    if (line.ok()) AddNamed(HomeInCommand(absl::StrSplit(*line, '\0')), &found);
  }
  absl::StatusOr<std::string> sockets = base::ReadFile("/proc/net/unix", kMaxBytes);
  if (!sockets.ok()) return found;
  for (const std::string& home : HomesOfSockets(*sockets)) AddNamed(home, &found);
  return found;
}

}  // namespace holon::ctl
