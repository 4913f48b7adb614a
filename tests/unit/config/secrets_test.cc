// Secrets: where they may come from, and that they go nowhere.
#include <unistd.h>

#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "runtime/config/command_line.h"
#include "runtime/config/diff.h"
#include "runtime/config/fingerprint.h"
#include "tests/unit/config/scratch.h"

namespace holon::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kSecret[] = "hunter2-hunter2";

class Secrets : public ScratchTest {
 protected:
  std::string TokenOf(const LoadResult& result) {
    EXPECT_THAT(FaultTexts(result.faults), IsEmpty());
    return result.configuration.values.control_token();
  }

  // Everything that is shown, logged or written down of a load.
  static std::string Shown(const LoadResult& result) {
    std::string text = absl::StrJoin(FaultTexts(result.faults), "\n");
    absl::StrAppend(&text, absl::StrJoin(result.warnings, "\n"));
    for (const auto& override : result.configuration.overrides) {
      absl::StrAppend(&text, override.DebugString());
    }
    for (const auto& [path, origin] : result.configuration.origins) {
      absl::StrAppend(&text, path, origin.DebugString());
    }
    const std::string key(32, 'k');
    std::vector<v1::ConfigValue> described = Describe(result.configuration, key);
    for (const v1::ConfigValue& value : described) absl::StrAppend(&text, value.DebugString());
    std::vector<v1::ConfigValue> others = Describe(Configuration(), key);
    for (const auto& row : Diff({"a", described}, {"b", others})) {
      absl::StrAppend(&text, row.DebugString(), DifferenceLine(row));
    }
    absl::StrAppend(&text, CanonicalText(described), Fingerprint(described),
                    absl::StrJoin(ForSpawn(result.configuration, {}).arguments, " "));
    return text;
  }
};

TEST_F(Secrets, ComeFromTheFileAVariableOrAFileOfTheirOwn) {
  Write(home_ + "/token", absl::StrCat(kSecret, "\n"));
  Write(work_ + "/token", "from-work");
  WriteConfig(absl::StrCat("{\"control_token\": \"", kSecret, "\"}"));
  EXPECT_EQ(TokenOf(Load(inputs_)), kSecret);
  WriteConfig("{\"control_token_file\": \"token\"}", 0644);
  EXPECT_EQ(TokenOf(Load(inputs_)), kSecret);
  inputs_.environment = {{"HOLON_CONTROL_TOKEN_FILE", "token"}};
  EXPECT_EQ(TokenOf(Load(inputs_)), "from-work");
  inputs_.environment = {{"HOLON_CONTROL_TOKEN", "from-variable"}};
  EXPECT_EQ(TokenOf(Load(inputs_)), "from-variable");
  inputs_.sets = {"control_token_file=" + home_ + "/token"};
  EXPECT_EQ(TokenOf(Load(inputs_)), kSecret);
}

TEST_F(Secrets, AreRecordedByTheirFileOnly) {
  Write(work_ + "/token", kSecret);
  inputs_.environment = {{"HOLON_CONTROL_TOKEN", kSecret}};
  LoadResult result = Load(inputs_);
  ASSERT_EQ(result.configuration.overrides.size(), 1u);
  v1::ConfigOverride override = result.configuration.overrides[0];
  EXPECT_EQ(override.path(), "control_token");
  EXPECT_EQ(override.value(), "");
  EXPECT_TRUE(override.secret_withheld());
  EXPECT_EQ(override.origin().location(), "HOLON_CONTROL_TOKEN");

  inputs_.environment = {{"HOLON_CONTROL_TOKEN_FILE", "token"}};
  override = Load(inputs_).configuration.overrides.at(0);
  EXPECT_EQ(override.path(), "control_token_file");
  EXPECT_EQ(override.value(), work_ + "/token");
  EXPECT_FALSE(override.secret_withheld());
}

