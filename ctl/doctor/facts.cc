#include "ctl/doctor/facts.h"

#include <unistd.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "ctl/lifecycle/holond_path.h"
#include "runtime/base/file_lock.h"
#include "runtime/base/limits.h"
#include "runtime/base/spawn.h"
#include "runtime/state/failures.h"
#include "runtime/state/lifecycle_lock.h"

namespace holon::ctl {
namespace {

constexpr absl::Duration kVersionTimeout = absl::Seconds(5);

DirectoryFacts LookAtDirectory(const std::string& path) {
  DirectoryFacts facts;
  facts.path = path;
  facts.info = base::Look(path);
  facts.accessible = access(path.c_str(), R_OK | W_OK | X_OK) == 0;
  return facts;
}

bool IsLeftover(const std::string& name) {
  // Not "*.tmp": a writer may be at it this moment, and those of dead ones go by themselves.
  return absl::StrContains(name, ".displaced.") || absl::EndsWith(name, ".damaged");
}

std::vector<std::string> FindLeftovers(const state::HomePaths& paths) {
  std::vector<std::string> found;
  for (const std::string& name :
       base::ListDirectory(paths.run).value_or(std::vector<std::string>())) {
    if (IsLeftover(name)) found.push_back(base::JoinPath(paths.run, name));
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string FindHolder(const state::HomePaths& paths, absl::Time now) {
  absl::StatusOr<base::LockState> lock = base::LockStateOf(paths.lifecycle_lock);
  if (!lock.ok() || *lock != base::LockState::kHeld) return "";
  std::optional<state::v1::LifecycleHolder> holder =
      state::ReadLifecycleHolder(paths.lifecycle_lock);
  return holder.has_value() ? state::HolderText(*holder, now) : "an unknown process";
}

std::optional<uint64_t> ReadNumber(const std::string& path) {
  absl::StatusOr<std::string> text = base::ReadFile(path, 64);
  uint64_t number;
  if (!text.ok() || !absl::SimpleAtoi(*text, &number)) return std::nullopt;
  return number;
}

// "holond 0.1.0"
std::string VersionOf(const std::string& holond) {
  std::string said = base::OutputOf(holond, {"--version"}, kVersionTimeout).value_or("");
  absl::string_view version = absl::StripAsciiWhitespace(said);
  return absl::ConsumePrefix(&version, "holond ") ? std::string(version) : "";
}

}  // namespace

Facts GatherFacts(const state::HomePaths& paths, const std::string& socket_path, absl::Time now) {
  Facts facts(paths);
  facts.uid = geteuid();
  facts.now = now;
  facts.home = LookAtDirectory(paths.home);
  facts.run = LookAtDirectory(paths.run);
  facts.socket_path = socket_path;
  facts.sighting = probe::Look(paths, socket_path);
  absl::Status history = state::ReadFailures(paths.failures).status();
  facts.history_damage = std::string(history.message());
  facts.leftovers = FindLeftovers(paths);
  facts.lifecycle_holder = FindHolder(paths, now);
  absl::StatusOr<base::DiskSpace> disk = base::SpaceAt(paths.home);
  if (disk.ok()) facts.disk = *disk;
  facts.open_files = base::OpenFilesLimit();
  facts.inotify_instances = ReadNumber("/proc/sys/fs/inotify/max_user_instances");
  facts.holond = FindHolond();
  if (facts.holond.ok()) facts.holond_version = VersionOf(*facts.holond);
  return facts;
}

}  // namespace holon::ctl
