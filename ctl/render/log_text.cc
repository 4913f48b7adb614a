#include "ctl/render/log_text.h"

#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "ctl/render/status_view.h"
#include "google/protobuf/util/json_util.h"
#include "holon/state/v1/records.pb.h"
#include "runtime/config/text.h"
#include "runtime/state/failures.h"
#include "runtime/state/log_line.h"

namespace holon::ctl {
namespace {

// The time as it was written, but for that of another zone.
std::string InUtc(absl::string_view time) {
  absl::Time parsed;
  if (absl::EndsWith(time, "Z") || !absl::ParseTime(absl::RFC3339_full, time, &parsed, nullptr)) {
    return std::string(time);
  }
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", parsed, absl::UTCTimeZone());
}

// What a line holds: nullopt where it is no entry.
std::optional<state::v1::AuditEntry> ParseEntry(const std::string& line) {
  state::v1::AuditEntry entry;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;  // A later version writes more.
  if (!google::protobuf::util::JsonStringToMessage(line, &entry, options).ok() ||
      entry.action().empty()) {
    return std::nullopt;
  }
  return entry;
}

}  // namespace

v1::LogLineView LogLineToView(const std::string& line) {
  const state::LogLine parsed = state::ParseLogLine(line);
  v1::LogLineView view;
  view.set_line(line);
  if (parsed.time.empty()) return view;
  view.set_time(InUtc(parsed.time));
  if (!parsed.level.empty()) view.set_level(std::string(parsed.level));
  if (line[0] != '{') {
    // The level, or the time where there is none, stands just before it.
    const absl::string_view last = parsed.level.empty() ? parsed.time : parsed.level;
    const size_t end = static_cast<size_t>(last.data() + last.size() - line.data());
    const size_t begin = line.find_first_not_of(' ', end);
    view.set_message(begin == std::string::npos ? "" : line.substr(begin));
    return view;
  }
  google::protobuf::Value* fields = view.mutable_fields();
  if (!google::protobuf::util::JsonStringToMessage(line, fields).ok()) {
    view.clear_fields();
    return view;
  }
  auto& members = *fields->mutable_struct_value()->mutable_fields();
  if (auto message = members.find("message"); message != members.end()) {
    view.set_message(message->second.string_value());
  }
  for (const char* name : {"time", "level", "message"}) members.erase(name);
  return view;
}

v1::AuditLineView AuditLineToView(const std::string& line) {
  v1::AuditLineView view;
  const std::optional<state::v1::AuditEntry> entry = ParseEntry(line);
  if (!entry.has_value()) {
    view.set_line(line);
    return view;
  }
  view.set_time(Rfc3339(state::FromTimestamp(entry->time())));
  view.set_action(entry->action());
  view.set_uid(entry->uid());
  if (!entry->caller().empty()) view.set_caller(entry->caller());
  if (!entry->seen().empty()) view.set_seen(entry->seen());
  if (!entry->reason().empty()) view.set_reason(entry->reason());
  if (!entry->outcome().empty()) view.set_outcome(entry->outcome());
  if (!entry->instance_id().empty()) view.set_instance_id(entry->instance_id());
  return view;
}

std::string AuditText(const std::string& line) {
  const std::optional<state::v1::AuditEntry> entry = ParseEntry(line);
  if (!entry.has_value()) return line;
  std::string text =
      absl::StrFormat("%s %-8s", Rfc3339(state::FromTimestamp(entry->time())), entry->action());
  absl::string_view separator = " ";
  auto add = [&](absl::string_view name, const std::string& value) {
    if (value.empty()) return;
    absl::StrAppend(&text, separator, name, config::OneLine(value));
    separator = "; ";
  };
  add("", entry->caller());
  add("reason: ", entry->reason());
  add("outcome: ", entry->outcome());
  add("connected: ", entry->seen());
  add("generation ", entry->instance_id());
  return text;
}

}  // namespace holon::ctl