TEST_F(Secrets, GoNowhere) {
  Write(work_ + "/token", kSecret);
  Write(work_ + "/bad-token", absl::StrCat(kSecret, " ", kSecret));
  Write(work_ + "/open-token", kSecret, 0644);
  const std::string inline_file = absl::StrCat("{\"control_token\": \"", kSecret, "\"}");
  struct {
    std::string file;
    mode_t mode;
    std::vector<std::pair<std::string, std::string>> environment;
    std::vector<std::string> sets;
  } cases[] = {
      {inline_file, 0600, {}, {}},
      {inline_file, 0644, {}, {}},
      {absl::StrCat("{\"control_token\": \"", kSecret, "\n\"}"), 0600, {}, {}},
      {absl::StrCat("{\"control_token\": \"", kSecret, " \"}"), 0600, {}, {}},
      {absl::StrCat("{\"control_token\": [\"", kSecret, "\"]}"), 0600, {}, {}},
      {absl::StrCat("{\"control_token\": \"", kSecret, "\" oops}"), 0600, {}, {}},
      {absl::StrCat("{\"control_tokn\": \"", kSecret, "\"}"), 0600, {}, {}},
      {absl::StrCat("{\"control_token\": {\"x\": \"", kSecret, "\"}}"), 0600, {}, {}},
      {"{}", 0600, {{"HOLON_CONTROL_TOKEN", kSecret}}, {}},
      {"{}", 0600, {{"HOLON_CONTROL_TOKEN", absl::StrCat(kSecret, " ", kSecret)}}, {}},
      {"{}", 0600, {{"HOLON_CONTROL_TOKE", kSecret}}, {}},
      {"{}", 0600, {{"HOLON_CONTROL_TOKEN_FILE", "token"}}, {}},
      {"{}", 0600, {{"HOLON_CONTROL_TOKEN_FILE", "bad-token"}}, {}},
      {"{}", 0600, {{"HOLON_CONTROL_TOKEN_FILE", "open-token"}}, {}},
      {"{}", 0600, {}, {absl::StrCat("control_token=", kSecret)}},
      {"{}", 0600, {}, {absl::StrCat("control_tken=", kSecret)}},
      {"{}", 0600, {}, {absl::StrCat("control_token ", kSecret)}},
      {"{}", 0600, {{"HOLON_CONTROL_TOKEN", kSecret}, {"HOLON_CONTROL_TOKEN_FILE", "token"}}, {}},
      {inline_file, 0600, {{"HOLON_CONTROL_ADDR", "0.0.0.0:1"}}, {"log.level=loud"}},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.file);
    WriteConfig(test.file, test.mode);
    inputs_.environment = test.environment;
    inputs_.sets = test.sets;
    EXPECT_THAT(Shown(Load(inputs_)), testing::Not(HasSubstr(kSecret)));
  }
}

TEST_F(Secrets, InAFileThatOthersCanReadAreRefused) {
  for (mode_t mode : {0644, 0640, 0604, 0620, 0601}) {
    WriteConfig(R"({"control_token": "x"})", mode);
    EXPECT_THAT(FaultTexts(Load(inputs_).faults),
                ElementsAre(HasSubstr("others can read; run: chmod 600 " + home_ + "/config.json")))
        << mode;
  }
  WriteConfig(R"({"control_token": "x"})", 0400);
  EXPECT_EQ(TokenOf(Load(inputs_)), "x");
}

TEST_F(Secrets, FilesOfTheirOwnMustBeFit) {
  const std::string path = work_ + "/token";
  auto fault = [&] {
    inputs_.sets = {"control_token_file=" + path};
    std::vector<std::string> faults = FaultTexts(Load(inputs_).faults);
    EXPECT_EQ(faults.size(), 1u);
    EXPECT_THAT(faults, testing::Each(testing::EndsWith("(--set control_token_file)")));
    return faults.empty() ? "" : faults[0];
  };
  EXPECT_THAT(fault(), HasSubstr("cannot open " + path));
  Write(path, "x", 0640);
  EXPECT_THAT(fault(), HasSubstr("run: chmod 600 " + path));
  Write(path, "");
  chmod(path.c_str(), 0600);
  EXPECT_THAT(fault(),
              HasSubstr("found nothing; allowed: 1 to 4096 visible ASCII characters in " + path));
  Write(path, "\n");
  EXPECT_THAT(fault(), HasSubstr("found nothing"));
  Write(path, "x\n\n");
  EXPECT_THAT(fault(), HasSubstr("other characters"));
  Write(path, "x\r\n");
  EXPECT_THAT(fault(), HasSubstr("other characters"));
  Write(path, std::string(4097, 'x'));
  EXPECT_THAT(fault(), HasSubstr("found 4097 bytes"));
  Write(path, std::string(8193, 'x'));
  EXPECT_THAT(fault(), HasSubstr("larger than the 8192 bytes"));
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  EXPECT_THAT(fault(), HasSubstr("is not a regular file"));
  std::filesystem::remove(path);
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_THAT(fault(), HasSubstr("is not a regular file"));
}

TEST_F(Secrets, OnCommandLinesAreRefusedWithTheWayOut) {
  inputs_.sets = {"control_token=x"};
  EXPECT_THAT(FaultTexts(Load(inputs_).faults),
              ElementsAre("control_token: secrets are refused on command lines, which others can "
                          "read; use the variable HOLON_CONTROL_TOKEN or control_token_file (--set "
                          "control_token)"));
}

