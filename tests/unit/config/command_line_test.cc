#include "runtime/config/command_line.h"

#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "runtime/config/fingerprint.h"
#include "tests/unit/config/scratch.h"

namespace holon::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

using Environment = std::vector<std::pair<std::string, std::string>>;

class SpawnInputsTest : public ScratchTest {
 protected:
  // What the spawned runtime loads from what it is given.
  LoadResult Spawned(const Configuration& configuration) {
    SpawnInputs spawn = ForSpawn(configuration, inputs_.environment);
    LoadInputs inputs;
    inputs.home = inputs_.home;
    inputs.home_origin = inputs_.home_origin;
    inputs.config_file = configuration.explicit_config_file;
    inputs.working_directory = "/";  // Not the caller's.
    inputs.environment = spawn.environment;
    for (size_t i = 0; i + 1 < spawn.arguments.size(); i += 2) {
      if (spawn.arguments[i] == "--socket") {
        inputs.socket = spawn.arguments[i + 1];
      } else {
        EXPECT_EQ(spawn.arguments[i], "--set");
        inputs.sets.push_back(spawn.arguments[i + 1]);
      }
    }
    return Load(inputs);
  }
};

TEST_F(SpawnInputsTest, VariablesStayVariablesAndOptionsStayOptions) {
  inputs_.environment = {{"PATH", "/bin"},           {"HOLON_LOG_LEVEL", "debug"},
                         {"HOLON_HOME", "/x"},       {"HOLON_NONSENSE", "1"},
                         {"HOLON_SOCKET", "weaker"}, {"EMPTY", ""}};
  inputs_.sets = {"workspace_dir=ws", "model.fallbacks=a,b"};
  inputs_.socket = "a.sock";
  SpawnInputs spawn = ForSpawn(Load(inputs_).configuration, inputs_.environment);
  EXPECT_THAT(spawn.arguments,
              ElementsAre("--set", "model.fallbacks=[\"a\",\"b\"]", "--socket", work_ + "/a.sock",
                          "--set", "workspace_dir=" + work_ + "/ws"));
  EXPECT_THAT(spawn.environment, ElementsAre(Pair("PATH", "/bin"), Pair("EMPTY", ""),
                                             Pair("HOLON_LOG_LEVEL", "debug")));
}

TEST_F(SpawnInputsTest, TheVariableKeepsItsName) {
  inputs_.environment = {{"HOLON_SOCKET", "/a.sock"}};
  EXPECT_THAT(ForSpawn(Load(inputs_).configuration, {}).environment,
              ElementsAre(Pair("HOLON_SOCKET", "/a.sock")));
  inputs_.environment = {{"HOLON_SOCKET_PATH", "/a.sock"}};
  EXPECT_THAT(ForSpawn(Load(inputs_).configuration, {}).environment,
              ElementsAre(Pair("HOLON_SOCKET_PATH", "/a.sock")));
}

TEST_F(SpawnInputsTest, AForgedOriginNamesNoOtherVariable) {
  Configuration configuration = Load(inputs_).configuration;
  configuration.overrides = {
      MakeOverride("log.level", "debug", v1::SOURCE_ENVIRONMENT, "LD_PRELOAD"),
      MakeOverride("log.format", "json", v1::SOURCE_ENVIRONMENT, "HOLON_CONTROL_TOKEN")};
  EXPECT_THAT(ForSpawn(configuration, {}).environment,
              ElementsAre(Pair("HOLON_LOG_LEVEL", "debug"), Pair("HOLON_LOG_FORMAT", "json")));
}

TEST_F(SpawnInputsTest, InlineSecretsTravelByVariableOnly) {
  inputs_.environment = {{"HOLON_CONTROL_TOKEN", "hunter2"}};
  SpawnInputs spawn = ForSpawn(Load(inputs_).configuration, inputs_.environment);
  EXPECT_THAT(spawn.arguments, IsEmpty());
  EXPECT_THAT(spawn.environment, ElementsAre(Pair("HOLON_CONTROL_TOKEN", "hunter2")));
}

