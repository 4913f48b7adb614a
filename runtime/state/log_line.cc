#include "runtime/state/log_line.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "runtime/base/duration.h"

namespace holon::state {
namespace {

constexpr absl::string_view kCut = "...";

std::optional<absl::Time> ParseTime(absl::string_view text) {
  absl::Time time;
  // absl reads "infinite-past", too.
  if (text.empty() || !absl::ascii_isdigit(static_cast<unsigned char>(text[0]))) {
    return std::nullopt;
  }
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, nullptr)) return std::nullopt;
  return time;
}

absl::string_view TakeWord(absl::string_view* text) {
  absl::string_view word = text->substr(0, text->find(' '));
  text->remove_prefix(word.size());
  *text = absl::StripLeadingAsciiWhitespace(*text);
  return word;
}

// The string behind `key`, quotes included in the key. One within a string has a backslash before
// it, so that it is none.
absl::string_view JsonMember(absl::string_view object, absl::string_view key) {
  for (size_t at = object.find(key); at != absl::string_view::npos; at = object.find(key, at + 1)) {
    if (at > 0 && object[at - 1] == '\\') continue;
    absl::string_view rest = absl::StripLeadingAsciiWhitespace(object.substr(at + key.size()));
    if (!absl::ConsumePrefix(&rest, ":")) continue;
    rest = absl::StripLeadingAsciiWhitespace(rest);
    if (absl::ConsumePrefix(&rest, "\"")) return rest.substr(0, rest.find('"'));
  }
  return "";
}

bool IsLevel(absl::string_view word) {
  return word == "debug" || word == "info" || word == "warning" || word == "error";
}

}  // namespace

LogLine ParseLogLine(absl::string_view line) {
  LogLine parsed;
  if (!line.empty() && line[0] == '{') {
    parsed.time = JsonMember(line, "\"time\"");
    parsed.level = JsonMember(line, "\"level\"");
  } else {
    parsed.time = TakeWord(&line);
    parsed.level = TakeWord(&line);
  }
  if (!ParseTime(parsed.time).has_value()) return LogLine();
  if (!IsLevel(parsed.level)) parsed.level = "";
  return parsed;
}

std::optional<absl::Time> LogLineTime(absl::string_view line) {
  return ParseTime(ParseLogLine(line).time);
}

absl::StatusOr<absl::Time> ParseSince(const std::string& text, absl::Time now) {
  if (std::optional<absl::Time> time = ParseTime(text)) return *time;
  absl::StatusOr<absl::Duration> ago = base::ParseDuration(text);
  if (ago.ok()) return now - *ago;
  return absl::InvalidArgumentError(
      absl::StrCat("'", text, "' is neither a duration (10m, 1h, 2d) nor a time as of RFC 3339 ",
                   "(2026-01-02T03:04:05Z)"));
}

bool LineFilter::Keeps(absl::string_view line) {
  if (std::optional<absl::Time> time = LogLineTime(line)) last_ = time;
  const bool in_time = last_.has_value() ? *last_ >= selection_.since && *last_ <= selection_.until
                                         : selection_.since == absl::InfinitePast();
  return in_time && absl::StrContains(line, selection_.text);
}

std::string BoundedLine(absl::string_view line) {
  if (line.size() <= kMaxLineBytes) return std::string(line);
  return absl::StrCat(kCut, line.substr(line.size() - (kMaxLineBytes - kCut.size())));
}

void LineSplitter::Feed(absl::string_view chunk, std::vector<std::string>* lines) {
  while (true) {
    size_t newline = chunk.find('\n');
    Keep(chunk.substr(0, newline));
    if (newline == absl::string_view::npos) return;
    lines->push_back(BoundedLine(open_));
    open_.clear();
    chunk.remove_prefix(newline + 1);
  }
}

void LineSplitter::Flush(std::vector<std::string>* lines) {
  if (!open_.empty()) lines->push_back(BoundedLine(open_));
  open_.clear();
}

// One byte more than a line may have says that it was cut.
void LineSplitter::Keep(absl::string_view part) {
  if (part.size() > kMaxLineBytes) part.remove_prefix(part.size() - (kMaxLineBytes + 1));
  absl::StrAppend(&open_, part);
  if (open_.size() > 2 * kMaxLineBytes) open_.erase(0, open_.size() - (kMaxLineBytes + 1));
}

}  // namespace holon::state
