// run/failures.json: the bounded history of what went wrong, newest last. Writers hold the
// lifecycle or the instance lock.
#ifndef HOLON_RUNTIME_STATE_FAILURES_H_
#define HOLON_RUNTIME_STATE_FAILURES_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
#include "holon/state/v1/records.pb.h"

namespace holon::state {

inline constexpr int kMaxFailures = 20;

// Phases of a failure, as recorded.
inline constexpr char kStartupFailure[] = "startup";
inline constexpr char kRuntimeFailure[] = "runtime";
inline constexpr char kShutdownFailure[] = "shutdown";
// How a process ended, where nobody knows.
inline constexpr char kUnknownEnd[] = "unknown";

// An empty history where there is no file. DATA_LOSS: damaged.
absl::StatusOr<v1::FailureHistory> ReadFailures(const std::string& path);

// Pure. Two accounts of the end of one generation as one: the words of `known`, and of `more` what
// `known` lacks, the stack of a crash above all.
v1::FailureRecord MergeFailures(v1::FailureRecord known, const v1::FailureRecord& more);

// Pure. Drops the oldest over kMaxFailures.
void AddFailure(v1::FailureRecord failure, v1::FailureHistory* history);

// Pure. As AddFailure, but a generation ends once: what is known of its end already is merged with
// `failure`.
void AddEnd(v1::FailureRecord failure, v1::FailureHistory* history);

// Pure. A generation has been stable: what failed before it is no news any more.
void MarkStable(const std::string& instance_id, absl::Time now, v1::FailureHistory* history);

// Pure. A generation that was stable later has cleared a failure of that generation at that time.
bool IsCleared(const v1::FailureHistory& history, const std::string& instance_id,
               absl::Time occurred_at);

// Pure. The newest failure that no later stable generation has cleared.
std::optional<v1::FailureRecord> LatestFailure(const v1::FailureHistory& history);

// Read, AddEnd, write. A damaged file is set aside as FILE.damaged, never lost.
absl::Status RecordFailure(const std::string& path, v1::FailureRecord failure);
// Read, MarkStable, write; writes nothing where there is nothing to clear.
absl::Status RecordStable(const std::string& path, const std::string& instance_id, absl::Time now);

google::protobuf::Timestamp ToTimestamp(absl::Time time);
absl::Time FromTimestamp(const google::protobuf::Timestamp& timestamp);

}  // namespace holon::state

#endif  // HOLON_RUNTIME_STATE_FAILURES_H_
