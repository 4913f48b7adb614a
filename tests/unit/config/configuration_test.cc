#include "runtime/config/configuration.h"

#include <unistd.h>

#include "gmock/gmock.h"
#include "tests/unit/config/scratch.h"

namespace holon::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Precedence : public ScratchTest {
 protected:
  // Loads without faults.
  Configuration Loaded() {
    LoadResult result = Load(inputs_);
    EXPECT_THAT(FaultTexts(result.faults), IsEmpty());
    return result.configuration;
  }
  std::string OriginOf(const Configuration& configuration, const std::string& path) {
    return OriginText(configuration.origins.at(path));
  }
};

TEST_F(Precedence, WithoutAnySourceEverythingHasItsDefault) {
  LoadResult result = Load(inputs_);
  EXPECT_THAT(FaultTexts(result.faults), IsEmpty());
  EXPECT_THAT(result.warnings, IsEmpty());
  const Configuration& loaded = result.configuration;
  EXPECT_THAT(loaded.overrides, IsEmpty());
  EXPECT_EQ(loaded.explicit_config_file, "");
  EXPECT_EQ(loaded.values.home_dir(), home_);
  EXPECT_EQ(loaded.values.socket_path(), home_ + "/run/holon.sock");
  EXPECT_EQ(loaded.values.workspace_dir(), home_ + "/workspace");
  EXPECT_EQ(loaded.values.turn().max_tool_calls(), 200u);
  EXPECT_EQ(loaded.values.control_auth_mode(), v1::CONTROL_AUTH_MODE_AUTO);
  for (const Leaf& leaf : Leaves()) {
    SCOPED_TRACE(leaf.path);
    EXPECT_EQ(OriginOf(loaded, leaf.path), leaf.rule->from_home() ? "--home" : "default");
    if (leaf.type != LeafType::kStringList) {
      EXPECT_EQ(Has(leaf, loaded.values), !leaf.secret);
    }
  }
}

TEST_F(Precedence, EachSourceBeatsTheWeakerOnes) {
  auto level = [&] {
    Configuration loaded = Loaded();
    return absl::StrCat(TextOf(*FindLeaf("log.level"), loaded.values), " ",
                        OriginOf(loaded, "log.level"));
  };
  EXPECT_EQ(level(), "info default");
  WriteConfig("{\n  \"log\": {\"level\": \"debug\"}\n}");
  EXPECT_EQ(level(), "debug " + home_ + "/config.json:2:20");
  inputs_.inherited = {
      MakeOverride("log.level", "error", v1::SOURCE_ENVIRONMENT, "HOLON_LOG_LEVEL")};
  EXPECT_EQ(level(), "error HOLON_LOG_LEVEL");
  inputs_.inherited.insert(inputs_.inherited.begin(),
                           MakeOverride("log.level", "info", v1::SOURCE_FLAG, "--set log.level"));
  EXPECT_EQ(level(), "info --set log.level");
  inputs_.environment = {{"PATH", "/bin"}, {"HOLON_LOG_LEVEL", "warning"}};
  EXPECT_EQ(level(), "warning HOLON_LOG_LEVEL");
  inputs_.sets = {"log.level=error"};
  EXPECT_EQ(level(), "error --set log.level");
  inputs_.sets = {"log.level=error", "log.level=debug"};
  EXPECT_EQ(level(), "debug --set log.level");
}

