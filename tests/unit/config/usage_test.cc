#include "runtime/config/usage.h"

#include "gmock/gmock.h"

namespace holon::config {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr char kMessage[] = "not expected: A hunter2 --control_token=hunter2";

TEST(UsageMessage, RepeatsWhatCannotBeASecret) {
  EXPECT_EQ(UsageMessage("not expected: --frce", {"stop", "--frce", ""}), "not expected: --frce");
}

TEST(UsageMessage, LeavesOutEveryValue) {
  EXPECT_EQ(UsageMessage("not expected: --tokn=hunter2 x=y=z", {"--tokn=hunter2", "x=y=z"}),
            "not expected: --tokn=… x=…");
}

TEST(UsageMessage, RepeatsNothingBesideTheNameOfASecret) {
  for (const char* name :
       {"control_token", "--control_token", "--control-token", "HOLON_CONTROL_TOKEN",
        "--set=control_token", " control_token ", "Control.Token", "control_tokens"}) {
    EXPECT_THAT(UsageMessage(kMessage, {name, "hunter2"}),
                AllOf(Not(HasSubstr("hunter2")), HasSubstr("HOLON_CONTROL_TOKEN"),
                      HasSubstr("control_token_file=FILE")))
        << name;
  }
  EXPECT_THAT(UsageMessage(kMessage, {"--control_token=hunter2"}), Not(HasSubstr("hunter2")));
}

TEST(WithoutValue, KeepsTheName) {
  EXPECT_EQ(WithoutValue("a=b=c"), "a=…");
  EXPECT_EQ(WithoutValue("a"), "a");
  EXPECT_EQ(WithoutValue("=b"), "=…");
  EXPECT_EQ(WithoutValue(""), "");
}

}  // namespace
}  // namespace holon::config