TEST_F(Secrets, TwiceInOneSourceAreRefused) {
  Write(home_ + "/token", "x");
  WriteConfig(R"({"control_token_file": "token", "control_token": "x"})");
  EXPECT_THAT(FaultTexts(Load(inputs_).faults),
              ElementsAre(HasSubstr("control_token: contradicts " + home_ + "/config.json:1:24")));
  WriteConfig("{}");
  inputs_.environment = {{"HOLON_CONTROL_TOKEN", "x"},
                         {"HOLON_CONTROL_TOKEN_FILE", "../home/token"}};
  EXPECT_THAT(FaultTexts(Load(inputs_).faults),
              ElementsAre(HasSubstr("control_token_file: contradicts HOLON_CONTROL_TOKEN")));
}

TEST_F(Secrets, EmptyOnesAndNamesAreRefused) {
  inputs_.environment = {{"HOLON_CONTROL_TOKEN", ""}};
  EXPECT_THAT(FaultTexts(Load(inputs_).faults),
              ElementsAre(HasSubstr("control_token: found nothing")));
  inputs_.environment = {{"HOLON_CONTROL_TOKEN_FILE", ""}};
  EXPECT_THAT(FaultTexts(Load(inputs_).faults),
              ElementsAre(HasSubstr("control_token_file: found no file's name")));
  inputs_.environment.clear();
  WriteConfig(R"({"control_token_file": 5})");
  EXPECT_THAT(FaultTexts(Load(inputs_).faults),
              ElementsAre(HasSubstr("control_token_file: found no file's name")));
}

TEST_F(Secrets, OnlyTheFileOfTheStrongestSourceIsRead) {
  WriteConfig(R"({"control_token_file": "/no/such/file"})");
  inputs_.environment = {{"HOLON_CONTROL_TOKEN", "x"}};
  EXPECT_EQ(TokenOf(Load(inputs_)), "x");
}

class WithheldSecrets : public Secrets {
 protected:
  WithheldSecrets() {
    inputs_.environment = {{"HOLON_CONTROL_TOKEN", kSecret}};
    inputs_.inherited = Load(inputs_).configuration.overrides;
    inputs_.environment.clear();
  }
};

TEST_F(WithheldSecrets, MustBeGivenAgain) {
  EXPECT_THAT(FaultTexts(Load(inputs_).faults),
              ElementsAre("control_token: control_token was given inline at the last start and is "
                          "not kept: give it again, as HOLON_CONTROL_TOKEN=... or "
                          "control_token_file (HOLON_CONTROL_TOKEN)"));
  inputs_.environment = {{"HOLON_CONTROL_TOKEN", "anew"}};
  EXPECT_EQ(TokenOf(Load(inputs_)), "anew");
}

TEST_F(WithheldSecrets, MayComeFromAFileInstead) {
  Write(work_ + "/token", "from-file");
  inputs_.sets = {"control_token_file=token"};
  LoadResult result = Load(inputs_);
  EXPECT_EQ(TokenOf(result), "from-file");
  ASSERT_EQ(result.configuration.overrides.size(), 1u);
  EXPECT_EQ(result.configuration.overrides[0].path(), "control_token_file");
}

TEST_F(WithheldSecrets, YieldToTheConfigurationFile) {
  WriteConfig(R"({"control_token": "in-file"})");
  LoadResult result = Load(inputs_);
  EXPECT_EQ(TokenOf(result), "in-file");
  EXPECT_THAT(result.configuration.overrides, IsEmpty());
}

TEST_F(WithheldSecrets, AreTakenFromWhoeverKeptThem) {
  WriteConfig(R"({"control_token": "in-file"})");
  inputs_.kept_secrets = {{"control_token", kSecret}};
  LoadResult result = Load(inputs_);
  EXPECT_EQ(TokenOf(result), kSecret);
  ASSERT_EQ(result.configuration.overrides.size(), 1u);
  EXPECT_TRUE(result.configuration.overrides[0].secret_withheld());
  EXPECT_THAT(Shown(result), testing::Not(HasSubstr(kSecret)));
}

TEST_F(WithheldSecrets, AnInlineTokenBeatsAnInheritedFile) {
  Write(work_ + "/token", "from-file");
  inputs_.inherited = {MakeOverride("control_token_file", work_ + "/token", v1::SOURCE_FLAG,
                                    "--set control_token_file")};
  EXPECT_EQ(TokenOf(Load(inputs_)), "from-file");
  inputs_.environment = {{"HOLON_CONTROL_TOKEN", kSecret}};
  LoadResult result = Load(inputs_);
  EXPECT_EQ(TokenOf(result), kSecret);
  SpawnInputs spawn = ForSpawn(result.configuration, inputs_.environment);
  EXPECT_THAT(spawn.arguments, IsEmpty());
  EXPECT_THAT(spawn.environment, ElementsAre(testing::Pair("HOLON_CONTROL_TOKEN", kSecret)));
}

}  // namespace
}  // namespace holon::config
