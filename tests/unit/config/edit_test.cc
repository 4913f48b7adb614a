#include "runtime/config/edit.h"

#include <random>

#include "gmock/gmock.h"
#include "runtime/config/diff.h"
#include "runtime/config/fingerprint.h"
#include "tests/unit/config/scratch.h"

namespace holon::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Edit : public ScratchTest {
 protected:
  std::string path() { return home_ + "/config.json"; }
  mode_t Mode(const std::string& file) {
    struct stat found {};
    EXPECT_EQ(stat(file.c_str(), &found), 0);
    return found.st_mode & 07777;
  }
  absl::Status Set(const std::string& field, const std::string& text) {
    faults_.clear();
    return Done(PlanSet(inputs_, field, text, &faults_));
  }
  absl::Status Unset(const std::string& field) {
    faults_.clear();
    return Done(PlanUnset(inputs_, field, &faults_));
  }
  static absl::Status Done(const absl::StatusOr<FileEdit>& edit) {
    if (!edit.ok()) return edit.status();
    return edit->changes() ? config::Write(*edit) : absl::OkStatus();
  }

  std::vector<Fault> faults_;
};

TEST_F(Edit, MakesTheFileForItsOwnerAlone) {
  const mode_t before = umask(0);
  absl::Status status = Set("log.level", "debug");
  umask(before);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(Read(path()), "{\n  \"log\": {\n    \"level\": \"debug\"\n  }\n}\n");
  EXPECT_EQ(Mode(path()), 0600u);
}

TEST_F(Edit, KeepsOtherKeysTheirOrderAndTheMode) {
  WriteConfig(
      "{\"turn\":{\"max_tool_calls\":5},\n\n \"description\": \"\\u20ac\","
      "\"model\": {\"fallbacks\": [\"b\", \"a\"]}}",
      0640);
  ASSERT_TRUE(Set("turn.timeout_ms", "7").ok());
  ASSERT_TRUE(Set("description", "y").ok());
  ASSERT_TRUE(Set("compaction.enabled", "false").ok());
  EXPECT_EQ(Read(path()),
            "{\"turn\":{\"max_tool_calls\":5, \"timeout_ms\": 7},\n\n \"description\": \"y\","
            "\"model\": {\"fallbacks\": [\"b\", \"a\"]},\"compaction\": {\"enabled\": false}}");
  EXPECT_EQ(Mode(path()), 0640u);
}

TEST_F(Edit, EveryFieldCanBeSetAndUnset) {
  const v1::EffectiveConfig defaults = Load(inputs_).configuration.values;
  for (const Leaf& leaf : Leaves()) {
    if (leaf.rule->from_home() || leaf.secret || !leaf.rule->at_most().empty()) continue;
    std::string text = leaf.type == LeafType::kInteger ? absl::StrCat(RangeOf(leaf).max)
                                                       : OtherText(leaf, defaults);
    SCOPED_TRACE(leaf.path + "=" + text);
    ASSERT_TRUE(Set(leaf.path, text).ok()) << testing::PrintToString(FaultTexts(faults_));
    LoadResult result = Load(inputs_);
    EXPECT_THAT(FaultTexts(result.faults), IsEmpty());
    EXPECT_EQ(TextOf(leaf, result.configuration.values), text);
    EXPECT_EQ(result.configuration.origins.at(leaf.path).source(), v1::SOURCE_FILE);
    ASSERT_TRUE(Unset(leaf.path).ok());
    EXPECT_EQ(Read(path()), "{}\n");
  }
}

TEST_F(Edit, EveryStringIsReadBackAsItWasSet) {
  const std::vector<std::string> parts = {"\"", "\\", "/",     "a",   "é",    "€",
                                          "😀",  " ",  "'",     "{",   "}",    "[",
                                          ",",  ":",  "<set>", "\\n", "null", "\\u0041"};
  std::mt19937 random(3);
  for (int round = 0; round < 500; ++round) {
    std::string text;
    for (size_t i = random() % 12; i > 0; --i) text += parts[random() % parts.size()];
    SCOPED_TRACE(text);
    ASSERT_TRUE(Set("description", text).ok());
    const Configuration loaded = Load(inputs_).configuration;
    EXPECT_EQ(loaded.values.description(), text);
    for (const v1::ConfigValue& value : Describe(loaded, "")) {
      if (value.path() != "description") continue;
      EXPECT_EQ(DisplayValue(value.value()), text);
    }
  }
}

