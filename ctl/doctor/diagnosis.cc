#include "ctl/doctor/diagnosis.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ctl/doctor/home_findings.h"
#include "runtime/base/duration.h"
#include "runtime/base/unix_socket.h"
#include "runtime/config/shell_text.h"
#include "runtime/state/failures.h"

namespace holon::ctl {
namespace {

using base::ExitCode;
using probe::Verdict;

constexpr uint64_t kMebi = 1 << 20;
// A record and a few lines of log; below, not even a start can be recorded.
constexpr uint64_t kLeastBytes = kMebi;
constexpr uint64_t kFewBytes = 64 * kMebi;
constexpr uint64_t kLeastInodes = 16;
constexpr uint64_t kFewOpenFiles = 256;
constexpr uint64_t kFewInotifyInstances = 16;
// A runtime watches its home, its run directory and a handful of files.
constexpr uint64_t kFewInotifyWatches = 64;
// What a kernel allows where nobody has changed it, at least.
constexpr uint64_t kUsualInotifyInstances = 128;
constexpr uint64_t kUsualInotifyWatches = 8192;
// A clock that was set by less does no harm to anything that is shown.
constexpr absl::Duration kClockSlack = absl::Seconds(2);

Finding JudgeSocketPath(const Facts& facts) {
  if (base::FitsSocketPath(facts.socket_path)) {
    return Ok("socket_path", absl::StrCat(facts.socket_path, " (", facts.socket_path.size(), " of ",
                                          base::kMaxSocketPath, " bytes)"));
  }
  return Error("socket_path", ExitCode::kUsage,
               absl::StrCat(facts.socket_path, " has ", facts.socket_path.size(),
                            " bytes; a socket's path has at most ", base::kMaxSocketPath),
               "choose a shorter one with --socket, or set socket_path");
}

void JudgeConfiguration(const Facts& facts, std::vector<Finding>* findings) {
  const std::string validate = "correct it";
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
    findings->push_back(Error(
        "runtime", base::ExitCodeFor(status), std::string(status.message()),
        absl::StrCat("see whose it is: ", config::ShellText({"ls", "-la", facts.paths.run}))));
    return;
  }
  const probe::Sighting& sighting = *facts.sighting;
  const std::string state(probe::VerdictName(sighting.verdict));
  if (probe::Answers(sighting.verdict)) {
    findings->push_back(
        Ok("runtime", absl::StrCat(state, " (pid ", sighting.answer->pid(), ", generation ",
                                   sighting.answer->instance_id(), ")")));
    for (const std::string& reason : sighting.answer->degraded()) {
      findings->push_back(Warning("health", reason, FixOf(facts.next)));
    }
  } else if (sighting.verdict == Verdict::kStopped) {
    findings->push_back(Ok("runtime", "not running, and nothing left of one"));
  } else if (sighting.verdict == Verdict::kStale) {
    findings->push_back(
        Error("runtime", ExitCode::kFailed,
              absl::StrCat(sighting.detail, ": ", absl::StrJoin(sighting.stale_files, ", ")),
              FixOf(facts.next)));
  } else {
    findings->push_back(Error("runtime", ExitCode::kUnknown,
                              absl::StrCat(state, ": ", sighting.detail), FixOf(facts.next)));
  }
}

Finding JudgeClock(const Facts& facts) {
  std::optional<absl::Time> started;
  if (facts.sighting.ok() && facts.sighting->answer.has_value()) {
    started = state::FromTimestamp(facts.sighting->answer->started_at());
  } else if (facts.record.ok()) {
    started = state::FromTimestamp(facts.record->started_at());
  }
  const std::string look = "timedatectl status";
  const absl::Time latest = facts.now + kClockSlack;
  if (started.has_value() && *started > latest) {
    return Warning("clock",
                   absl::StrCat("the runtime says that it starts in ",
                                base::FormatDuration(*started - facts.now),
                                ": the clock was set back since, or is wrong"),
                   look);
  }
  if (facts.last_logged.has_value() && *facts.last_logged > latest) {
    return Warning("clock",
                   absl::StrCat(facts.paths.log, " ends ",
                                base::FormatDuration(*facts.last_logged - facts.now),
                                " ahead of the clock: it was set back since, or is wrong"),
                   look);
  }
  return Ok("clock", "no sign of a jump");
}

Finding JudgeDisk(const Facts& facts) {
  if (!facts.disk.has_value()) return Ok("disk", "the home is not there yet");
  const base::DiskSpace& disk = *facts.disk;
  const std::string found =
      absl::StrCat(disk.free_bytes / kMebi, " MiB of ", disk.total_bytes / kMebi, " MiB free");
  const std::string fix =
      absl::StrCat("make room: ", config::ShellText({"df", "-h", facts.paths.home}));
  if (disk.free_bytes < kLeastBytes) return Error("disk", ExitCode::kFailed, found, fix);
  if (disk.total_inodes > 0 && disk.free_inodes < kLeastInodes) {
    return Error("disk", ExitCode::kFailed, absl::StrCat(disk.free_inodes, " inodes free"),
                 absl::StrCat("make room: ", config::ShellText({"df", "-i", facts.paths.home})));
  }
  if (disk.free_bytes < kFewBytes) return Warning("disk", found, fix);
  return Ok("disk", found);
}

void JudgeVersions(const Facts& facts, std::vector<Finding>* findings) {
  if (!facts.holond.ok()) {
    findings->push_back(Error("holond", ExitCode::kFailed,
                              std::string(facts.holond.status().message()),
                              "install it beside holonctl, or in a folder of PATH"));
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
                "restart the runtime"));
  }
}