TEST_F(Precedence, EveryFieldCanBeGivenByEverySource) {
  const v1::EffectiveConfig defaults = Loaded().values;
  for (const Leaf& leaf : Leaves()) {
    if (leaf.rule->from_home() || leaf.secret || !leaf.rule->at_most().empty()) continue;
    // What others must not exceed is raised here, not lowered.
    std::string text = OtherText(leaf, defaults);
    if (leaf.type == LeafType::kInteger) text = absl::StrCat(RangeOf(leaf).max);
    if (leaf.path == "control_auth_mode") text = "disabled";
    SCOPED_TRACE(leaf.path + "=" + text);

    inputs_.environment = {{leaf.variable, text}};
    Configuration by_variable = Loaded();
    inputs_.environment.clear();
    EXPECT_EQ(TextOf(leaf, by_variable.values), text);
    EXPECT_EQ(OriginOf(by_variable, leaf.path), leaf.variable);
    ASSERT_EQ(by_variable.overrides.size(), 1u);
    EXPECT_EQ(by_variable.overrides[0].path(), leaf.path);
    EXPECT_EQ(by_variable.overrides[0].value(), text);
    EXPECT_EQ(by_variable.overrides[0].origin().source(), v1::SOURCE_ENVIRONMENT);

    inputs_.sets = {absl::StrCat(leaf.path, "=", text)};
    Configuration by_flag = Loaded();
    inputs_.sets.clear();
    EXPECT_EQ(by_flag.values.SerializeAsString(), by_variable.values.SerializeAsString());
    EXPECT_EQ(OriginOf(by_flag, leaf.path), "--set " + leaf.path);
    ASSERT_EQ(by_flag.overrides.size(), 1u);

    std::string json = CanonicalOf(leaf, by_flag.values);
    size_t dot = leaf.path.find('.');
    WriteConfig(dot == std::string::npos
                    ? absl::StrCat("{\"", leaf.path, "\": ", json, "}")
                    : absl::StrCat("{\"", leaf.path.substr(0, dot), "\": {\"",
                                   leaf.path.substr(dot + 1), "\": ", json, "}}"));
    Configuration by_file = Loaded();
    std::filesystem::remove(home_ + "/config.json");
    EXPECT_EQ(by_file.values.SerializeAsString(), by_variable.values.SerializeAsString());
    EXPECT_EQ(by_file.origins.at(leaf.path).source(), v1::SOURCE_FILE);
    EXPECT_THAT(by_file.overrides, IsEmpty());

    inputs_.inherited = by_flag.overrides;
    Configuration inherited = Loaded();
    inputs_.inherited.clear();
    EXPECT_EQ(inherited.values.SerializeAsString(), by_variable.values.SerializeAsString());
    EXPECT_EQ(OriginOf(inherited, leaf.path), "--set " + leaf.path);
    ASSERT_EQ(inherited.overrides.size(), 1u);
    EXPECT_EQ(inherited.overrides[0].SerializeAsString(), by_flag.overrides[0].SerializeAsString());
  }
}

TEST_F(Precedence, RelativePathsCountFromTheirSource) {
  WriteConfig(R"({"workspace_dir": "ws"})");
  EXPECT_EQ(Loaded().values.workspace_dir(), home_ + "/ws");
  inputs_.environment = {{"HOLON_WORKSPACE_DIR", "ws"}};
  EXPECT_EQ(Loaded().values.workspace_dir(), work_ + "/ws");
  inputs_.sets = {"workspace_dir=../ws"};
  Configuration loaded = Loaded();
  EXPECT_EQ(loaded.values.workspace_dir(), root_ + "/ws");
  ASSERT_EQ(loaded.overrides.size(), 1u);
  EXPECT_EQ(loaded.overrides[0].value(), root_ + "/ws");
  EXPECT_EQ(loaded.overrides[0].origin().location(), "--set workspace_dir");
}

TEST_F(Precedence, AnotherFileTakesThePlaceOfTheHomes) {
  WriteConfig(R"({"turn": {"max_tool_calls": 1}})");
  Write(work_ + "/other.json", R"({"workspace_dir": "ws"})");
  inputs_.config_file = "other.json";
  Configuration loaded = Loaded();
  EXPECT_EQ(loaded.explicit_config_file, work_ + "/other.json");
  EXPECT_EQ(loaded.values.turn().max_tool_calls(), 200u);
  EXPECT_EQ(loaded.values.workspace_dir(), work_ + "/ws");
  EXPECT_EQ(OriginOf(loaded, "workspace_dir"), work_ + "/other.json:1:19");
  inputs_.config_file = work_ + "/../work/other.json";
  EXPECT_EQ(Loaded().explicit_config_file, work_ + "/other.json");
}

TEST_F(Precedence, ALinkedFileCountsFromWhereTheLinkStands) {
  std::filesystem::create_directory(root_ + "/dotfiles");
  Write(root_ + "/dotfiles/holon.json", R"({"workspace_dir": "ws"})");
  std::filesystem::create_symlink(root_ + "/dotfiles/holon.json", home_ + "/config.json");
  EXPECT_EQ(Loaded().values.workspace_dir(), home_ + "/ws");
}

