// What is refused, wherever it stands.
#include "runtime/config/settings.h"

#include <sys/resource.h>
#include <unistd.h>

#include "gmock/gmock.h"
#include "tests/unit/config/scratch.h"

namespace holon::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Refusals : public ScratchTest {
 protected:
  std::vector<std::string> Faults() { return FaultTexts(Load(inputs_).faults); }
  std::string File(int line, int column) {
    return absl::StrCat(" (", home_, "/config.json:", line, ":", column, ")");
  }
};

// No file can be opened while this lives.
class NoDescriptors {
 public:
  NoDescriptors() {
    const int lowest = dup(STDERR_FILENO);
    close(lowest);
    getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none = {static_cast<rlim_t>(lowest), before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_;
};

TEST_F(Refusals, AFileThatCannotBeReadIsNoInvalidConfiguration) {
  WriteConfig("{}");
  LoadResult loaded;
  {
    NoDescriptors none;
    loaded = Load(inputs_);
  }
  EXPECT_EQ(Summary(loaded.faults).code(), absl::StatusCode::kResourceExhausted);
  WriteConfig(R"({"log": 1})");
  EXPECT_EQ(Summary(Load(inputs_).faults).code(), absl::StatusCode::kInvalidArgument);
  inputs_.config_file = home_;
  EXPECT_EQ(Summary(Load(inputs_).faults).code(), absl::StatusCode::kInvalidArgument);
  inputs_.config_file = home_ + "/absent.json";
  EXPECT_EQ(Summary(Load(inputs_).faults).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(Refusals, AllFaultsOfAllSourcesAreNamedInOrder) {
  WriteConfig(R"({
  "log": {"level": "loud", "levle": "info"},
  "turn": {"max_tool_calls": "12"},
  "nonsense": {"a": 1, "b": {"c": 2}},
  "default_agent_id": "x",
  "default_agent_id": "y",
  "agents": 7,
  "model.default": "a",
  "drain": {"timeout_ms": 3600001}
})");
  inputs_.environment = {{"HOLON_TURN_TIMEOUT_MS", ""}, {"HOLON_LOG_FORMAT", "xml"}};
  inputs_.sets = {"log.max_files=0", "agents.max_worker=1", "log", "model.fallbacks=a,,b"};
  EXPECT_THAT(
      Faults(),
      ElementsAre(
          "log.level: found \"loud\"; allowed: one of debug, info, warning, error" + File(2, 20),
          "log.levle: found a field that does not exist; did you mean log.level?" + File(2, 28),
          "turn.max_tool_calls: found the string \"12\"; allowed: an integer from 1 to 100000" +
              File(3, 30),
          "nonsense: found a field that does not exist" + File(4, 3),
          "default_agent_id: found the key twice, first on line 5; allowed: once" + File(6, 3),
          "agents: found a value; allowed: an object" + File(7, 3),
          "model.default: found the key \"model.default\"; allowed: an object for each level, as "
          "{\"a\": {\"b\": ...}}" +
              File(8, 3),
          "drain.timeout_ms: found 3600001; allowed: an integer from 0 to 3600000" + File(9, 27),
          "turn.timeout_ms: found \"\", which is not a decimal integer; allowed: an integer from 1 "
          "to 86400000 (HOLON_TURN_TIMEOUT_MS)",
          "log.format: found \"xml\"; allowed: one of text, json (HOLON_LOG_FORMAT)",
          "log.max_files: found 0; allowed: an integer from 1 to 100 (--set log.max_files)",
          "agents.max_worker: found a field that does not exist; did you mean agents.max_workers? "
          "(--set agents.max_worker)",
          "log: found no '='; allowed: --set PATH=VALUE (--set log)",
          "model.fallbacks: found nothing as item 2; allowed: a list of at most 16 strings (--set "
          "model.fallbacks)"));
}

TEST_F(Refusals, FieldsWithoutAFaultAreRightNevertheless) {
  WriteConfig(R"({"log": {"level": "loud", "max_files": 3}, "turn": {"max_tool_calls": 9}})");
  inputs_.socket = "/s.sock";
  LoadResult result = Load(inputs_);
  EXPECT_EQ(result.faults.size(), 1u);
  EXPECT_EQ(result.configuration.values.log().level(), v1::LOG_LEVEL_INFO);
  EXPECT_EQ(result.configuration.values.log().max_files(), 3u);
  EXPECT_EQ(result.configuration.values.turn().max_tool_calls(), 9u);
  EXPECT_EQ(result.configuration.values.socket_path(), "/s.sock");
}

TEST_F(Refusals, BadFiles) {
  struct {
    std::string text;
    const char* fault;
  } cases[] = {
      {"", "not valid JSON"},
      {"[]", "found a list; allowed: an object"},
      {"\"x\"", "found a single value; allowed: an object"},
      {"{\"log\": {\"level\": \"debug\"}", "not valid JSON: Missing a comma or '}'"},
      {"{\"a\xff\": 1}", "not UTF-8"},
      {std::string("{}\0", 3), "NUL byte"},
      {"{\"description\": \"a\\u0000b\"}", "description: found \"a?b\" with control characters"},
      {"{\"description\": \"\\udc00\"}", "description: found \"???\", which is not UTF-8"},
      {"{\"turn\": {\"timeout_ms\": 1e999}}", "turn.timeout_ms: found \"1e999\", which is not"},
      {"{\"turn\": {\"timeout_ms\": " + std::string(5000, '9') + "}}",
       "turn.timeout_ms: found 9999"},
      {"{\"turn\": {\"timeout_ms\": null}}", "turn.timeout_ms: found null"},
      {"{\"turn\": []}", "turn: found a value; allowed: an object"},
      {"{\"turn\": null}", "turn: found a value; allowed: an object"},
      {"{\"\": 1}", "\"\": found an empty key; allowed: the name of a field"},
      {"{\"\": {\"log\": {\"level\": \"debug\"}}}", "\"\": found an empty key"},
      {"{\"homeDir\": \"/x\"}",
       "homeDir: found a field that does not exist; did you mean home_dir?"},
      {"{\"log\": {\"level\": {\"x\": 1}}}", "log.level: found an object; allowed: one of"},
      {std::string(10 * 1024 * 1024, ' ') + "{}", "larger than the 1048576 bytes allowed"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.text.substr(0, 60));
    WriteConfig(test.text);
    std::vector<std::string> faults = Faults();
    ASSERT_EQ(faults.size(), 1u) << testing::PrintToString(faults);
    EXPECT_THAT(faults[0], HasSubstr(test.fault));
    EXPECT_THAT(faults[0], HasSubstr("config.json"));
    EXPECT_LT(faults[0].size(), 400u);
  }
}

TEST_F(Refusals, NestingWithoutEnd) {
  WriteConfig("{\"description\": " + std::string(100000, '['));
  EXPECT_THAT(Faults(), ElementsAre(HasSubstr("description: found a list"),
                                    HasSubstr("found more than 32 levels; allowed: 32")));
  WriteConfig("{\"unknown\": " + std::string(100000, '['));
  EXPECT_THAT(Faults(), ElementsAre(HasSubstr("unknown: found a field that does not exist"),
                                    HasSubstr("found more than 32 levels; allowed: 32")));
}

TEST_F(Refusals, AFileOfTheLargestSizeIsRead) {
  std::string text = R"({"description": "x"})";
  WriteConfig(text + std::string(1024 * 1024 - text.size(), ' '));
  EXPECT_THAT(Faults(), IsEmpty());
}

TEST_F(Refusals, ThingsThatAreNoFile) {
  const std::string path = home_ + "/config.json";
  std::filesystem::create_directory(path);
  EXPECT_THAT(Faults(), ElementsAre(HasSubstr("is not a regular file")));
  std::filesystem::remove(path);
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_THAT(Faults(), ElementsAre(HasSubstr("is not a regular file")));
  std::filesystem::remove(path);
  std::filesystem::create_symlink("/dev/zero", path);
  EXPECT_THAT(Faults(), ElementsAre(HasSubstr("is not a regular file")));
  std::filesystem::remove(path);
  std::filesystem::create_symlink("nowhere", path);
  EXPECT_THAT(Faults(), ElementsAre(HasSubstr("cannot open")));
  std::filesystem::remove(path);
  std::filesystem::create_symlink(path, path);
  EXPECT_THAT(Faults(), ElementsAre(HasSubstr("cannot open")));
}

TEST_F(Refusals, AFileThatWasAskedForMustBeThere) {
  inputs_.config_file = "missing.json";
  EXPECT_THAT(Faults(), ElementsAre(HasSubstr("cannot open " + work_ + "/missing.json")));
}

TEST_F(Refusals, AnUnreadableFile) {
  WriteConfig("{}", 0000);
  if (geteuid() == 0) GTEST_SKIP() << "root reads everything";
  EXPECT_THAT(Faults(), ElementsAre(HasSubstr("cannot open")));
}

TEST_F(Refusals, TheHomeCannotBeConfigured) {
  WriteConfig(R"({"home_dir": "/elsewhere"})");
  inputs_.environment = {{"HOLON_HOME_DIR", home_}};
  inputs_.sets = {"home_dir=" + home_};
  std::vector<std::string> faults = Faults();
  ASSERT_EQ(faults.size(), 3u);
  for (const std::string& fault : faults) {
    EXPECT_THAT(fault, HasSubstr("home_dir: found a value; allowed: none here, since --home"));
  }
}

TEST_F(Refusals, TwoNamesOfOneFieldThatDisagree) {
  inputs_.environment = {{"HOLON_SOCKET", "/a"}, {"HOLON_SOCKET_PATH", "/b"}};
  EXPECT_THAT(Faults(), ElementsAre("socket_path: contradicts HOLON_SOCKET; allowed: one of the "
                                    "two (HOLON_SOCKET_PATH)"));
  inputs_.environment.clear();
  inputs_.socket = "/a";
  inputs_.sets = {"socket_path=/b"};
  EXPECT_THAT(Faults(), ElementsAre(HasSubstr("contradicts --socket")));
}

TEST_F(Refusals, ALongHomeNamesTheWayOut) {
  inputs_.home = home_ + "/" + std::string(100, 'h');
  EXPECT_THAT(Faults(), ElementsAre(testing::AllOf(HasSubstr("socket_path: found "),
                                                   HasSubstr("give a shorter --socket, or a home"),
                                                   HasSubstr("(default)"))));
  inputs_.socket = "/short.sock";
  EXPECT_THAT(Faults(), IsEmpty());
}

TEST_F(Refusals, AHomeThatNoFieldCanHold) {
  inputs_.home = home_ + "/a\nb";
  EXPECT_THAT(Faults(), testing::Contains(HasSubstr("home_dir: found")));
}

TEST_F(Refusals, MistypedOptionsShowOnlyTheirPath) {
  inputs_.sets = {"",
                  "=x",
                  "log.level",
                  "a b=c",
                  "contrl_token=hunter2",
                  "control_token hunter2",
                  "control_token:hunter2",
                  "\xff\x1b=1"};
  std::vector<std::string> faults = Faults();
  EXPECT_EQ(faults.size(), inputs_.sets.size());
  for (const std::string& fault : faults) {
    EXPECT_THAT(fault, testing::Not(HasSubstr("hunter2")));
    EXPECT_THAT(fault, testing::Not(HasSubstr("\x1b")));
  }
  EXPECT_THAT(faults[4], HasSubstr("did you mean control_token?"));
}

TEST_F(Refusals, AGroupIsNoField) {
  inputs_.sets = {"log=debug"};
  EXPECT_THAT(Faults(), ElementsAre(HasSubstr("log only groups others")));
}

TEST_F(Refusals, ManyFaultsAreNotAllSought) {
  std::string text = "{";
  for (int i = 0; i < 50000; ++i) absl::StrAppend(&text, "\"key", i, "\": 1,");
  WriteConfig(text + "\"x\": 1}");
  std::vector<std::string> faults = Faults();
  EXPECT_EQ(faults.size(), 100u);
  EXPECT_THAT(faults.back(), HasSubstr("what follows is not looked at"));
}

TEST_F(Refusals, RequestsAreJudgedLikeOptionsAndNeverHoldSecrets) {
  inputs_.requested = {
      MakeOverride("log.level", "loud", v1::SOURCE_FLAG, "--set log.level"),
      MakeOverride("no\nthing", "x", v1::SOURCE_ENVIRONMENT, "X\n"),
      MakeOverride("control_token", "hunter2", v1::SOURCE_FLAG, "--set control_token"),
      MakeOverride("control_token_file", "/etc/hostname", v1::SOURCE_FLAG, "--set x"),
      MakeOverride("home_dir", "/x", v1::SOURCE_FLAG, "--set home_dir"),
  };
  std::vector<std::string> faults = Faults();
  ASSERT_EQ(faults.size(), 5u);
  EXPECT_THAT(faults[0], HasSubstr("no?thing: found a field that does not exist (X?)"));
  EXPECT_THAT(faults[1], HasSubstr("log.level: found \"loud\""));
  EXPECT_THAT(faults[2], HasSubstr("secrets are refused in a request"));
  EXPECT_THAT(faults[3], HasSubstr("secrets are refused in a request"));
  EXPECT_THAT(faults[4], HasSubstr("home_dir: found a value; allowed: none here"));
}

}  // namespace
}  // namespace holon::config
