#include "runtime/base/cgroup.h"

#include <gtest/gtest.h>

namespace holon::base {
namespace {

TEST(CgroupTest, IsTheUnifiedOne) {
  EXPECT_EQ(ParseCgroup("0::/user.slice/a.service\n"), "/user.slice/a.service");
  EXPECT_EQ(ParseCgroup("4:memory:/m\n0::/x\n"), "/x");
  EXPECT_EQ(ParseCgroup("4:memory:/m\n"), "");
  EXPECT_EQ(ParseCgroup(""), "");
}

TEST(CgroupTest, NamesTheServiceThatItBelongsTo) {
  EXPECT_EQ(UnitOf("/user.slice/user-7.slice/user@7.service/app.slice/holond.service"),
            "holond.service");
  EXPECT_EQ(UnitOf("/user.slice/user-7.slice/session-2.scope"), "");
  EXPECT_EQ(UnitOf("/"), "");
  EXPECT_EQ(UnitOf(""), "");
}

TEST(CgroupTest, CountsWhatTheKernelKilled) {
  EXPECT_EQ(ParseOomKills("low 0\noom 4\noom_kill 3\noom_group_kill 1\n"), 3u);
  EXPECT_EQ(ParseOomKills("oom 4\n"), std::nullopt);
  EXPECT_EQ(ParseOomKills("oom_kill many\n"), std::nullopt);
  EXPECT_EQ(OomKills(""), std::nullopt);
}

}  // namespace
}  // namespace holon::base
