#include "runtime/state/log_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace holon::state {
namespace {

using testing::ElementsAre;

absl::Time At(const std::string& text) {
  absl::Time time;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, nullptr)) << text;
  return time;
}

TEST(LogLineTest, BothFormatsAndTheAuditLogSayWhen) {
  struct Case {
    const char* line;
    const char* time;
    const char* level;
  };
  for (const Case& row : {
           Case{"2026-01-02T03:04:05.678Z info    ready", "2026-01-02T03:04:05.678Z", "info"},
           Case{"2026-01-02T03:04:05.678Z warning x", "2026-01-02T03:04:05.678Z", "warning"},
           Case{R"({"time":"2026-01-02T03:04:05.678Z","level":"error","message":"x"})",
                "2026-01-02T03:04:05.678Z", "error"},
           Case{R"({"action": "stop", "time": "2026-01-02T03:04:05Z", "uid": 0})",
                "2026-01-02T03:04:05Z", ""},
           Case{R"({"message":"\"time\":\"x\"","time":"2026-01-02T03:04:05Z"})",
                "2026-01-02T03:04:05Z", ""},
           Case{R"({"reason":"time","time":"2026-01-02T03:04:05Z"})", "2026-01-02T03:04:05Z", ""},
           Case{"2026-01-02T03:04:05Z strange x", "2026-01-02T03:04:05Z", ""},
           Case{"2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z", ""},
           Case{"D1123 12:00:00 a library", "", ""},
           Case{"    at the second line of a message", "", ""},
           Case{"infinite-past info x", "", ""},
           Case{R"({"time":"yesterday","level":"info"})", "", ""},
           Case{R"({"time":12})", "", ""},
           Case{"{", "", ""},
           Case{"", "", ""},
       }) {
    SCOPED_TRACE(row.line);
    EXPECT_EQ(ParseLogLine(row.line).time, row.time);
    EXPECT_EQ(ParseLogLine(row.line).level, row.level);
    EXPECT_EQ(LogLineTime(row.line).has_value(), *row.time != '\0');
  }
}

TEST(LogLineTest, SinceIsADurationBackOrATime) {
  const absl::Time now = At("2026-01-02T03:04:05Z");
  EXPECT_EQ(*ParseSince("1h", now), At("2026-01-02T02:04:05Z"));
  EXPECT_EQ(*ParseSince("1m30s", now), At("2026-01-02T03:02:35Z"));
  EXPECT_EQ(*ParseSince("0", now), now);
  EXPECT_EQ(*ParseSince("2026-01-01T00:00:00.5+01:00", now), At("2025-12-31T23:00:00.5Z"));
  for (const char* wrong : {"", "yesterday", "-1h", "infinite-past", "2026-01-02", "1x"}) {
    SCOPED_TRACE(wrong);
    absl::Status status = ParseSince(wrong, now).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status));
    EXPECT_NE(std::string(status.message()).find("RFC 3339"), std::string::npos);
  }
}

TEST(LogLineTest, LineWithoutATimeGoesWithTheOneBefore) {
  LineFilter filter({.since = At("2026-01-02T03:00:00Z")});
  EXPECT_FALSE(filter.Keeps("of a file that was cut"));
  EXPECT_FALSE(filter.Keeps("2026-01-02T02:59:59.999Z info    old"));
  EXPECT_FALSE(filter.Keeps("  and on"));
  EXPECT_TRUE(filter.Keeps("2026-01-02T03:00:00Z info    new"));
  EXPECT_TRUE(filter.Keeps("  and on"));
  EXPECT_FALSE(filter.Keeps("2026-01-02T02:00:00Z info    the clock was set back"));
}

TEST(LogLineTest, FilterEndsAtATimeAndLooksForAText) {
  LineFilter filter({.until = At("2026-01-02T03:00:00Z"), .text = "o.d"});
  EXPECT_TRUE(filter.Keeps("without a time o.d"));
  EXPECT_FALSE(filter.Keeps("2026-01-02T02:59:59Z info    old"));
  EXPECT_TRUE(filter.Keeps("2026-01-02T03:00:00Z info    o.d"));
  EXPECT_TRUE(filter.Keeps("  and o.d"));
  EXPECT_FALSE(filter.Keeps("2026-01-02T03:00:01Z info    o.d"));
  EXPECT_FALSE(filter.Keeps("  and o.d"));
}

TEST(LineSplitterTest, CutsWhateverTheChunksAre) {
  const std::string text = "one\n\ntwo\nopen";
  for (size_t size = 1; size <= text.size(); ++size) {
    SCOPED_TRACE(size);
    LineSplitter splitter;
    std::vector<std::string> lines;
    for (size_t at = 0; at < text.size(); at += size) splitter.Feed(text.substr(at, size), &lines);
    EXPECT_THAT(lines, ElementsAre("one", "", "two"));
    splitter.Flush(&lines);
    splitter.Flush(&lines);
    EXPECT_THAT(lines, ElementsAre("one", "", "two", "open"));
  }
}

TEST(LineSplitterTest, LongLineKeepsItsEndWhateverTheChunksAre) {
  const std::string text = std::string(30000, 'x') + "end\nnext\n";
  for (size_t size : {size_t{1000}, kMaxLineBytes, kMaxLineBytes + 1, text.size()}) {
    SCOPED_TRACE(size);
    LineSplitter splitter;
    std::vector<std::string> lines;
    for (size_t at = 0; at < text.size(); at += size) splitter.Feed(text.substr(at, size), &lines);
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_EQ(lines[0], BoundedLine(std::string(30000, 'x') + "end"));
    EXPECT_EQ(lines[0].size(), kMaxLineBytes);
    EXPECT_EQ(lines[1], "next");
  }
}

TEST(LineSplitterTest, LineOfExactlyTheBoundIsWhole) {
  const std::string exact(kMaxLineBytes, 'x');
  LineSplitter splitter;
  std::vector<std::string> lines;
  splitter.Feed(exact + "\n", &lines);
  EXPECT_THAT(lines, ElementsAre(exact));
}

}  // namespace
}  // namespace holon::state