TEST_F(Edit, PathsCountFromTheCaller) {
  Write(work_ + "/token", "x");
  ASSERT_TRUE(Set("workspace_dir", "ws").ok());
  ASSERT_TRUE(Set("control_token_file", "token").ok());
  LoadResult result = Load(inputs_);
  EXPECT_EQ(result.configuration.values.workspace_dir(), work_ + "/ws");
  EXPECT_EQ(result.configuration.values.control_token(), "x");
}

TEST_F(Edit, RefusesWhatWouldBeRefusedLater) {
  const std::string before = R"({"log": {"level": "debug"}})";
  WriteConfig(before);
  struct {
    const char* field;
    const char* text;
    const char* fault;
  } cases[] = {
      {"log.level", "loud", "log.level: found \"loud\"; allowed: one of debug"},
      {"turn.max_tool_calls", "0", "found 0; allowed: an integer from 1"},
      {"max_tool_output_tokens", "1", "default_tool_output_tokens: found 4096; allowed: at most"},
      {"control_addr", "0.0.0.0:1", "control_addr: found"},
      {"home_dir", "/elsewhere", "home_dir: found a value; allowed: none here"},
      {"control_token", "hunter2", "secrets are refused on command lines"},
      {"control_token_file", "/no/such/token", "control_token_file: "},
      {"description", "a\nb", "control characters"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.field);
    EXPECT_TRUE(absl::IsInvalidArgument(Set(test.field, test.text)));
    EXPECT_THAT(FaultTexts(faults_), ElementsAre(HasSubstr(test.fault)));
    EXPECT_THAT(FaultTexts(faults_), testing::Each(testing::Not(HasSubstr("hunter2"))));
    EXPECT_EQ(Read(path()), before);
  }
}

TEST_F(Edit, FaultsOfVariablesAndOptionsAreNotItsOwn) {
  inputs_.environment = {{"HOLON_LOG_LEVEL", "loud"}};
  inputs_.sets = {"nonsense"};
  inputs_.inherited = {MakeOverride("x", "y", v1::SOURCE_FLAG, "z")};
  EXPECT_TRUE(Set("log.format", "json").ok());
}

