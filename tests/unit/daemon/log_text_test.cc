#include "runtime/daemon/log_text.h"

#include <gtest/gtest.h>

namespace holon::daemon {
namespace {

TEST(LogTextTest, ValuesStayOnTheirLineAndOutOfTheTerminal) {
  EXPECT_EQ(LogText("ready", {{"a", "plain"}, {"b", ""}, {"c", "two words"}}),
            "ready a=plain b=\"\" c=\"two words\"");
  EXPECT_EQ(LogText("x", {{"a", "\x1b[2J"}, {"b", "\n"}}), "x a=\"\\u001b[2J\" b=\"\\u000a\"");
  EXPECT_EQ(LogText("x", {{"a", "\x7f"}}), "x a=\"\\u007f\"");
  EXPECT_EQ(LogText("x", {{"a", "\xc2\x9b"}}), "x a=\"\\u009b\"");
  EXPECT_EQ(LogText("x", {{"a", "caf\xc3\xa9"}}), "x a=caf\xc3\xa9");
}

TEST(LogTextTest, SoDoesAMessage) {
  EXPECT_EQ(LogText("cannot open /a\nb", {}), "\"cannot open /a\\u000ab\"");
  EXPECT_EQ(LogText("\xc2\x9b"
                    "2J",
                    {}),
            "\"\\u009b2J\"");
  EXPECT_EQ(LogJson("t", "info", "a\nb", {}),
            "{\"time\":\"t\",\"level\":\"info\",\"message\":\"a\\u000ab\"}");
}

}  // namespace
}  // namespace holon::daemon
