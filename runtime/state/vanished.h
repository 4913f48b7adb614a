// Generations that ended without having withdrawn, and what can be known of how.
#ifndef HOLON_RUNTIME_STATE_VANISHED_H_
#define HOLON_RUNTIME_STATE_VANISHED_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "holon/state/v1/records.pb.h"
#include "runtime/base/process.h"
#include "runtime/state/home.h"

namespace holon::state {

// run/crash.log, as a dying runtime wrote it: "generation ID", "phase PHASE", then text.
struct CrashReport {
  std::string instance_id;
  std::string phase;               // kRuntimeFailure or kShutdownFailure.
  int signal = 0;                  // 0: it ended itself.
  std::vector<std::string> lines;  // The text: for a signal its name and the stack.
};

// Pure. nullopt: not such a report.
std::optional<CrashReport> ParseCrashReport(absl::string_view text);

// What is left of a runtime that nobody lives of any more.
struct Remains {
  std::optional<v1::DaemonRecord> record;
  base::IdentityVerdict identity = base::IdentityVerdict::kDead;  // Of the record.
  std::optional<CrashReport> crash;
  std::optional<uint64_t> oom_kills;     // Of the record's cgroup, now.
  std::vector<std::string> log_excerpt;  // Its own last lines of the log.
  absl::Time last_sign;                  // When it was last seen to do something.
  absl::Time noticed;                    // When its end was noticed.
};

// Pure. Of the last lines of a log those that the generation wrote: without those of the generation
// before it, and without what a later start that failed has printed behind them.
std::vector<std::string> OwnLines(const std::vector<std::string>& lines,
                                  const std::string& instance_id);

// Pure: the failure that they tell of.
v1::FailureRecord DescribeVanished(const Remains& remains);

// For a home where nobody lives: the failure of the generation that vanished from it; nullopt where
// the last one ended cleanly. `noticed`: by the wall clock.
std::optional<v1::FailureRecord> FindVanished(const HomePaths& paths,
                                              absl::Time noticed = absl::Now());

// The history, with that failure in it: AddEnd.
v1::FailureHistory WithVanished(v1::FailureHistory history,
                                const std::optional<v1::FailureRecord>& vanished);

// Writes the failure that FindVanished finds into the history, and removes the crash report.
// Whoever holds the instance lock may.
absl::Status RecordVanished(const HomePaths& paths);

}  // namespace holon::state

#endif  // HOLON_RUNTIME_STATE_VANISHED_H_