TEST_F(Precedence, TheSocketHasShortNames) {
  inputs_.environment = {{"HOLON_SOCKET", "a.sock"}};
  Configuration loaded = Loaded();
  EXPECT_EQ(loaded.values.socket_path(), work_ + "/a.sock");
  EXPECT_EQ(OriginOf(loaded, "socket_path"), "HOLON_SOCKET");
  EXPECT_EQ(loaded.overrides[0].path(), "socket_path");
  inputs_.socket = "/b.sock";
  loaded = Loaded();
  EXPECT_EQ(loaded.values.socket_path(), "/b.sock");
  EXPECT_EQ(OriginOf(loaded, "socket_path"), "--socket");
  EXPECT_EQ(loaded.overrides[0].value(), "/b.sock");
  // Both names with the same value say nothing wrong.
  inputs_.sets = {"socket_path=/./b.sock"};
  inputs_.environment.push_back({"HOLON_SOCKET_PATH", "../work/a.sock"});
  EXPECT_EQ(Loaded().values.socket_path(), "/b.sock");
}

TEST_F(Precedence, TheFileMayRepeatTheHome) {
  WriteConfig(absl::StrCat("{\"home_dir\": \"", home_, "/../home\"}"));
  Configuration loaded = Loaded();
  EXPECT_EQ(loaded.values.home_dir(), home_);
  EXPECT_EQ(OriginOf(loaded, "home_dir"), "--home");
}

TEST_F(Precedence, TheFirstOfTwoVariablesOfOneNameCounts) {
  inputs_.environment = {{"HOLON_LOG_LEVEL", "debug"}, {"HOLON_LOG_LEVEL", "error"}};
  EXPECT_EQ(Loaded().values.log().level(), v1::LOG_LEVEL_DEBUG);
}

TEST_F(Precedence, AnEmptyVariableIsGiven) {
  WriteConfig(R"({"model": {"default": "a/b", "fallbacks": ["c"]}})");
  inputs_.environment = {{"HOLON_MODEL_DEFAULT", ""}, {"HOLON_MODEL_FALLBACKS", ""}};
  Configuration loaded = Loaded();
  EXPECT_EQ(loaded.values.model().default_(), "");
  EXPECT_EQ(loaded.values.model().fallbacks_size(), 0);
  EXPECT_EQ(OriginOf(loaded, "model.fallbacks"), "HOLON_MODEL_FALLBACKS");
  EXPECT_EQ(loaded.overrides.size(), 2u);
}

TEST_F(Precedence, UnknownVariablesAreWarnedOf) {
  inputs_.environment = {{"HOLON_LOG_LEVLE", "debug"},
                         {"HOLON_HOME", "/x"},
                         {"holon_x", ""},
                         {"HOLON_QUITE_ANOTHER_THING", ""},
                         {"HOLON_BAD\n", ""}};
  LoadResult result = Load(inputs_);
  EXPECT_THAT(FaultTexts(result.faults), IsEmpty());
  EXPECT_THAT(result.warnings,
              ElementsAre("HOLON_LOG_LEVLE is not a Holon variable and is ignored; did you mean "
                          "HOLON_LOG_LEVEL?",
                          "HOLON_QUITE_ANOTHER_THING is not a Holon variable and is ignored",
                          HasSubstr("HOLON_BAD?")));
}

TEST_F(Precedence, FileTextTakesThePlaceOfTheFile) {
  WriteConfig("this is not read");
  inputs_.file_text = R"({"description": "x"})";
  EXPECT_EQ(Loaded().values.description(), "x");
  EXPECT_EQ(OriginOf(Loaded(), "description"), home_ + "/config.json:1:17");
}

class Inheritance : public Precedence {
 protected:
  Inheritance() {
    inputs_.inherited = {
        MakeOverride("callback_base_url", "https://a", v1::SOURCE_FLAG, "--set callback_base_url"),
        MakeOverride("http_addr", "localhost:1", v1::SOURCE_ENVIRONMENT, "HOLON_HTTP_ADDR"),
    };
  }
};

TEST_F(Inheritance, KeepsWhatThisCallDoesNotTouch) {
  inputs_.sets = {"log.level=debug"};
  Configuration loaded = Loaded();
  EXPECT_EQ(loaded.values.callback_base_url(), "https://a");
  EXPECT_EQ(loaded.values.http_addr(), "localhost:1");
  EXPECT_EQ(loaded.overrides.size(), 3u);
}

