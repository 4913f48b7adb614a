#include "ctl/doctor/home_findings.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "runtime/config/shell_text.h"

namespace holon::ctl {
namespace {

using base::ExitCode;
using base::FileType;
using probe::Verdict;

std::string Look(const std::string& path) { return config::ShellText({"ls", "-ld", path}); }

std::string SetAside(const std::string& path) {
  return config::ShellText({"mv", path, absl::StrCat(path, ".aside")});
}

std::string Remove(const std::string& path) {
  return absl::StrCat("look at it, then: ", config::ShellText({"rm", path}));
}

Finding JudgeDirectory(const std::string& check, const PathFacts& directory, uid_t uid) {
  const std::string& path = directory.path;
  if (!directory.info.ok()) {
    return Error(check, ExitCode::kPermissionDenied, std::string(directory.info.status().message()),
                 Look(path));
  }
  const base::FileInfo& info = *directory.info;
  if (info.type == FileType::kAbsent) {
    return Ok(check, absl::StrCat(path, " is not there yet; a start makes it"));
  }
  if (info.type == FileType::kSymlink) {
    return Error(check, ExitCode::kPermissionDenied,
                 absl::StrCat(path, " is a symbolic link, which could lead anywhere"),
                 "put a directory in its place");
  }
  if (info.type != FileType::kDirectory) {
    return Error(check, ExitCode::kFailed, absl::StrCat(path, " is not a directory"),
                 SetAside(path));
  }
  if (info.owner != uid) {
    return Error(check, ExitCode::kPermissionDenied,
                 absl::StrCat(path, " belongs to uid ", info.owner, ", and you are uid ", uid),
                 "run as its owner, or choose another --home");
  }
  const std::string mode = absl::StrFormat("%s has mode %04o", path, info.mode);
  const std::string chmod = config::ShellText({"chmod", "700", path});
  if ((info.mode & 022) != 0) {
    return Error(check, ExitCode::kPermissionDenied, absl::StrCat(mode, ": others can write to it"),
                 chmod);
  }
  if (directory.read_only) {
    return Warning(check,
                   absl::StrCat(path,
                                " is on a read-only file system: a runtime in it can be "
                                "seen and stopped, and none started"),
                   "mount it for writing, or choose another --home");
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

// Of a home that is not there: whether a start could make it.
Finding JudgeParent(const Facts& facts) {
  const PathFacts& parent = facts.parent;
  const std::string elsewhere = "choose another --home";
  const std::string cannot =
      absl::StrCat(facts.home.path, " is not there and cannot be made: ", parent.path);
  if (!parent.info.ok()) {
    return Error("home", base::ExitCodeFor(parent.info.status()),
                 std::string(parent.info.status().message()), elsewhere);
  }
  if (parent.info->type != FileType::kDirectory) {
    return Error("home", ExitCode::kFailed, absl::StrCat(cannot, " is not a directory"), elsewhere);
  }
  if (!parent.accessible) {
    return Error("home", ExitCode::kPermissionDenied, absl::StrCat(cannot, " cannot be written to"),
                 elsewhere);
  }
  return Ok("home", absl::StrCat(facts.home.path, " is not there yet; a start makes it"));
}

// Where something else has a file's place, neither start nor stop gets far.
void JudgeKinds(const Facts& facts, std::vector<Finding>* findings) {
  const size_t before = findings->size();
  for (const PathFacts& file : facts.files) {
    const std::string& path = file.path;
    const std::string look = Look(path);
    if (!file.info.ok()) {
      findings->push_back(Error("files", ExitCode::kPermissionDenied,
                                std::string(file.info.status().message()), look));
    } else if (file.info->type == FileType::kAbsent) {
      continue;
    } else if (file.info->type != FileType::kRegular) {
      findings->push_back(Error("files", ExitCode::kFailed,
                                absl::StrCat(path, " is not a regular file"), SetAside(path)));
    } else if (!file.accessible && !(file.readable && file.read_only)) {  // Said of the home.
      findings->push_back(
          Error("files", ExitCode::kPermissionDenied,
                absl::StrFormat("%s cannot be read and written to: it belongs to uid %d and has "
                                "mode %04o",
                                path, file.info->owner, file.info->mode),
                file.info->owner == facts.uid ? config::ShellText({"chmod", "600", path}) : look));
    }
  }
  if (findings->size() == before) {
    findings->push_back(Ok("files", "none is in the way of a start or a stop"));
  }
}

// What a damaged file tells is lost; one that cannot be read at all may be anything.
std::string FixFor(const absl::Status& status, const std::string& path, const std::string& fix) {
  return absl::IsDataLoss(status) ? fix : Look(path);
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
  const bool answers = facts.sighting.ok() && probe::Answers(facts.sighting->verdict);
  const std::string fix = answers ? "" : FixOf(facts.next);
  const std::string anew = fix.empty() ? "restart the runtime" : fix;
  return Warning("record", std::string(facts.record.status().message()),
                 FixFor(facts.record.status(), path, anew));
}

Finding JudgeHistory(const Facts& facts) {
  const std::string& path = facts.paths.failures;
  if (!facts.history.ok()) {
    return Warning("failures", std::string(facts.history.status().message()),
                   FixFor(facts.history.status(), path, Remove(path)));
  }
  if (facts.history->failures_size() == 0) {
    return Ok("failures", absl::StrCat("no failure is recorded in ", path));
  }
  return Ok("failures",
            absl::StrCat(path, " can be read (", facts.history->failures_size(), " recorded)"));
}

Finding JudgeLifecycleLock(const Facts& facts) {
  const std::string& path = facts.paths.lifecycle_lock;
  if (!facts.lifecycle_lock.ok()) {
    const absl::Status& status = facts.lifecycle_lock.status();
    return Error("lifecycle_lock", base::ExitCodeFor(status), std::string(status.message()),
                 Look(path));
  }
  if (!base::IsHeld(*facts.lifecycle_lock)) {
    return Ok("lifecycle_lock", absl::StrCat(path, " is free"));
  }
  return Warning(
      "lifecycle_lock",
      absl::StrCat("held by ", facts.lifecycle_holder, ": start, stop and their like wait for it"),
      facts.lifecycle_holder_pid.has_value()
          ? absl::StrCat("let it finish, or end it: ",
                         config::ShellText({"kill", absl::StrCat(*facts.lifecycle_holder_pid)}))
          : absl::StrCat("let it finish, or see who it is: ", config::ShellText({"cat", path})));
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
  return Warning("leftovers",
                 absl::StrCat(path, " is the report of a crash",
                              facts.crashed->empty() ? "" : " of generation ", *facts.crashed),
                 sighting.verdict == Verdict::kStale ? "cleanup and start record it as a failure"
                 : sighting.verdict == Verdict::kStopped ? "a start records it as a failure"
                                                         : Remove(path));
}

void JudgeLeftovers(const Facts& facts, std::vector<Finding>* findings) {
  const size_t before = findings->size();
  for (const std::string& path : facts.leftovers) {
    findings->push_back(Warning("leftovers", absl::StrCat(path, " is not in use"), Remove(path)));
  }
  if (std::optional<Finding> crash = JudgeCrashReport(facts)) findings->push_back(*crash);
  if (findings->size() == before) {
    findings->push_back(Ok("leftovers", "nothing was set aside or abandoned"));
  }
}

}  // namespace

void JudgeDirectories(const Facts& facts, std::vector<Finding>* findings) {
  const bool absent = facts.home.info.ok() && facts.home.info->type == FileType::kAbsent;
  findings->push_back(absent ? JudgeParent(facts) : JudgeDirectory("home", facts.home, facts.uid));
  findings->push_back(JudgeDirectory("run_directory", facts.run, facts.uid));
}

void JudgeFiles(const Facts& facts, std::vector<Finding>* findings) {
  // What stands in a folder that is closed to us is neither there nor missing.
  const absl::Status& run = facts.run.info.status();
  if (!run.ok() || (facts.run.info->type == FileType::kDirectory && !facts.run.readable)) {
    const std::string why =
        run.ok() ? absl::StrCat(facts.run.path, " cannot be read") : std::string(run.message());
    for (const char* check : {"files", "record", "failures", "lifecycle_lock", "leftovers"}) {
      findings->push_back(NotLookedAt(check, why));
    }
    return;
  }
  JudgeKinds(facts, findings);
  findings->push_back(JudgeRecord(facts));
  findings->push_back(JudgeHistory(facts));
  findings->push_back(JudgeLifecycleLock(facts));
  JudgeLeftovers(facts, findings);
}

}  // namespace holon::ctl
