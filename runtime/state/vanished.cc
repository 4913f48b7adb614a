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
#include "runtime/state/log_tail.h"

namespace holon::state {
namespace {

constexpr size_t kMaxReportBytes = 64 * 1024;
// Lines of the log, and of a stack, that go with a failure.
constexpr size_t kExcerptLines = 10;
constexpr size_t kStackLines = 40;

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

bool Exists(const std::string& path) { return ModifiedAt(path) != absl::InfinitePast(); }

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

v1::FailureRecord DescribeVanished(const Remains& remains) {
  v1::FailureRecord failure;
  *failure.mutable_occurred_at() = ToTimestamp(remains.last_sign);
  failure.set_phase(kRuntimeFailure);
  failure.set_ended("unknown");
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

std::optional<v1::FailureRecord> FindVanished(const HomePaths& paths) {
  Remains remains;
  absl::StatusOr<v1::DaemonRecord> record = ReadDaemonRecord(paths.daemon_record);
  absl::StatusOr<std::string> report = base::ReadFile(paths.crash_report, kMaxReportBytes);
  if (absl::IsNotFound(record.status()) && !report.ok() && !Exists(paths.pid_file)) {
    return std::nullopt;
  }
  if (report.ok()) remains.crash = ParseCrashReport(*report);
  if (record.ok()) {
    remains.identity = base::Judge(FromRecord(record->identity()));
    if (remains.identity == base::IdentityVerdict::kAlive) return std::nullopt;
    remains.oom_kills = base::OomKills(record->cgroup());
    remains.record = *std::move(record);
  }
  remains.log_excerpt = LogTail(paths.log, kExcerptLines);
  remains.last_sign = std::max({ModifiedAt(paths.log), ModifiedAt(paths.daemon_record),
                                ModifiedAt(paths.pid_file), ModifiedAt(paths.crash_report)});
  v1::FailureRecord failure = DescribeVanished(remains);
  failure.set_detail_hint(absl::StrCat("holonctl --home ", paths.home, " logs"));
  return failure;
}

v1::FailureHistory WithVanished(v1::FailureHistory history,
                                const std::optional<v1::FailureRecord>& vanished) {
  if (!vanished.has_value()) return history;
  for (const v1::FailureRecord& known : history.failures()) {
    if (known.instance_id() == vanished->instance_id() && !known.instance_id().empty()) {
      return history;
    }
  }
  AddFailure(*vanished, &history);
  return history;
}

absl::Status RecordVanished(const HomePaths& paths) {
  std::optional<v1::FailureRecord> vanished = FindVanished(paths);
  if (!vanished.has_value()) return absl::OkStatus();
  HOLON_RETURN_IF_ERROR(RecordFailure(paths.failures, *std::move(vanished)));
  return base::RemoveFile(paths.crash_report);
}

}  // namespace holon::state