TEST_F(Inheritance, GivingAFieldClearsWhatDependsOnIt) {
  for (bool by_flag : {true, false}) {
    SCOPED_TRACE(by_flag);
    inputs_.sets.clear();
    inputs_.environment.clear();
    if (by_flag) inputs_.sets = {"http_addr=localhost:2"};
    if (!by_flag) inputs_.environment = {{"HOLON_HTTP_ADDR", "localhost:2"}};
    Configuration loaded = Loaded();
    EXPECT_EQ(loaded.values.http_addr(), "localhost:2");
    EXPECT_EQ(loaded.values.callback_base_url(), "");
    EXPECT_EQ(OriginOf(loaded, "callback_base_url"), "default");
    ASSERT_EQ(loaded.overrides.size(), 1u);
    EXPECT_EQ(loaded.overrides[0].path(), "http_addr");
  }
}

TEST_F(Inheritance, WhatTheFileSaysOfADependentFieldComesBack) {
  WriteConfig(R"({"callback_base_url": "https://file"})");
  inputs_.sets = {"http_addr=localhost:2"};
  EXPECT_EQ(Loaded().values.callback_base_url(), "https://file");
}

TEST_F(Inheritance, GivingBothKeepsBoth) {
  inputs_.sets = {"http_addr=localhost:2", "callback_base_url=https://b"};
  EXPECT_EQ(Loaded().values.callback_base_url(), "https://b");
}

TEST_F(Inheritance, AFlagClearsEvenWithTheSameValueButAStandingVariableDoesNot) {
  inputs_.environment = {{"HOLON_HTTP_ADDR", "localhost:1"}};
  EXPECT_EQ(Loaded().values.callback_base_url(), "https://a");
  inputs_.environment.clear();
  inputs_.sets = {"http_addr=localhost:1"};
  EXPECT_EQ(Loaded().values.callback_base_url(), "");
}

TEST_F(Inheritance, WhatThisCallReplacesIsNotJudged) {
  inputs_.inherited = {
      MakeOverride("log.level", "no longer known", v1::SOURCE_FLAG, "--set log.level")};
  EXPECT_THAT(FaultTexts(Load(inputs_).faults),
              ElementsAre(HasSubstr("allowed: one of debug, info, warning, error (given at the "
                                    "last start) (--set log.level)")));
  inputs_.sets = {"log.level=debug"};
  EXPECT_EQ(Loaded().values.log().level(), v1::LOG_LEVEL_DEBUG);
}

TEST_F(Inheritance, AFieldThatIsGoneIsExplained) {
  inputs_.inherited = {MakeOverride("gone.field", "1", v1::SOURCE_FLAG, "--set gone.field")};
  inputs_.inherited[0].set_secret_withheld(true);
  EXPECT_THAT(FaultTexts(Load(inputs_).faults),
              ElementsAre(HasSubstr("gone.field: found a field that does not exist (the last "
                                    "start was given it: stop and start")));
}

TEST_F(Inheritance, RequestsCountAsThisCall) {
  inputs_.requested = {
      MakeOverride("log.level", "debug", v1::SOURCE_FLAG, "--set log.level"),
      MakeOverride("http_addr", "localhost:3", v1::SOURCE_ENVIRONMENT, "HOLON_HTTP_ADDR")};
  Configuration loaded = Loaded();
  EXPECT_EQ(loaded.values.log().level(), v1::LOG_LEVEL_DEBUG);
  EXPECT_EQ(loaded.values.http_addr(), "localhost:3");
  EXPECT_EQ(loaded.values.callback_base_url(), "");
  EXPECT_EQ(OriginOf(loaded, "http_addr"), "HOLON_HTTP_ADDR");
}

TEST(OriginText, NamesThePlaceOrTheKind) {
  v1::Origin origin;
  EXPECT_EQ(OriginText(origin), "default");
  origin.set_source(v1::SOURCE_FILE);
  EXPECT_EQ(OriginText(origin), "file");
  origin.set_location("/a/config.json:3:14");
  EXPECT_EQ(OriginText(origin), "/a/config.json:3:14");
}

TEST(FaultText, IsOneLine) {
  v1::Origin origin;
  origin.set_location("--set a\nb");
  EXPECT_EQ(FaultText({"a.b", origin, "found\nit\x1b"}), "a.b: found?it? (--set a?b)");
  EXPECT_EQ(FaultText({"", origin, "whole"}), "whole (--set a?b)");
}

}  // namespace
}  // namespace holon::config
