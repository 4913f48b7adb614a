#include "ctl/lifecycle/runtime_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holon::ctl {
namespace {

using testing::ElementsAre;

TEST(RuntimeSearchTest, KnowsTheHomeOfASocketAtItsDefaultPlace) {
  EXPECT_EQ(HomeOfSocket("/home/me/.holon/run/holon.sock"), "/home/me/.holon");
  EXPECT_EQ(HomeOfSocket("/tmp/holon.sock"), "");
  EXPECT_EQ(HomeOfSocket("/tmp/run/other.sock"), "");
}

TEST(RuntimeSearchTest, ReadsTheKernelsListOfSockets) {
  EXPECT_THAT(HomesOfSockets("Num RefCount Protocol Flags Type St Inode Path\n"
                             "ffff: 00000002 00000000 00010000 0001 01 11 /a b/run/holon.sock\n"
                             "ffff: 00000003 00000000 00000000 0001 03 12\n"
                             "ffff: 00000002 00000000 00010000 0001 01 13 @/x/run/holon.sock\n"
                             "ffff: 00000002 00000000 00010000 0001 01 14 /c/holon.sock\n"),
              ElementsAre("/a b"));
}

TEST(RuntimeSearchTest, FindsTheHomeOnACommandLine) {
  EXPECT_EQ(HomeInCommand({"holond", "--home", "/h", "--check"}), "/h");
  EXPECT_EQ(HomeInCommand({"holond", "--home=/h"}), "/h");
  EXPECT_EQ(HomeInCommand({"holond", "--home", "relative"}), "");
  EXPECT_EQ(HomeInCommand({"holond", "--home"}), "");
  EXPECT_EQ(HomeInCommand({}), "");
}

}  // namespace
}  // namespace holon::ctl