TEST_F(Edit, AVariableThatARuleAsksForCounts) {
  EXPECT_FALSE(Set("control_addr", "0.0.0.0:1").ok());
  EXPECT_THAT(FaultTexts(faults_), ElementsAre(HasSubstr("config set control_addr")))
      << "a place that can be seen";
  inputs_.environment = {{"HOLON_CONTROL_AUTH_MODE", "required"}, {"HOLON_CONTROL_TOKEN", "abc"}};
  const absl::Status status = Set("control_addr", "127.0.0.1:1");
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(Edit, RepairsABrokenFileStepByStepAndNamesWhatIsLeft) {
  WriteConfig("{\"log\": {\"level\": \"loud\"},\n \"nonsense\": {\"a\": 1},\n \"more\": 2}");
  EXPECT_TRUE(Set("log.level", "debug").ok());
  EXPECT_EQ(Read(path()),
            "{\"log\": {\"level\": \"debug\"},\n \"nonsense\": {\"a\": 1},\n \"more\": 2}");
  absl::StatusOr<FileEdit> edit = PlanUnset(inputs_, "nonsense", &faults_);
  ASSERT_TRUE(edit.ok());
  EXPECT_THAT(FaultTexts(edit->remaining),
              ElementsAre(testing::AllOf(HasSubstr("more: found a field"), HasSubstr(":2:"))))
      << "by its line in the file as it is now";
  EXPECT_TRUE(Unset("nonsense").ok());
  EXPECT_TRUE(Unset("more").ok());
  EXPECT_EQ(Read(path()), "{\"log\": {\"level\": \"debug\"}}");
  WriteConfig(R"({"log": {"level": "debug"}, "log": {"level": "info"}})");
  EXPECT_TRUE(Unset("log.level").ok());
  EXPECT_EQ(Read(path()), "{}");
  WriteConfig(R"({"log": 5})");
  EXPECT_TRUE(Unset("log").ok());
  EXPECT_EQ(Read(path()), "{}");
}

TEST_F(Edit, AFaultThatItAddsIsRefusedBesideOlderOnes) {
  WriteConfig(R"({"log": {"level": "loud"}, "max_tool_output_tokens": 5000})");
  EXPECT_FALSE(Set("default_tool_output_tokens", "6000").ok());
  EXPECT_THAT(FaultTexts(faults_), ElementsAre(HasSubstr("default_tool_output_tokens: found")));
}

TEST_F(Edit, AByteOrderMarkAndAKeyOfTheWrongFormAreNoObstacle) {
  WriteConfig("\xef\xbb\xbf{\"log.level\": \"debug\", \"description\": \"x\"}");
  EXPECT_TRUE(Unset("log.level").ok());
  EXPECT_EQ(Read(path()), "\xef\xbb\xbf{\"description\": \"x\"}");
}

TEST_F(Edit, AGroupIsNotTakenOutAsAWhole) {
  const std::string before = R"({"log": {"level": "debug", "format": "json"}})";
  WriteConfig(before);
  EXPECT_TRUE(absl::IsInvalidArgument(Unset("log")));
  EXPECT_THAT(FaultTexts(faults_), ElementsAre(HasSubstr("allowed: one of log.format, log.level")));
  EXPECT_EQ(Read(path()), before);
}

TEST_F(Edit, AFileThatCannotBeParsedIsLeftAlone) {
  for (const std::string& text : {std::string("{"), std::string("[]"), std::string(""),
                                  std::string("{\"a\":1,}"), "{\"log\":" + std::string(100000, '['),
                                  std::string("{\"a\": \"\xff\"}"), std::string("{}\0x", 4)}) {
    SCOPED_TRACE(text.substr(0, 40));
    WriteConfig(text);
    EXPECT_TRUE(absl::IsInvalidArgument(Set("log.format", "json")));
    EXPECT_FALSE(faults_.empty());
    EXPECT_EQ(Read(path()), text);
    EXPECT_TRUE(absl::IsInvalidArgument(Unset("log.level")));
    EXPECT_EQ(Read(path()), text);
  }
}

TEST_F(Edit, AValueWhereAnObjectShouldBeIsExplained) {
  WriteConfig(R"({"log": 5})");
  EXPECT_TRUE(absl::IsInvalidArgument(Set("log.level", "debug")));
  EXPECT_FALSE(faults_.empty());
  EXPECT_EQ(Read(path()), R"({"log": 5})");
}

TEST_F(Edit, UnsettingWhatIsNotThere) {
  EXPECT_TRUE(Unset("log.level").ok());
  EXPECT_FALSE(std::filesystem::exists(path()));
  for (const char* name : {"log.levle", "nonsense"}) {
    EXPECT_TRUE(absl::IsNotFound(Unset(name)));
    EXPECT_TRUE(absl::IsNotFound(Set(name, "1")));
    EXPECT_THAT(faults_, IsEmpty());
  }
}

TEST_F(Edit, UnsettingTheLastOfAGroupTakesTheGroupToo) {
  WriteConfig(R"({"log": {"level": "debug", "format": "json"}})");
  ASSERT_TRUE(Unset("log.level").ok());
  EXPECT_EQ(Read(path()), R"({"log": {"format": "json"}})");
  ASSERT_TRUE(Unset("log.format").ok());
  EXPECT_EQ(Read(path()), "{}");
}

TEST_F(Edit, ASecretInTheFileStaysAndMayBeTakenOut) {
  WriteConfig(R"({"control_token": "hunter2"})");
  ASSERT_TRUE(Set("log.level", "debug").ok());
  EXPECT_EQ(Load(inputs_).configuration.values.control_token(), "hunter2");
  ASSERT_TRUE(Unset("control_token").ok());
  EXPECT_THAT(Read(path()), testing::Not(HasSubstr("hunter2")));
}

TEST_F(Edit, ALinkStaysALink) {
  std::filesystem::create_directory(root_ + "/dotfiles");
  Write(root_ + "/dotfiles/holon.json", "{}", 0644);
  std::filesystem::create_symlink("../dotfiles/holon.json", path());
  ASSERT_TRUE(Set("log.level", "debug").ok());
  EXPECT_TRUE(std::filesystem::is_symlink(path()));
  EXPECT_THAT(Read(root_ + "/dotfiles/holon.json"), HasSubstr("debug"));
  EXPECT_EQ(Mode(root_ + "/dotfiles/holon.json"), 0644u);
}

TEST_F(Edit, AnotherFileCanBeEdited) {
  inputs_.config_file = "other.json";
  ASSERT_TRUE(Set("log.level", "debug").ok());
  EXPECT_THAT(Read(work_ + "/other.json"), HasSubstr("debug"));
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(Edit, WhatIsNoFileIsAnErrorOfItsOwn) {
  std::filesystem::create_directory(path());
  absl::Status status = Set("log.level", "debug");
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_TRUE(faults_.empty());
  inputs_.home = home_ + "/missing";
  EXPECT_TRUE(absl::IsNotFound(Set("log.level", "debug")));
}

TEST_F(Edit, LeavesNothingBehind) {
  ASSERT_TRUE(Set("log.level", "debug").ok());
  EXPECT_FALSE(Set("log.level", "loud").ok());
  int files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(home_)) ++files;
  EXPECT_EQ(files, 1);
}

}  // namespace
}  // namespace holon::config
