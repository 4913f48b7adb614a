#include "ctl/lifecycle/command_text.h"

#include <gtest/gtest.h>

namespace holon::ctl {
namespace {

TEST(CommandTextTest, IsWhatWasTyped) {
  EXPECT_EQ(CommandText({"holonctl", "--home", "/h", "stop", "--set", "log.level=debug",
                         "--set=control_token_file=/f", "--json"}),
            "holonctl --home /h stop --set log.level=debug --set=control_token_file=/f --json");
  EXPECT_EQ(CommandText({}), "");
  EXPECT_EQ(CommandText({"holonctl", "\xe9x"}), "holonctl \xef\xbf\xbdx");
}

TEST(CommandTextTest, HoldsNoSecretHoweverItWasGiven) {
  EXPECT_EQ(CommandText({"holonctl", "stop", "--set", "control_token=hunter2"}),
            "holonctl stop --set control_token=<withheld>");
  EXPECT_EQ(CommandText({"holonctl", "--set=control_token=hunter2", "stop"}),
            "holonctl --set=control_token=<withheld> stop");
  EXPECT_EQ(CommandText({"holonctl", "config", "set", "control_token", "hunter2"}),
            "holonctl config set control_token <withheld>");
}

TEST(CommandTextTest, HoldsNothingOfWhatRunRunsButItsName) {
  EXPECT_EQ(CommandText({"holonctl", "run", "--", "/bin/env", "TOKEN=hunter2", "make"}),
            "holonctl run -- env …");
  EXPECT_EQ(CommandText({"holonctl", "run", "--", "make"}), "holonctl run -- make");
}

// What is no setting may be a secret's name mistyped.
TEST(CommandTextTest, ShowsNoValueOfWhatIsNoSetting) {
  EXPECT_EQ(CommandText({"holonctl", "--set", "controltoken=hunter2"}),
            "holonctl --set <withheld>");
  EXPECT_EQ(CommandText({"holonctl", "--set= control_token=hunter2"}), "holonctl --set=<withheld>");
  EXPECT_EQ(CommandText({"holonctl", "--set", "hunter2"}), "holonctl --set <withheld>");
  EXPECT_EQ(CommandText({"holonctl", "--set"}), "holonctl --set");
}

}  // namespace
}  // namespace holon::ctl
