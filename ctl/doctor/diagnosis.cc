#include "ctl/doctor/diagnosis.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "runtime/base/duration.h"
#include "runtime/base/unix_socket.h"
#include "runtime/state/failures.h"

namespace holon::ctl {
namespace {

using base::ExitCode;
using base::FileType;
using probe::Verdict;

constexpr uint64_t kMebi = 1 << 20;
// A record and a few lines of log; below, not even a start can be recorded.
constexpr uint64_t kLeastBytes = kMebi;
constexpr uint64_t kFewBytes = 64 * kMebi;
constexpr uint64_t kLeastInodes = 16;
constexpr uint64_t kFewOpenFiles = 256;
constexpr uint64_t kFewInotifyInstances = 16;
// A clock that was set by less does no harm to anything that is shown.
constexpr absl::Duration kClockSlack = absl::Seconds(2);

Finding Ok(const std::string& check, const std::string& message) {
  return {check, Severity::kOk, message, "", ExitCode::kDone};
}

Finding Warning(const std::string& check, const std::string& message, const std::string& fix) {
  return {check, Severity::kWarning, message, fix, ExitCode::kDone};
}

Finding Error(const std::string& check, ExitCode exit_code, const std::string& message,
              const std::string& fix) {
  return {check, Severity::kError, message, fix, exit_code};
}

ExitCode ExitCodeFor(const absl::Status& status) {
  return absl::IsPermissionDenied(status) ? ExitCode::kPermissionDenied : ExitCode::kFailed;
}

Finding JudgeDirectory(const std::string& check, const PathFacts& directory, uid_t uid) {
  const std::string& path = directory.path;
  if (!directory.info.ok()) {
    return Error(check, ExitCode::kPermissionDenied, std::string(directory.info.status().message()),
                 absl::StrCat("ls -ld ", path));
  }
  const base::FileInfo& info = *directory.info;
  if (info.type == FileType::kAbsent) {
    return Ok(check, absl::StrCat(path, " is not there yet; a start makes it"));
  }
  if (info.type == FileType::kSymlink) {
    return Error(check, ExitCode::kPermissionDenied,
                 absl::StrCat(path, " is a symbolic link, which could lead anywhere"),
                 "put a directory there, or choose another --home");
  }
  if (info.type != FileType::kDirectory) {
    return Error(check, ExitCode::kFailed, absl::StrCat(path, " is not a directory"),
                 absl::StrCat("mv ", path, " ", path, ".aside"));
  }
  if (info.owner != uid) {
    return Error(check, ExitCode::kPermissionDenied,
                 absl::StrCat(path, " belongs to uid ", info.owner, ", and you are uid ", uid),
                 "run as its owner, or choose another --home");
  }
  const std::string mode = absl::StrFormat("%s has mode %04o", path, info.mode);
  const std::string chmod = absl::StrCat("chmod 700 ", path);
  if ((info.mode & 022) != 0) {
    return Error(check, ExitCode::kPermissionDenied, absl::StrCat(mode, ": others can write to it"),
                 chmod);
  }
  if (!directory.accessible) {
    return Error(check, ExitCode::kPermissionDenied,
                 absl::StrCat(mode, ": it cannot be read, written to or entered"), chmod);
  }
  if ((info.mode & 077) != 0) {
    return Warning(check, absl::StrCat(mode, ": others can look into it"), chmod);
  }
  return Ok(check, absl::StrCat(path, " is yours alone"));
}

Finding JudgeSocketPath(const Facts& facts) {
  if (base::FitsSocketPath(facts.socket_path)) {
    return Ok("socket_path", absl::StrCat(facts.socket_path, " (", facts.socket_path.size(), " of ",
                                          base::kMaxSocketPath, " bytes)"));
  }
  return Error("socket_path", ExitCode::kUsage,
               absl::StrCat(facts.socket_path, " has ", facts.socket_path.size(),
                            " bytes; a socket's path has at most ", base::kMaxSocketPath),
               "choose a shorter --home, or another socket_path");
}

void JudgeConfiguration(const Facts& facts, std::vector<Finding>* findings) {
  const std::string validate =
      absl::StrCat("correct it, then: holonctl --home ", facts.paths.home, " config validate");
  for (const std::string& fault : facts.faults) {
    findings->push_back(Error("configuration", ExitCode::kUsage, fault, validate));
  }
  for (const std::string& warning : facts.warnings) {
    findings->push_back(Warning("configuration", warning, validate));
  }
  if (facts.faults.empty() && facts.warnings.empty()) {
    findings->push_back(Ok("configuration", "valid"));
  }
}

void JudgeRuntime(const Facts& facts, std::vector<Finding>* findings) {
  if (!facts.sighting.ok()) {
    const absl::Status& status = facts.sighting.status();
    findings->push_back(Error("runtime", ExitCodeFor(status), std::string(status.message()),
                              absl::StrCat("see whose it is: ls -la ", facts.paths.run)));
    return;
  }
  const probe::Sighting& sighting = *facts.sighting;
  const std::string state(probe::VerdictName(sighting.verdict));
  if (probe::Answers(sighting.verdict)) {
    findings->push_back(
        Ok("runtime", absl::StrCat(state, " (pid ", sighting.answer->pid(), ", generation ",
                                   sighting.answer->instance_id(), ")")));
    for (const std::string& reason : sighting.answer->degraded()) {
      findings->push_back(
          Warning("health", reason, absl::StrCat("holonctl --home ", facts.paths.home, " logs")));
    }
  } else if (sighting.verdict == Verdict::kStopped) {
    findings->push_back(Ok("runtime", "not running, and nothing left of one"));
  } else if (sighting.verdict == Verdict::kStale) {
    findings->push_back(
        Error("runtime", ExitCode::kFailed,
              absl::StrCat(sighting.detail, ": ", absl::StrJoin(sighting.stale_files, ", ")),
              absl::StrCat("holonctl --home ", facts.paths.home, " cleanup, or start")));
  } else {
    findings->push_back(Error("runtime", ExitCode::kUnknown,
                              absl::StrCat(state, ": ", sighting.detail), facts.next));
  }
}

// Where nothing else can be a file of ours, neither start nor stop gets far.
void JudgeFiles(const Facts& facts, std::vector<Finding>* findings) {
  const size_t before = findings->size();
  for (const PathFacts& file : facts.files) {
    const std::string& path = file.path;
    const std::string look = absl::StrCat("ls -ld ", path);
    if (!file.info.ok()) {
      findings->push_back(Error("files", ExitCode::kPermissionDenied,
                                std::string(file.info.status().message()), look));
    } else if (file.info->type == FileType::kAbsent) {
      continue;
    } else if (file.info->type != FileType::kRegular) {
      findings->push_back(Error("files", ExitCode::kFailed,
                                absl::StrCat(path, " is not a regular file"),
                                absl::StrCat("mv ", path, " ", path, ".aside")));
    } else if (!file.accessible) {
      findings->push_back(
          Error("files", ExitCode::kPermissionDenied,
                absl::StrFormat("%s cannot be read and written to: it belongs to uid %d and has "
                                "mode %04o",
                                path, file.info->owner, file.info->mode),
                file.info->owner == facts.uid ? absl::StrCat("chmod 600 ", path) : look));
    }
  }
  if (findings->size() == before) {
    findings->push_back(Ok("files", "none is in the way of a start or a stop"));
  }
}

// What a damaged file tells is lost; one that cannot be read at all may be anything.
std::string FixFor(const absl::Status& status, const std::string& path, const std::string& fix) {
  return absl::IsDataLoss(status) ? fix : absl::StrCat("ls -ld ", path);
}

Finding JudgeRecord(const Facts& facts) {
  const std::string& path = facts.paths.daemon_record;
  if (facts.record.ok()) {
    return Ok("record", absl::StrCat(path, " can be read (pid ", facts.record->identity().pid(),
                                     ", generation ", facts.record->instance_id(), ")"));
  }
  if (absl::IsNotFound(facts.record.status())) {
    return Ok("record", absl::StrCat(path, " is not there; a runtime writes it"));
  }
  const std::string anew = facts.next.empty()
                               ? absl::StrCat("holonctl --home ", facts.paths.home, " restart")
                               : facts.next;
  return Warning("record", std::string(facts.record.status().message()),
                 FixFor(facts.record.status(), path, anew));
}

Finding JudgeHistory(const Facts& facts) {
  const std::string& path = facts.paths.failures;
  if (!facts.history.ok()) {
    return Warning(
        "failures", std::string(facts.history.status().message()),
        FixFor(facts.history.status(), path, absl::StrCat("look at it, then: rm ", path)));
  }
  return Ok("failures",
            absl::StrCat(path, " can be read (", facts.history->failures_size(), " recorded)"));
}

Finding JudgeLifecycleLock(const Facts& facts) {
  const std::string& path = facts.paths.lifecycle_lock;
  if (!facts.lifecycle_lock.ok()) {
    const absl::Status& status = facts.lifecycle_lock.status();
    return Error("lifecycle_lock", ExitCodeFor(status), std::string(status.message()),
                 absl::StrCat("ls -ld ", path));
  }
  if (*facts.lifecycle_lock != base::LockState::kHeld) {
    return Ok("lifecycle_lock", absl::StrCat(path, " is free"));
  }
  return Warning(
      "lifecycle_lock",
      absl::StrCat("held by ", facts.lifecycle_holder, ": start, stop and their like wait for it"),
      facts.lifecycle_holder_pid.has_value()
          ? absl::StrCat("let it finish, or end it: kill ", *facts.lifecycle_holder_pid)
          : absl::StrCat("let it finish, or see who it is: cat ", path));
}

// One that lives may be writing its own.
std::optional<Finding> JudgeCrashReport(const Facts& facts) {
  if (!facts.crashed.has_value() || !facts.sighting.ok()) return std::nullopt;
  const probe::Sighting& sighting = *facts.sighting;
  if (probe::Answers(sighting.verdict)) {
    if (facts.crashed->empty() || *facts.crashed == sighting.answer->instance_id()) {
      return std::nullopt;
    }
  } else if (probe::IsLive(sighting.verdict) || sighting.verdict == Verdict::kIncompatible) {
    return std::nullopt;
  }
  const std::string& path = facts.paths.crash_report;
  const std::string command = absl::StrCat("holonctl --home ", facts.paths.home);
  return Warning("leftovers",
                 absl::StrCat(path, " is the report of a crash",
                              facts.crashed->empty() ? "" : " of generation ", *facts.crashed),
                 sighting.verdict == Verdict::kStale
                     ? absl::StrCat("record it as a failure: ", command, " cleanup, or start")
                 : sighting.verdict == Verdict::kStopped
                     ? absl::StrCat("record it as a failure: ", command, " start")
                     : absl::StrCat("look at it, then: rm ", path));
}

void JudgeLeftovers(const Facts& facts, std::vector<Finding>* findings) {
  const size_t before = findings->size();
  for (const std::string& path : facts.leftovers) {
    findings->push_back(Warning("leftovers", absl::StrCat(path, " is needed by nobody"),
                                absl::StrCat("look at it, then: rm ", path)));
  }
  if (std::optional<Finding> crash = JudgeCrashReport(facts)) findings->push_back(*crash);
  if (findings->size() == before) {
    findings->push_back(Ok("leftovers", "nothing was set aside or abandoned"));
  }
}

Finding JudgeClock(const Facts& facts) {
  std::optional<absl::Time> started;
  if (facts.sighting.ok() && facts.sighting->answer.has_value()) {
    started = state::FromTimestamp(facts.sighting->answer->started_at());
  } else if (facts.record.ok()) {
    started = state::FromTimestamp(facts.record->started_at());
  }
  if (started.has_value() && *started > facts.now + kClockSlack) {
    return Warning("clock",
                   absl::StrCat("the runtime says that it starts in ",
                                base::FormatDuration(*started - facts.now),
                                ": the clock was set back since, or is wrong"),
                   "timedatectl status");
  }
  return Ok("clock", "no sign of a jump");
}

Finding JudgeDisk(const Facts& facts) {
  if (!facts.disk.has_value()) return Ok("disk", "the home is not there yet");
  const base::DiskSpace& disk = *facts.disk;
  const std::string found =
      absl::StrCat(disk.free_bytes / kMebi, " MiB of ", disk.total_bytes / kMebi, " MiB free");
  const std::string fix = absl::StrCat("make room: df -h ", facts.paths.home);
  if (disk.free_bytes < kLeastBytes) return Error("disk", ExitCode::kFailed, found, fix);
  if (disk.total_inodes > 0 && disk.free_inodes < kLeastInodes) {
    return Error("disk", ExitCode::kFailed, absl::StrCat(disk.free_inodes, " inodes free"),
                 absl::StrCat("make room: df -i ", facts.paths.home));
  }
  if (disk.free_bytes < kFewBytes) return Warning("disk", found, fix);
  return Ok("disk", found);
}

void JudgeVersions(const Facts& facts, std::vector<Finding>* findings) {
  if (!facts.holond.ok()) {
    findings->push_back(Error("holond", ExitCode::kFailed,
                              std::string(facts.holond.status().message()),
                              "install it beside holonctl, or put its folder on PATH"));
  } else if (facts.holond_version != facts.version) {
    findings->push_back(
        Warning("holond",
                absl::StrCat(*facts.holond, " is version ",
                             facts.holond_version.empty() ? "unknown" : facts.holond_version,
                             "; holonctl is ", facts.version),
                "install both from the same build"));
  } else {
    findings->push_back(Ok("holond", absl::StrCat(*facts.holond, ", version ", facts.version)));
  }
  if (!facts.sighting.ok() || !facts.sighting->answer.has_value()) return;
  const std::string& running = facts.sighting->answer->version();
  if (running != facts.version) {
    findings->push_back(
        Warning("version",
                absl::StrCat("the runtime is version ", running, "; holonctl is ", facts.version),
                absl::StrCat("holonctl --home ", facts.paths.home, " restart")));
  }
}

void JudgeLimits(const Facts& facts, std::vector<Finding>* findings) {
  const std::string open = absl::StrCat("a process may open ", facts.open_files, " files");
  findings->push_back(facts.open_files < kFewOpenFiles
                          ? Warning("open_files", open, "ulimit -n 1024")
                          : Ok("open_files", open));
  if (!facts.inotify_instances.has_value()) return;
  const std::string inotify =
      absl::StrCat("a user may have ", *facts.inotify_instances, " inotify instances");
  findings->push_back(*facts.inotify_instances < kFewInotifyInstances
                          ? Warning("inotify", inotify, "sysctl fs.inotify.max_user_instances=128")
                          : Ok("inotify", inotify));
}

int Rank(ExitCode exit_code) {
  switch (exit_code) {
    case ExitCode::kPermissionDenied:
      return 4;
    case ExitCode::kUnknown:
      return 3;
    case ExitCode::kUsage:
      return 2;
    case ExitCode::kDone:
      return 0;
    default:
      return 1;
  }
}

}  // namespace

const char* SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kOk:
      return "ok";
    case Severity::kWarning:
      return "warning";
    case Severity::kError:
      return "error";
  }
  return "?";
}

std::vector<Finding> Diagnose(const Facts& facts) {
  std::vector<Finding> findings;
  findings.push_back(JudgeDirectory("home", facts.home, facts.uid));
  findings.push_back(JudgeDirectory("run_directory", facts.run, facts.uid));
  findings.push_back(JudgeSocketPath(facts));
  JudgeConfiguration(facts, &findings);
  JudgeRuntime(facts, &findings);
  JudgeFiles(facts, &findings);
  findings.push_back(JudgeRecord(facts));
  findings.push_back(JudgeHistory(facts));
  findings.push_back(JudgeLifecycleLock(facts));
  JudgeLeftovers(facts, &findings);
  findings.push_back(JudgeClock(facts));
  findings.push_back(JudgeDisk(facts));
  JudgeVersions(facts, &findings);
  JudgeLimits(facts, &findings);
  return findings;
}

base::ExitCode ExitCodeOf(const std::vector<Finding>& findings) {
  ExitCode worst = ExitCode::kDone;
  for (const Finding& finding : findings) {
    if (Rank(finding.exit_code) > Rank(worst)) worst = finding.exit_code;
  }
  return worst;
}

}  // namespace holon::ctl