TEST_F(SpawnInputsTest, SecretsFromFilesTravelByName) {
  Write(work_ + "/token", "hunter2");
  inputs_.sets = {"control_token_file=token"};
  SpawnInputs spawn = ForSpawn(Load(inputs_).configuration, {});
  EXPECT_THAT(spawn.arguments, ElementsAre("--set", "control_token_file=" + work_ + "/token"));
  EXPECT_THAT(spawn.environment, IsEmpty());
  inputs_.sets.clear();
  inputs_.environment = {{"HOLON_CONTROL_TOKEN_FILE", "token"}};
  EXPECT_THAT(ForSpawn(Load(inputs_).configuration, {}).environment,
              ElementsAre(Pair("HOLON_CONTROL_TOKEN_FILE", work_ + "/token")));
}

TEST_F(SpawnInputsTest, ASecretOfTheFileStaysThere) {
  WriteConfig(R"({"control_token": "hunter2"})");
  SpawnInputs spawn = ForSpawn(Load(inputs_).configuration, {});
  EXPECT_THAT(spawn.arguments, IsEmpty());
  EXPECT_THAT(spawn.environment, IsEmpty());
}

TEST_F(SpawnInputsTest, TheSpawnedRuntimeFindsTheSameWithTheSameOrigins) {
  const std::string key(32, 'k');
  const v1::EffectiveConfig defaults = Load(inputs_).configuration.values;
  WriteConfig(R"({"description": "in the file", "log": {"max_files": 7}})");
  // Every other field by variable, the rest by option.
  bool by_variable = true;
  for (const Leaf& leaf : Leaves()) {
    if (leaf.rule->from_home() || !leaf.rule->at_most().empty()) continue;
    std::string text = leaf.type == LeafType::kInteger ? absl::StrCat(RangeOf(leaf).max)
                                                       : OtherText(leaf, defaults);
    if (by_variable || leaf.secret) inputs_.environment.emplace_back(leaf.variable, text);
    if (!by_variable && !leaf.secret) inputs_.sets.push_back(absl::StrCat(leaf.path, "=", text));
    by_variable = !by_variable;
  }
  LoadResult caller = Load(inputs_);
  ASSERT_THAT(FaultTexts(caller.faults), IsEmpty());
  LoadResult spawned = Spawned(caller.configuration);
  EXPECT_THAT(FaultTexts(spawned.faults), IsEmpty());
  EXPECT_THAT(spawned.warnings, IsEmpty());
  std::vector<v1::ConfigValue> mine = Describe(caller.configuration, key);
  std::vector<v1::ConfigValue> theirs = Describe(spawned.configuration, key);
  ASSERT_EQ(mine.size(), theirs.size());
  for (size_t i = 0; i < mine.size(); ++i) {
    EXPECT_EQ(mine[i].SerializeAsString(), theirs[i].SerializeAsString()) << mine[i].path();
  }
  ASSERT_EQ(caller.configuration.overrides.size(), spawned.configuration.overrides.size());
  for (size_t i = 0; i < caller.configuration.overrides.size(); ++i) {
    EXPECT_EQ(caller.configuration.overrides[i].SerializeAsString(),
              spawned.configuration.overrides[i].SerializeAsString());
  }
}

TEST_F(SpawnInputsTest, InheritedOverridesTravelOn) {
  inputs_.sets = {"log.level=debug"};
  inputs_.environment = {{"HOLON_HTTP_ADDR", "localhost:1"}};
  LoadInputs restart = inputs_;
  restart.sets.clear();
  restart.environment.clear();
  restart.inherited = Load(inputs_).configuration.overrides;
  SpawnInputs spawn = ForSpawn(Load(restart).configuration, {{"A", "b"}});
  EXPECT_THAT(spawn.arguments, ElementsAre("--set", "log.level=debug"));
  EXPECT_THAT(spawn.environment,
              ElementsAre(Pair("A", "b"), Pair("HOLON_HTTP_ADDR", "localhost:1")));
}

}  // namespace
}  // namespace holon::config
