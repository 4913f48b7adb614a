#include "runtime/state/vanished.h"

#include <signal.h>

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "runtime/base/cgroup.h"
#include "runtime/base/file.h"
#include "runtime/base/signals.h"
#include "runtime/base/spawn.h"
#include "runtime/base/status_macros.h"
#include "runtime/state/daemon_record.h"
#include "runtime/state/failures.h"
#include "runtime/state/log_line.h"
#include "runtime/state/log_tail.h"

namespace holon::state {
namespace {

constexpr size_t kMaxReportBytes = 64 * 1024;
// Lines of the log, and of a stack, that go with a failure.
constexpr size_t kExcerptLines = 10;
constexpr size_t kStackLines = 40;
// Lines of a log that are looked through for those of one generation.
constexpr size_t kSearchedLines = 200;
// The first line that a generation writes names it (runtime/daemon/generation.cc).
constexpr absl::string_view kFirstLine = "answering";
// What a program prints before it has a log: a start that fails.
constexpr absl::string_view kPrintedPrefix = "holond: ";

// "*** SIGSEGV received at …": how a report of a signal begins.
int SignalNamedIn(absl::string_view line) {
  if (!absl::ConsumePrefix(&line, "*** ")) return 0;
  for (int number = 1; number < NSIG; ++number) {
    if (absl::StartsWith(line, absl::StrCat(base::SignalName(number), " "))) return number;
  }
  return 0;
}

absl::Time ModifiedAt(const std::string& path) {
  absl::StatusOr<base::FileInfo> info = base::Look(path);
  if (!info.ok() || info->type == base::FileType::kAbsent) return absl::InfinitePast();
  return info->modified;
}

// The time of the last audit entry that names the generation.
absl::Time LastAudited(const HomePaths& paths, const std::string& instance_id) {
  const std::vector<std::string> lines = LogTail(paths.audit_log, kExcerptLines);
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    if (absl::StrContains(*line, instance_id)) {
      return LogLineTime(*line).value_or(absl::InfinitePast());
    }
  }
  return absl::InfinitePast();
}

absl::Time LastTimeIn(const std::vector<std::string>& lines) {
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    if (std::optional<absl::Time> time = LogLineTime(*line)) return *time;
  }
  return absl::InfinitePast();
}

std::vector<std::string> LastOf(std::vector<std::string> lines, size_t most) {
  if (lines.size() > most) lines.erase(lines.begin(), lines.end() - static_cast<ptrdiff_t>(most));
  return lines;
}

bool Exists(const std::string& path) { return ModifiedAt(path) != absl::InfinitePast(); }

// A runtime that ends in a run directory that it may not write to empties its pid file.
bool HasWithdrawn(const HomePaths& paths) {
  absl::StatusOr<base::FileInfo> pid_file = base::Look(paths.pid_file);
  return pid_file.ok() && pid_file->type == base::FileType::kRegular && pid_file->size == 0;
}

void DescribeCrash(const CrashReport& crash, const std::string& runtime,
                   v1::FailureRecord* failure) {
  failure->set_phase(crash.phase);
  failure->set_ended(
      base::ExitStatusText({crash.signal != 0, crash.signal != 0 ? crash.signal : 1}));
  failure->set_summary(crash.signal != 0
                           ? absl::StrCat(runtime, " crashed: ", base::SignalName(crash.signal))
                           : absl::StrCat(runtime, " ended itself: ",
                                          crash.lines.empty() ? "" : crash.lines.front()));
  for (size_t i = 0; i < std::min(crash.lines.size(), kStackLines); ++i) {
    failure->add_log_excerpt(crash.lines[i]);
  }
}

bool OomRose(const Remains& remains) {
  return remains.record.has_value() && remains.record->has_oom_kills() &&
         remains.oom_kills.has_value() && *remains.oom_kills > remains.record->oom_kills();
}

}  // namespace

std::optional<CrashReport> ParseCrashReport(absl::string_view text) {
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  absl::string_view generation = lines[0];
  if (lines.size() < 3 || !absl::ConsumePrefix(&generation, "generation ")) return std::nullopt;
  absl::string_view phase = lines[1];
  if (!absl::ConsumePrefix(&phase, "phase ")) return std::nullopt;
  CrashReport report;
  report.instance_id = std::string(generation);
  report.phase = std::string(phase);
  for (size_t i = 2; i < lines.size(); ++i) {
    if (!lines[i].empty()) report.lines.push_back(lines[i]);
  }
  if (!report.lines.empty()) report.signal = SignalNamedIn(report.lines.front());
  return report;
}

