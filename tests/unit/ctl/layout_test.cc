// Text in the columns of a terminal.
#include "ctl/render/layout.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "ctl/render/console.h"

namespace holon::ctl {
namespace {

TEST(LayoutTest, WidthCountsCharactersAndNoColours) {
  EXPECT_EQ(WidthOf(""), 0u);
  EXPECT_EQ(WidthOf("● läuft"), 7u);
  EXPECT_EQ(WidthOf(Painted(Tone::kGood, "✓ done")), 6u);
}

TEST(LayoutTest, LinesBreakAtSpaces) {
  EXPECT_EQ(Wrapped("a line that fits", kAnyWidth, 2), "a line that fits");
  EXPECT_EQ(Wrapped("a line that fits", 16, 2), "a line that fits");
  EXPECT_EQ(Wrapped("one two three four", 9, 2), "one two\n  three\n  four");
  // Two spaces between fields stay where they are within a line.
  EXPECT_EQ(Wrapped("a  b  c", 5, 1), "a  b\n c");
  EXPECT_EQ(Wrapped("first\nsecond line", 12, 2), "first\n  second\n  line");
}

TEST(LayoutTest, PathsAndCommandsStayInOnePiece) {
  EXPECT_EQ(Wrapped("see /a/very/long/path now", 10, 2), "see\n  /a/very/long/path\n  now");
  EXPECT_EQ(Wrapped("run " + Whole("holonctl start --home 'a b'"), 10, 2),
            "run\n  holonctl start --home 'a b'");
}

TEST(LayoutTest, ColumnsAlign) {
  EXPECT_EQ(Table({{"a", "b"}, {"longer", "c"}}, kAnyWidth), "a       b\nlonger  c\n");
  EXPECT_EQ(Table({{"key", ""}, {"k", "v"}}, kAnyWidth), "key\nk    v\n");
  EXPECT_EQ(Table({}, 60), "");
  // What is seen, not what is stored.
  EXPECT_EQ(Table({{Painted(Tone::kGood, "ö"), "c"}, {"long", ""}}, kAnyWidth),
            Painted(Tone::kGood, "ö") + "     c\nlong\n");
}

TEST(LayoutTest, TheLastColumnBreaksWithinItself) {
  EXPECT_EQ(Table({{"message", "the runtime is ready and does what it can"}}, 30),
            "message  the runtime is ready\n         and does what it can\n");
}

TEST(LayoutTest, WhereTheLastColumnHasNoRoomItGetsLinesOfItsOwn) {
  EXPECT_EQ(Table({{"a first cell", "a second cell", "evidence that is long"}}, 36),
            "a first cell  a second cell\n    evidence that is long\n");
}

TEST(LayoutTest, WhereATableWithAHeadHasNoRoomEachRowIsABlock) {
  const std::vector<std::vector<std::string>> rows = {
      {"setting", "expected", "from"},
      {"log.level", "debug", "/home/somebody/.holon/config.json:3:12"}};
  EXPECT_EQ(Table(rows, 60, Head::kFirstRow),
            "setting    expected  from\n"
            "log.level  debug     /home/somebody/.holon/config.json:3:12\n");
  EXPECT_EQ(Table(rows, 40, Head::kFirstRow),
            "log.level\n"
            "  expected  debug\n"
            "  from      /home/somebody/.holon/config.json:3:12\n");
}

TEST(LayoutTest, WhatCanBreakFitsAnyWidth) {
  const std::vector<std::vector<std::string>> rows = {
      {"step", "outcome", "evidence"},
      {"shutdown call", Painted(Tone::kGood, "done"),
       "the runtime said that it ends, and it did so"},
      {"drain", "waited", "two calls were open for a while and were then ended by their callers"}};
  for (size_t width : {30, 60, 80, 200}) {
    for (Head head : {Head::kNone, Head::kFirstRow}) {
      for (absl::string_view line : absl::StrSplit(Table(rows, width, head), '\n')) {
        EXPECT_LE(WidthOf(line), width) << line;
      }
    }
  }
}

TEST(ConsoleTest, AsciiWhereTheLocaleOrTheTerminalSaysSo) {
  struct Row {
    const char* lc_all;
    const char* lc_ctype;
    const char* lang;
    const char* term;
    bool ascii;
  };
  for (const Row& row : std::vector<Row>{
           {nullptr, nullptr, nullptr, nullptr, false},
           {nullptr, nullptr, nullptr, "xterm", false},
           {nullptr, nullptr, "en_US.UTF-8", "dumb", true},
           {"C", nullptr, "en_US.UTF-8", "xterm", true},
           {"", nullptr, "en_US.UTF-8", "xterm", false},
           {nullptr, "de_DE.utf8", "C", "xterm", false},
           {nullptr, nullptr, "POSIX", "xterm", true},
           {"C.UTF-8", nullptr, "C", nullptr, false},
           {nullptr, nullptr, "de_DE", "xterm", true},
       }) {
    EXPECT_EQ(UseAscii(row.lc_all, row.lc_ctype, row.lang, row.term), row.ascii)
        << (row.lc_all ? row.lc_all : "-") << " " << (row.lang ? row.lang : "-");
  }
  EXPECT_EQ(InAscii("✓ ● ○ ◐ ✗ debug → info…"), "+ * o ~ x debug -> info...");
}

}  // namespace
}  // namespace holon::ctl