Finding JudgeOpenFiles(const Facts& facts) {
  const std::string open = absl::StrCat("a process may open ", facts.open_files, " files");
  return facts.open_files < kFewOpenFiles ? Warning("open_files", open, "ulimit -n 1024")
                                          : Ok("open_files", open);
}

// Without it a runtime does not see what becomes of its run directory: degraded, not dead.
Finding JudgeInotify(const std::string& check, const std::string& noun, const LimitFacts& limit,
                     uint64_t few, uint64_t usual) {
  const uint64_t allowed = limit.allowed.value_or(usual);
  auto fix = [&](uint64_t number) {
    return config::ShellText(
        {"sudo", "sysctl", "-w", absl::StrCat("fs.inotify.max_user_", noun, "=", number)});
  };
  const std::string found = limit.allowed.has_value()
                                ? absl::StrCat("a user may have ", allowed, " inotify ", noun)
                                : absl::StrCat("the limit of inotify ", noun, " cannot be read");
  if (allowed < few) return Warning(check, found, fix(usual));
  if (!limit.granted.ok()) {
    return Warning(check,
                   absl::StrCat(std::string(limit.granted.message()), " (", found,
                                ", and other processes have them)"),
                   fix(std::max(usual, 2 * allowed)));
  }
  return Ok(check, found);
}

}  // namespace

std::vector<Finding> Diagnose(const Facts& facts) {
  std::vector<Finding> findings;
  JudgeDirectories(facts, &findings);
  findings.push_back(JudgeSocketPath(facts));
  JudgeConfiguration(facts, &findings);
  JudgeRuntime(facts, &findings);
  JudgeFiles(facts, &findings);
  findings.push_back(JudgeClock(facts));
  findings.push_back(JudgeDisk(facts));
  JudgeVersions(facts, &findings);
  findings.push_back(JudgeOpenFiles(facts));
  findings.push_back(JudgeInotify("inotify", "instances", facts.inotify_instances,
                                  kFewInotifyInstances, kUsualInotifyInstances));
  findings.push_back(JudgeInotify("inotify_watches", "watches", facts.inotify_watches,
                                  kFewInotifyWatches, kUsualInotifyWatches));
  return findings;
}

}  // namespace holon::ctl
