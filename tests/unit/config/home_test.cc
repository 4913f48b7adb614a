#include <filesystem>

#include "gmock/gmock.h"
#include "tests/unit/config/scratch.h"

namespace holon::config {
namespace {

class ResolveHomeTest : public ScratchTest {};

TEST_F(ResolveHomeTest, TheFlagBeatsTheVariableBeatsTheDefault) {
  Home home = ResolveHome(std::nullopt, {{"HOME", root_}}, work_);
  EXPECT_EQ(home.path, root_ + "/.holon");
  EXPECT_EQ(home.origin.source(), v1::SOURCE_DEFAULT);
  EXPECT_EQ(OriginText(home.origin), "default");

  home = ResolveHome(std::nullopt, {{"HOME", root_}, {"HOLON_HOME", "h"}}, work_);
  EXPECT_EQ(home.path, work_ + "/h");
  EXPECT_EQ(home.origin.source(), v1::SOURCE_ENVIRONMENT);
  EXPECT_EQ(OriginText(home.origin), "HOLON_HOME");

  home = ResolveHome(std::string("../home/"), {{"HOME", root_}, {"HOLON_HOME", "h"}}, work_);
  EXPECT_EQ(home.path, home_);
  EXPECT_EQ(home.origin.source(), v1::SOURCE_FLAG);
  EXPECT_EQ(OriginText(home.origin), "--home");
}

TEST_F(ResolveHomeTest, IsTheSameThroughALink) {
  std::filesystem::create_symlink(home_, root_ + "/link");
  EXPECT_EQ(ResolveHome(root_ + "/link", {}, work_).path, home_);
  EXPECT_EQ(ResolveHome(root_ + "/link/new", {}, work_).path, home_ + "/new");
}

TEST_F(ResolveHomeTest, EmptyCountsAsNotGiven) {
  Home home = ResolveHome(std::string(), {{"HOLON_HOME", ""}, {"HOME", root_}}, work_);
  EXPECT_EQ(home.path, root_ + "/.holon");
}

TEST_F(ResolveHomeTest, WithoutHomeTheAccountSays) {
  Home home = ResolveHome(std::nullopt, {}, work_);
  EXPECT_THAT(home.path, testing::EndsWith("/.holon"));
  EXPECT_THAT(home.path, testing::StartsWith("/"));
}

TEST_F(ResolveHomeTest, MakesNothing) {
  ResolveHome(work_ + "/new", {}, work_);
  EXPECT_FALSE(std::filesystem::exists(work_ + "/new"));
}

}  // namespace
}  // namespace holon::config