std::vector<std::string> OwnLines(const std::vector<std::string>& lines,
                                  const std::string& instance_id) {
  std::vector<std::string> own;
  bool theirs = false;  // From here on they are another's.
  for (const std::string& line : lines) {
    const bool first = absl::StrContains(line, kFirstLine) && absl::StrContains(line, "generation");
    if (first) {
      // A line of an earlier generation may have no first line in what was read.
      const bool ours = instance_id.empty() || absl::StrContains(line, instance_id);
      if (ours) own.clear();
      theirs = !ours;
    }
    theirs = theirs || absl::StartsWith(line, kPrintedPrefix);
    if (!theirs) own.push_back(line);
  }
  return own;
}

v1::FailureRecord DescribeVanished(const Remains& remains) {
  v1::FailureRecord failure;
  *failure.mutable_occurred_at() = ToTimestamp(remains.last_sign);
  *failure.mutable_occurred_after() = ToTimestamp(remains.last_sign);
  *failure.mutable_occurred_before() = ToTimestamp(std::max(remains.noticed, remains.last_sign));
  failure.set_phase(kRuntimeFailure);
  failure.set_ended(kUnknownEnd);
  std::string runtime = "the runtime";
  if (remains.record.has_value()) {
    failure.set_instance_id(remains.record->instance_id());
    absl::StrAppend(&runtime, " (pid ", remains.record->identity().pid(), ")");
  } else if (remains.crash.has_value()) {
    failure.set_instance_id(remains.crash->instance_id);
  }
  // A report of another generation was left by one that nobody has looked at since.
  if (remains.crash.has_value() && remains.crash->instance_id == failure.instance_id()) {
    DescribeCrash(*remains.crash, runtime, &failure);
    return failure;
  }
  for (const std::string& line : remains.log_excerpt) failure.add_log_excerpt(line);
  if (remains.identity == base::IdentityVerdict::kOtherBoot) {
    failure.set_summary(absl::StrCat("the machine went down while ", runtime, " was running"));
  } else if (OomRose(remains)) {
    failure.set_ended("signal 9 (SIGKILL), probably by the kernel for lack of memory");
    failure.set_summary(absl::StrCat(runtime, " vanished; meanwhile the kernel killed ",
                                     *remains.oom_kills - remains.record->oom_kills(),
                                     " of its cgroup's processes for lack of memory"));
  } else {
    failure.set_summary(absl::StrCat(runtime, " vanished without a clean end"));
  }
  return failure;
}

std::optional<v1::FailureRecord> FindVanished(const HomePaths& paths, absl::Time noticed) {
  Remains remains;
  absl::StatusOr<v1::DaemonRecord> record = ReadDaemonRecord(paths.daemon_record);
  absl::StatusOr<std::string> report = base::ReadFile(paths.crash_report, kMaxReportBytes);
  if (absl::IsNotFound(record.status()) && !report.ok() && !Exists(paths.pid_file)) {
    return std::nullopt;
  }
  if (report.ok()) remains.crash = ParseCrashReport(*report);
  if (!report.ok() && HasWithdrawn(paths)) return std::nullopt;
  std::string instance_id = remains.crash.has_value() ? remains.crash->instance_id : "";
  if (record.ok()) {
    remains.identity = base::Judge(FromRecord(record->identity()));
    if (remains.identity == base::IdentityVerdict::kAlive) return std::nullopt;
    remains.oom_kills = base::OomKills(record->cgroup());
    instance_id = record->instance_id();
    remains.record = *std::move(record);
  }
  const bool crashed = remains.crash.has_value() && remains.crash->instance_id == instance_id;
  const std::vector<std::string> lines = OwnLines(LogTail(paths.log, kSearchedLines), instance_id);
  remains.log_excerpt = LastOf(lines, kExcerptLines);
  // A log file's own time may be that of a later start.
  remains.last_sign = std::max({LastTimeIn(lines), LastAudited(paths, instance_id),
                                ModifiedAt(paths.daemon_record), ModifiedAt(paths.pid_file)});
  // The report was written in the moment of the end.
  const absl::Time reported = crashed ? ModifiedAt(paths.crash_report) : absl::InfiniteFuture();
  remains.noticed = std::min(noticed, reported);
  if (remains.last_sign == absl::InfinitePast()) remains.last_sign = remains.noticed;
  v1::FailureRecord failure = DescribeVanished(remains);
  if (crashed) *failure.mutable_occurred_at() = ToTimestamp(reported);
  failure.set_detail_hint(absl::StrCat("the log: ", paths.log));
  return failure;
}

v1::FailureHistory WithVanished(v1::FailureHistory history,
                                const std::optional<v1::FailureRecord>& vanished) {
  if (vanished.has_value()) AddEnd(*vanished, &history);
  return history;
}

absl::Status RecordVanished(const HomePaths& paths) {
  std::optional<v1::FailureRecord> vanished = FindVanished(paths);
  if (!vanished.has_value()) return absl::OkStatus();
  HOLON_RETURN_IF_ERROR(RecordFailure(paths.failures, *std::move(vanished)));
  return base::RemoveFile(paths.crash_report);
}

}  // namespace holon::state
