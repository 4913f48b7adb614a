#include "runtime/config/reload.h"

#include "gmock/gmock.h"
#include "runtime/config/diff.h"
#include "runtime/config/fingerprint.h"
#include "tests/unit/config/scratch.h"

namespace holon::config {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

const FingerprintKey kKey(32, 'k');

class Reload : public ScratchTest {
 protected:
  Configuration Loaded(const LoadInputs& inputs) {
    LoadResult result = Load(inputs);
    EXPECT_THAT(FaultTexts(result.faults), IsEmpty());
    return result.configuration;
  }
};

TEST_F(Reload, TakesHotAndVolatileFieldsOnly) {
  const Configuration current = Loaded(inputs_);
  for (const Leaf& leaf : Leaves()) {
    SCOPED_TRACE(leaf.path);
    Configuration target = current;
    ASSERT_TRUE(SetFromText(leaf, OtherText(leaf, current.values), "/", &target.values).ok());
    target.origins[leaf.path].set_location("target");
    Configuration next = Reloaded(current, target);
    const bool taken = leaf.apply != v1::APPLY_RESTART;
    EXPECT_EQ(next.values.SerializeAsString(),
              (taken ? target : current).values.SerializeAsString());
    EXPECT_EQ(next.origins.at(leaf.path).location() == "target", taken);
  }
}

TEST_F(Reload, ReadsTheFileAgainUnderWhatTheStartWasGiven) {
  inputs_.sets = {"log.level=debug", "http_addr=localhost:1"};
  const Configuration current = Loaded(inputs_);
  WriteConfig(R"({"log": {"level": "error", "max_files": 9}, "control_addr": "localhost:2"})");
  Configuration target = Loaded(ReloadInputs(current, {}));
  EXPECT_EQ(target.values.log().level(), v1::LOG_LEVEL_DEBUG);
  EXPECT_EQ(OriginText(target.origins.at("home_dir")), "--home");
  Configuration next = Reloaded(current, target);
  EXPECT_EQ(next.values.log().max_files(), 9u);
  EXPECT_EQ(next.values.control_addr(), "");
  EXPECT_EQ(next.origins.at("log.max_files").source(), v1::SOURCE_FILE);
  // What is left is what only a restart brings.
  std::vector<v1::ConfigDifference> rows =
      Diff({"target", Describe(target, kKey)}, {"next", Describe(next, kKey)});
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].path(), "control_addr");
}

TEST_F(Reload, KeepsTheFileThatWasAskedFor) {
  Write(work_ + "/other.json", R"({"log": {"level": "debug"}})");
  inputs_.config_file = "other.json";
  const Configuration current = Loaded(inputs_);
  Write(work_ + "/other.json", R"({"log": {"level": "error"}})");
  EXPECT_EQ(Loaded(ReloadInputs(current, {})).values.log().level(), v1::LOG_LEVEL_ERROR);
}

TEST_F(Reload, OverridesOfTheRequestAreKeptForTheNextOneWhereTheyWereApplied) {
  inputs_.sets = {"turn.max_tool_calls=7", "log.level=debug"};
  const Configuration current = Loaded(inputs_);
  Configuration target = Loaded(ReloadInputs(
      current,
      {MakeOverride("log.level", "error", v1::SOURCE_FLAG, "--set log.level"),
       MakeOverride("control_addr", "localhost:2", v1::SOURCE_FLAG, "--set control_addr")}));
  Configuration next = Reloaded(current, target);
  ASSERT_EQ(next.overrides.size(), 2u);
  EXPECT_EQ(next.overrides[0].path(), "log.level");
  EXPECT_EQ(next.overrides[0].value(), "error");
  EXPECT_EQ(next.overrides[1].path(), "turn.max_tool_calls");
  EXPECT_EQ(next.values.control_addr(), "");
}

TEST_F(Reload, ASecretGivenInlineIsStillKnown) {
  inputs_.environment = {{"HOLON_CONTROL_TOKEN", "hunter2"}};
  const Configuration current = Loaded(inputs_);
  Configuration target = Loaded(ReloadInputs(current, {}));
  EXPECT_EQ(target.values.control_token(), "hunter2");
  Configuration next = Reloaded(current, target);
  EXPECT_EQ(next.values.control_token(), "hunter2");
  ASSERT_EQ(next.overrides.size(), 1u);
  EXPECT_TRUE(next.overrides[0].secret_withheld());
  EXPECT_EQ(next.overrides[0].value(), "");
  EXPECT_THAT(Diff({"a", Describe(target, kKey)}, {"b", Describe(current, kKey)}), IsEmpty());
}

TEST_F(Reload, ARequestMayNameTheFileOfASecretAndLeaveTheSecretInForce) {
  const std::string file = Write(work_ + "/token", "hunter2\n");
  inputs_.environment = {{"HOLON_CONTROL_TOKEN_FILE", file}};
  Configuration current = Loaded(inputs_);
  Configuration target = Loaded(ReloadInputs(current, current.overrides));
  EXPECT_EQ(target.values.control_token(), "hunter2");

  inputs_.environment = {{"HOLON_CONTROL_TOKEN", "hunter3"}};
  current = Loaded(inputs_);
  ASSERT_EQ(current.overrides.size(), 1u);
  target = Loaded(ReloadInputs(current, current.overrides));
  EXPECT_EQ(target.values.control_token(), "hunter3");
  EXPECT_TRUE(Reloaded(current, target).overrides.at(0).secret_withheld());
}

TEST_F(Reload, ARequestCannotBringASecretThatIsNotInForce) {
  v1::ConfigOverride override =
      MakeOverride("control_token", "", v1::SOURCE_ENVIRONMENT, "HOLON_CONTROL_TOKEN");
  override.set_secret_withheld(true);
  EXPECT_THAT(FaultTexts(Load(ReloadInputs(Loaded(inputs_), {override})).faults),
              testing::ElementsAre(HasSubstr("secrets are refused in a request")));
  inputs_.environment = {{"HOLON_CONTROL_TOKEN", "hunter2"}};
  override.set_value("hunter3");
  EXPECT_THAT(FaultTexts(Load(ReloadInputs(Loaded(inputs_), {override})).faults),
              testing::ElementsAre(HasSubstr("secrets are refused in a request")));
  override = MakeOverride("control_token_file", "/etc/hostname", v1::SOURCE_FLAG, "--set x");
  EXPECT_THAT(FaultTexts(Load(ReloadInputs(Loaded(inputs_), {override})).faults),
              testing::ElementsAre(HasSubstr("secrets are refused in a request")));
}

TEST_F(Reload, AFaultyFileIsToldOf) {
  const Configuration current = Loaded(inputs_);
  WriteConfig("{");
  EXPECT_THAT(FaultTexts(Load(ReloadInputs(current, {})).faults),
              testing::ElementsAre(HasSubstr("not valid JSON")));
}

}  // namespace
}  // namespace holon::config
