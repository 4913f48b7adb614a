#include <filesystem>

#include "gmock/gmock.h"
#include "tests/unit/config/scratch.h"

namespace holon::config {
namespace {

class ResolveHomeTest : public ScratchTest {};

TEST_F(ResolveHomeTest, TheFlagBeatsTheVariableBeatsTheDefault) {
  Home home = *ResolveHome(std::nullopt, {{"HOME", root_}}, work_);
  EXPECT_EQ(home.path, root_ + "/.holon");
  EXPECT_EQ(home.origin.source(), v1::SOURCE_DEFAULT);
  EXPECT_EQ(OriginText(home.origin), "default");

  home = *ResolveHome(std::nullopt, {{"HOME", root_}, {"HOLON_HOME", "h"}}, work_);
  EXPECT_EQ(home.path, work_ + "/h");
  EXPECT_EQ(home.origin.source(), v1::SOURCE_ENVIRONMENT);
  EXPECT_EQ(OriginText(home.origin), "HOLON_HOME");

  home = *ResolveHome(std::string("../home/"), {{"HOME", root_}, {"HOLON_HOME", "h"}}, work_);
  EXPECT_EQ(home.path, home_);
  EXPECT_EQ(home.origin.source(), v1::SOURCE_FLAG);
  EXPECT_EQ(OriginText(home.origin), "--home");
}

TEST_F(ResolveHomeTest, IsTheSameThroughALink) {
  std::filesystem::create_symlink(home_, root_ + "/link");
  EXPECT_EQ(ResolveHome(root_ + "/link", {}, work_)->path, home_);
  EXPECT_EQ(ResolveHome(root_ + "/link/new", {}, work_)->path, home_ + "/new");
}

TEST_F(ResolveHomeTest, EmptyCountsAsNotGiven) {
  Home home = *ResolveHome(std::string(), {{"HOLON_HOME", ""}, {"HOME", root_}}, work_);
  EXPECT_EQ(home.path, root_ + "/.holon");
}

TEST_F(ResolveHomeTest, WithoutHomeTheAccountSays) {
  Home home = *ResolveHome(std::nullopt, {}, work_);
  EXPECT_THAT(home.path, testing::EndsWith("/.holon"));
  EXPECT_THAT(home.path, testing::StartsWith("/"));
}

TEST_F(ResolveHomeTest, MakesNothing) {
  EXPECT_TRUE(ResolveHome(work_ + "/new", {}, work_).ok());
  EXPECT_FALSE(std::filesystem::exists(work_ + "/new"));
}

TEST_F(ResolveHomeTest, ATildeThatNoShellHasReplacedIsRefused) {
  for (const char* path : {"~", "~/x"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ResolveHome(path, {}, work_).status())) << path;
    EXPECT_TRUE(
        absl::IsInvalidArgument(ResolveHome(std::nullopt, {{"HOLON_HOME", path}}, work_).status()));
    EXPECT_TRUE(absl::IsInvalidArgument(MakeInputs({work_, "", path, {}}, {}, work_).status()));
    EXPECT_TRUE(absl::IsInvalidArgument(MakeInputs({work_, path, "", {}}, {}, work_).status()));
  }
  EXPECT_EQ(ResolveHome(std::string("./~"), {}, work_)->path, work_ + "/~");
}

TEST_F(ResolveHomeTest, WhereTheDirectoryIsGoneOnlyAbsolutePathsWillDo) {
  const std::string gone;
  EXPECT_THAT(ResolveHome(std::string("h"), {}, gone).status().message(),
              testing::HasSubstr("the current directory is gone; give an absolute --home"));
  EXPECT_FALSE(ResolveHome(std::nullopt, {{"HOLON_HOME", "h"}}, gone).ok());
  EXPECT_FALSE(ResolveHome(std::nullopt, {{"HOME", "h"}}, gone).ok());
  EXPECT_EQ(ResolveHome(root_, {}, gone)->path, root_);
  EXPECT_FALSE(MakeInputs({root_, "", "s", {}}, {}, gone).ok());
  EXPECT_FALSE(MakeInputs({root_, "c", "", {}}, {}, gone).ok());
  EXPECT_TRUE(MakeInputs({root_, "/c", "/s", {}}, {}, gone).ok());
  LoadInputs inputs = *MakeInputs({root_, "", "", {"workspace_dir=w"}}, {}, gone);
  ASSERT_EQ(Load(inputs).faults.size(), 1u);
  EXPECT_THAT(Load(inputs).faults[0].message, testing::HasSubstr("the current directory is gone"));
}

}  // namespace
}  // namespace holon::config
