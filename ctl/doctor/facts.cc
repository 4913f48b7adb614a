#include "ctl/doctor/facts.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "ctl/lifecycle/holond_path.h"
#include "runtime/base/file_lock.h"
#include "runtime/base/inotify.h"
#include "runtime/base/limits.h"
#include "runtime/base/lock_holder.h"
#include "runtime/base/spawn.h"
#include "runtime/base/temporary_file.h"
#include "runtime/state/daemon_record.h"
#include "runtime/state/failures.h"
#include "runtime/state/lifecycle_lock.h"
#include "runtime/state/log_tail.h"
#include "runtime/state/vanished.h"

namespace holon::ctl {
namespace {

constexpr size_t kMaxReportBytes = 64 * 1024;
// What a library prints has no time; beyond so much of it the log says nothing of the clock.
constexpr size_t kLogLines = 100;
constexpr absl::Duration kVersionTimeout = absl::Seconds(5);

PathFacts LookAt(const std::string& path) {
  PathFacts facts;
  facts.path = path;
  facts.info = base::Look(path);
  const bool directory = facts.info.ok() && facts.info->type == base::FileType::kDirectory;
  facts.accessible = access(path.c_str(), R_OK | W_OK | (directory ? X_OK : 0)) == 0;
  facts.read_only =
      absl::IsFailedPrecondition(base::MayAccess(path, W_OK)) && access(path.c_str(), F_OK) == 0;
  facts.readable = access(path.c_str(), R_OK | (directory ? X_OK : 0)) == 0;
  return facts;
}

// Where a start would begin to make the home.
PathFacts LookAbove(const std::string& home) {
  std::string path = base::DirectoryOf(home);
  while (true) {
    PathFacts facts = LookAt(path);
    const std::string above = base::DirectoryOf(path);
    if (!facts.info.ok() || facts.info->type != base::FileType::kAbsent || above == path) {
      // A link leads to what matters.
      facts.info = base::LookThrough(path);
      facts.accessible = access(path.c_str(), W_OK | X_OK) == 0;
      return facts;
    }
    path = above;
  }
}

bool IsLeftover(const std::string& path) {
  // Not every "*.tmp": a writer may be at it this moment.
  return absl::StrContains(base::NameOf(path), ".displaced.") || absl::EndsWith(path, ".damaged") ||
         base::IsAbandoned(path);
}

std::vector<std::string> FindLeftovers(const state::HomePaths& paths) {
  std::vector<std::string> found;
  for (const std::string& name :
       base::ListDirectory(paths.run).value_or(std::vector<std::string>())) {
    const std::string path = base::JoinPath(paths.run, name);
    if (IsLeftover(path)) found.push_back(path);
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::optional<std::string> FindCrashed(const std::string& path) {
  absl::StatusOr<std::string> text = base::ReadFile(path, kMaxReportBytes);
  if (absl::IsNotFound(text.status())) return std::nullopt;
  std::optional<state::CrashReport> report = state::ParseCrashReport(text.value_or(""));
  return report.has_value() ? report->instance_id : "";
}

std::optional<absl::Time> FindLastLogged(const std::string& log) {
  const std::vector<std::string> lines = state::LogTail(log, kLogLines);
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    if (std::optional<absl::Time> time = state::LogLineTime(*line)) return time;
  }
  return std::nullopt;
}

void LookAtLifecycleLock(Facts* facts, absl::Time now) {
  const std::string& path = facts->paths.lifecycle_lock;
  facts->lifecycle_lock = base::LockStateOf(path);
  if (!facts->lifecycle_lock.ok() || !base::IsHeld(*facts->lifecycle_lock)) return;
  std::optional<state::v1::LifecycleHolder> holder = state::ReadLifecycleHolder(path);
  facts->lifecycle_holder =
      holder.has_value() ? state::HolderText(*holder, now) : "an unknown process";
  facts->lifecycle_holder_pid = base::FindAnyHolder(path);
}

void LookAtFiles(Facts* facts, absl::Time now) {
  const state::HomePaths& paths = facts->paths;
  facts->history = state::v1::FailureHistory();
  facts->lifecycle_lock = base::LockState::kAbsent;
  // What is to be below something else than a directory is not there, and the directory is named.
  if (!facts->run.info.ok() || facts->run.info->type != base::FileType::kDirectory) return;
  for (const std::string& path : {paths.instance_lock, paths.lifecycle_lock, paths.log,
                                  paths.pid_file, paths.daemon_record}) {
    facts->files.push_back(LookAt(path));
  }
  facts->record = state::ReadDaemonRecord(paths.daemon_record);
  facts->history = state::ReadFailures(paths.failures);
  facts->leftovers = FindLeftovers(paths);
  facts->crashed = FindCrashed(paths.crash_report);
  facts->last_logged = FindLastLogged(paths.log);
  LookAtLifecycleLock(facts, now);
}

std::optional<uint64_t> ReadNumber(const std::string& path) {
  absl::StatusOr<std::string> text = base::ReadFile(path, 64);
  uint64_t number;
  if (!text.ok() || !absl::SimpleAtoi(*text, &number)) return std::nullopt;
  return number;
}

// A limit says nothing of how much of it is used up.
void LookAtInotify(Facts* facts) {
  facts->inotify_instances.allowed = ReadNumber("/proc/sys/fs/inotify/max_user_instances");
  facts->inotify_watches.allowed = ReadNumber("/proc/sys/fs/inotify/max_user_watches");
  absl::StatusOr<base::Inotify> inotify = base::Inotify::Create();
  facts->inotify_instances.granted = inotify.status();
  if (inotify.ok()) facts->inotify_watches.granted = inotify->Watch("/", IN_DELETE_SELF);
}

// "holond 0.1.0"
std::string VersionOf(const std::string& holond) {
  std::string said = base::OutputOf(holond, {"--version"}, kVersionTimeout).value_or("");
  absl::string_view version = absl::StripAsciiWhitespace(said);
  return absl::ConsumePrefix(&version, "holond ") ? std::string(version) : "";
}

}  // namespace

Facts GatherFacts(const state::HomePaths& paths, const std::string& socket_path,
                  base::Clock& clock) {
  Facts facts(paths);
  facts.uid = geteuid();
  facts.home = LookAt(paths.home);
  facts.parent = LookAbove(paths.home);
  facts.run = LookAt(paths.run);
  facts.socket_path = socket_path;
  facts.sighting = probe::Look(paths, socket_path);
  LookAtFiles(&facts, clock.Now());
  absl::StatusOr<base::DiskSpace> disk = base::SpaceAt(paths.home);
  if (disk.ok()) facts.disk = *disk;
  facts.open_files = base::OpenFilesLimit();
  LookAtInotify(&facts);
  facts.holond = FindHolond();
  if (facts.holond.ok()) facts.holond_version = VersionOf(*facts.holond);
  facts.now = clock.Now();
  return facts;
}

}  // namespace holon::ctl
