#include "runtime/state/failures.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "runtime/base/file.h"
#include "runtime/base/status_macros.h"
#include "runtime/config/text.h"
#include "runtime/state/json_file.h"

namespace holon::state {
namespace {

constexpr size_t kMaxTextBytes = 2048;

// How the report of a signal begins: "*** SIGSEGV received at …".
bool IsCrashLine(absl::string_view line) { return absl::StartsWith(line, "*** SIG"); }

// What is read back must be UTF-8 and bounded; a log may hold anything.
std::string Bounded(absl::string_view text) {
  return config::ToUtf8(text.substr(0, kMaxTextBytes));
}

v1::FailureRecord Bounded(v1::FailureRecord failure) {
  failure.set_summary(Bounded(failure.summary()));
  failure.set_detail_hint(Bounded(failure.detail_hint()));
  for (std::string& line : *failure.mutable_log_excerpt()) line = Bounded(line);
  return failure;
}

absl::StatusOr<v1::FailureHistory> ReadOrSetAside(const std::string& path) {
  absl::StatusOr<v1::FailureHistory> history = ReadFailures(path);
  if (!absl::IsDataLoss(history.status())) return history;
  HOLON_RETURN_IF_ERROR(base::RenameFile(path, absl::StrCat(path, ".damaged")));
  return v1::FailureHistory();
}

}  // namespace

absl::StatusOr<v1::FailureHistory> ReadFailures(const std::string& path) {
  v1::FailureHistory history;
  absl::Status status = ReadJsonFile(path, &history);
  if (absl::IsNotFound(status)) return v1::FailureHistory();
  HOLON_RETURN_IF_ERROR(status);
  return history;
}

v1::FailureRecord MergeFailures(v1::FailureRecord known, const v1::FailureRecord& more) {
  const bool knows_end = !known.ended().empty() && known.ended() != kUnknownEnd;
  // What the caller of start saw is more than what can be told from what was left.
  if (known.phase() != kStartupFailure && more.phase() == kStartupFailure) {
    v1::FailureRecord swapped = more;
    return MergeFailures(std::move(swapped), known);
  }
  if (!knows_end && !more.ended().empty()) known.set_ended(more.ended());
  if (known.instance_id().empty()) known.set_instance_id(more.instance_id());
  const bool stack = !more.log_excerpt().empty() && IsCrashLine(more.log_excerpt(0));
  const bool has_stack = !known.log_excerpt().empty() && IsCrashLine(known.log_excerpt(0));
  if ((stack && !has_stack) || known.log_excerpt().empty()) {
    *known.mutable_log_excerpt() = more.log_excerpt();
  }
  return known;
}

void AddFailure(v1::FailureRecord failure, v1::FailureHistory* history) {
  *history->add_failures() = std::move(failure);
  int excess = history->failures_size() - kMaxFailures;
  if (excess > 0) history->mutable_failures()->DeleteSubrange(0, excess);
}

void AddEnd(v1::FailureRecord failure, v1::FailureHistory* history) {
  for (v1::FailureRecord& known : *history->mutable_failures()) {
    if (known.instance_id().empty() || known.instance_id() != failure.instance_id()) continue;
    known = MergeFailures(known, failure);
    return;
  }
  AddFailure(std::move(failure), history);
}

void MarkStable(const std::string& instance_id, absl::Time now, v1::FailureHistory* history) {
  history->set_stable_instance_id(instance_id);
  *history->mutable_cleared_at() = ToTimestamp(now);
}

bool IsCleared(const v1::FailureHistory& history, const std::string& instance_id,
               absl::Time occurred_at) {
  // A failure of the stable generation itself came after it was stable, whatever the wall clock
  // says.
  return history.has_cleared_at() && instance_id != history.stable_instance_id() &&
         occurred_at <= FromTimestamp(history.cleared_at());
}

std::optional<v1::FailureRecord> LatestFailure(const v1::FailureHistory& history) {
  if (history.failures().empty()) return std::nullopt;
  const v1::FailureRecord& latest = *history.failures().rbegin();
  if (IsCleared(history, latest.instance_id(), FromTimestamp(latest.occurred_at()))) {
    return std::nullopt;
  }
  return latest;
}

absl::Status RecordFailure(const std::string& path, v1::FailureRecord failure) {
  HOLON_ASSIGN_OR_RETURN(v1::FailureHistory history, ReadOrSetAside(path));
  AddEnd(Bounded(std::move(failure)), &history);
  while (history.failures_size() > 1 && ToJson(history).size() > kMaxRecordBytes) {
    history.mutable_failures()->DeleteSubrange(0, 1);
  }
  return WriteJsonFile(path, history);
}

absl::Status RecordStable(const std::string& path, const std::string& instance_id, absl::Time now) {
  HOLON_ASSIGN_OR_RETURN(v1::FailureHistory history, ReadOrSetAside(path));
  if (!LatestFailure(history).has_value()) return absl::OkStatus();
  MarkStable(instance_id, now, &history);
  return WriteJsonFile(path, history);
}

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(absl::ToUnixSeconds(time));
  timestamp.set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(timestamp.seconds()))));
  return timestamp;
}

absl::Time FromTimestamp(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

}  // namespace holon::state
