#include "runtime/config/values.h"

#include "gmock/gmock.h"
#include "tests/unit/config/scratch.h"

namespace holon::config {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string Message(const absl::Status& status) { return std::string(status.message()); }

JsonValue Json(JsonKind kind, const std::string& text) { return {kind, text, {}}; }

TEST(SetFromText, TakesWhatIsAllowed) {
  struct {
    const char* path;
    const char* text;
    const char* canonical;
  } cases[] = {
      {"turn.max_tool_calls", "1", "1"},
      {"turn.max_tool_calls", "100000", "100000"},
      {"drain.timeout_ms", "0", "0"},
      {"model.disable_provider_fallback", "true", "true"},
      {"compaction.enabled", "false", "false"},
      {"control_auth_mode", "required", "\"required\""},
      {"model.default", "", "\"\""},
      {"model.default", "a/b \"c\" \\ \xe2\x82\xac", "\"a/b \\\"c\\\" \\\\ \xe2\x82\xac\""},
      {"model.fallbacks", "", "[]"},
      {"model.fallbacks", "  ", "[]"},
      {"model.fallbacks", "[]", "[]"},
      {"model.fallbacks", "a", "[\"a\"]"},
      {"model.fallbacks", "a, b,c", "[\"a\",\"b\",\"c\"]"},
      {"model.fallbacks", " [ \"a,b\", \"c\\u20ac\" ] ", "[\"a,b\",\"c\xe2\x82\xac\"]"},
      {"http_addr", "", "\"\""},
      {"http_addr", "[::1]:80", "\"[::1]:80\""},
      {"callback_base_url", "https://a/b", "\"https://a/b\""},
      {"default_agent_id", "a.b", "\"a.b\""},
      {"workspace_dir", "x/../y/.", "\"/no/base/y\""},
      {"workspace_dir", "/no/such/./dir/", "\"/no/such/dir\""},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(absl::StrCat(test.path, "=", test.text));
    const Leaf& leaf = *FindLeaf(test.path);
    v1::EffectiveConfig config;
    absl::Status status = SetFromText(leaf, test.text, "/no/base", &config);
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_EQ(CanonicalOf(leaf, config), test.canonical);
    // What is written can be read again, and says the same.
    v1::EffectiveConfig again;
    ASSERT_TRUE(SetFromText(leaf, TextOf(leaf, config), "/elsewhere", &again).ok());
    EXPECT_EQ(CanonicalOf(leaf, again), test.canonical);
  }
}

TEST(SetFromText, RefusesWithWhatWasFoundAndWhatIsAllowed) {
  struct {
    const char* path;
    std::string text;
    const char* found;
  } cases[] = {
      {"turn.max_tool_calls", "",
       "found \"\", which is not a decimal integer; allowed: an integer "
       "from 1 to 100000"},
      {"turn.max_tool_calls", "0", "found 0; allowed: an integer from 1 to 100000"},
      {"turn.max_tool_calls", "100001", "found 100001;"},
      {"turn.max_tool_calls", "-5", "found -5;"},
      {"turn.max_tool_calls", "99999999999999999999999999", "found 99999999999999999999999999;"},
      {"turn.max_tool_calls", std::string(5000, '9'),
       "found 9999999999999999999999999999999999999999..."},
      {"turn.max_tool_calls", "1.0", "not a decimal integer"},
      {"turn.max_tool_calls", "1e3", "not a decimal integer"},
      {"turn.max_tool_calls", "+1", "not a decimal integer"},
      {"turn.max_tool_calls", " 1", "not a decimal integer"},
      {"turn.max_tool_calls", "1 ", "not a decimal integer"},
      {"turn.max_tool_calls", "007", "not a decimal integer"},
      {"turn.max_tool_calls", "0x10", "not a decimal integer"},
      {"turn.max_tool_calls", "many", "found \"many\", which is not a decimal integer"},
      {"compaction.enabled", "", "found \"\"; allowed: true or false"},
      {"compaction.enabled", "1", "found \"1\""},
      {"compaction.enabled", "True", "found \"True\""},
      {"compaction.enabled", "yes", "found \"yes\""},
      {"control_auth_mode", "", "found \"\"; allowed: one of auto"},
      {"control_auth_mode", "AUTO", "found \"AUTO\"; did you mean auto?; allowed: one of auto"},
      {"control_auth_mode", "CONTROL_AUTH_MODE_AUTO", "allowed: one of auto, required, disabled"},
      {"control_auth_mode", "unspecified", "allowed: one of"},
      {"control_auth_mode", "1", "allowed: one of"},
      {"log.level", "warn", "allowed: one of debug, info, warning, error"},
      {"model.default", "a\nb", "found \"a?b\" with control characters"},
      {"model.default", std::string("a\0b", 3), "with control characters"},
      {"model.default", "\x1b[31m", "with control characters"},
      {"model.default", "\xff", "not UTF-8"},
      {"model.default", std::string(201, 'a'), "found 201 bytes, more than 200"},
      {"model.fallbacks", "a,,b", "found nothing as item 2"},
      {"model.fallbacks", "a,", "found nothing as item 2"},
      {"model.fallbacks", "[\"a\"", "not a JSON array"},
      {"model.fallbacks", "[\"a\", 1]", "found the number 1 as item 2"},
      {"model.fallbacks", "[[\"a\"]]", "found a list as item 1"},
      {"model.fallbacks", "[\"\"]", "found nothing as item 1"},
      {"model.fallbacks", "[\"a\\u0000\"]", "control characters"},
      {"model.fallbacks", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17",
       "found 17 items; allowed: a "
       "list of at most 16"},
      {"http_addr", "localhost", "found \"localhost\"; allowed: HOST:PORT"},
      {"http_addr", "localhost:70000", "allowed: HOST:PORT, [V6]:PORT"},
      {"callback_base_url", "ftp://a", "found \"ftp://a\"; allowed: an http or https URL"},
      {"default_agent_id", "", "allowed: 1 to 64"},
      {"default_agent_id", "a b", "allowed: 1 to 64"},
      {"workspace_dir", "", "found an empty path"},
      {"workspace_dir", "~/x", "without '~'"},
      {"workspace_dir", "a\nb", "control characters"},
      {"workspace_dir", std::string("/a\0b", 4), "control characters"},
      {"socket_path", "", "found an empty path"},
      {"socket_path", "/" + std::string(107, 's'), "108 bytes (give a shorter --socket"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(absl::StrCat(test.path, "=", test.text.substr(0, 80)));
    v1::EffectiveConfig config;
    absl::Status status = SetFromText(*FindLeaf(test.path), test.text, "/base", &config);
    EXPECT_TRUE(absl::IsInvalidArgument(status));
    EXPECT_THAT(Message(status),
                AllOf(HasSubstr(test.found), HasSubstr("found "), HasSubstr("; allowed: ")));
    EXPECT_FALSE(Has(*FindLeaf(test.path), config));
  }
}

TEST(SetFromText, TakesASocketPathOfJustTheLimit) {
  v1::EffectiveConfig config;
  std::string path = "/" + std::string(106, 's');
  EXPECT_TRUE(SetFromText(*FindLeaf("socket_path"), path, "/", &config).ok());
  EXPECT_EQ(config.socket_path(), path);
}

TEST(SetFromText, QuotesNoUrlThatMayHoldAPassword) {
  v1::EffectiveConfig config;
  absl::Status status =
      SetFromText(*FindLeaf("callback_base_url"), "https://joe:hunter2@a", "/", &config);
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(Message(status), testing::Not(HasSubstr("hunter2")));
}

TEST(SetFromJson, IsStrictAboutTypes) {
  struct {
    const char* path;
    JsonValue value;
    const char* found;
  } cases[] = {
      {"turn.max_tool_calls", Json(JsonKind::kString, "12"),
       "found the string \"12\"; allowed: an integer"},
      {"turn.max_tool_calls", Json(JsonKind::kNumber, "1.0"),
       "\"1.0\", which is not a decimal integer"},
      {"turn.max_tool_calls", Json(JsonKind::kNumber, "1e3"), "not a decimal integer"},
      {"turn.max_tool_calls", Json(JsonKind::kNumber, "-0.5"), "not a decimal integer"},
      {"turn.max_tool_calls", Json(JsonKind::kNumber, "1e999"), "not a decimal integer"},
      {"turn.max_tool_calls", Json(JsonKind::kNumber, "18446744073709551617"),
       "found 18446744073709551617"},
      {"turn.max_tool_calls", Json(JsonKind::kBoolean, "true"), "found true; allowed: an integer"},
      {"turn.max_tool_calls", Json(JsonKind::kNull, "null"), "found null (leave the key out"},
      {"turn.max_tool_calls", Json(JsonKind::kArray, ""), "found a list; allowed: an integer"},
      {"turn.max_tool_calls", Json(JsonKind::kObject, ""), "found an object; allowed: an integer"},
      {"compaction.enabled", Json(JsonKind::kString, "true"),
       "found the string \"true\"; allowed: true or false"},
      {"compaction.enabled", Json(JsonKind::kNumber, "1"),
       "found the number 1; allowed: true or false"},
      {"log.level", Json(JsonKind::kNumber, "2"), "found the number 2; allowed: one of debug"},
      {"model.default", Json(JsonKind::kNumber, "5"), "found the number 5; allowed: a string"},
      {"model.fallbacks", Json(JsonKind::kString, "a,b"),
       "found the string \"a,b\"; allowed: a list"},
      {"workspace_dir", Json(JsonKind::kBoolean, "false"), "found false; allowed: a path"},
      {"model.default", Json(JsonKind::kString, "\xed\xb0\x80"), "not UTF-8"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(absl::StrCat(test.path, " ", test.value.text));
    v1::EffectiveConfig config;
    absl::Status status = SetFromJson(*FindLeaf(test.path), test.value, "/base", &config);
    EXPECT_TRUE(absl::IsInvalidArgument(status));
    EXPECT_THAT(Message(status), HasSubstr(test.found));
  }
}

TEST(SetFromJson, TakesTheFieldsOwnType) {
  v1::EffectiveConfig config;
  EXPECT_TRUE(
      SetFromJson(*FindLeaf("turn.max_tool_calls"), Json(JsonKind::kNumber, "7"), "/", &config)
          .ok());
  EXPECT_TRUE(
      SetFromJson(*FindLeaf("log.level"), Json(JsonKind::kString, "error"), "/", &config).ok());
  JsonValue list{
      JsonKind::kArray, "", {Json(JsonKind::kString, "a,b"), Json(JsonKind::kString, "[")}};
  EXPECT_TRUE(SetFromJson(*FindLeaf("model.fallbacks"), list, "/", &config).ok());
  EXPECT_EQ(config.turn().max_tool_calls(), 7u);
  EXPECT_EQ(config.log().level(), v1::LOG_LEVEL_ERROR);
  EXPECT_EQ(CanonicalOf(*FindLeaf("model.fallbacks"), config), R"(["a,b","["])");
}

TEST(SetSecret, NeverQuotesIt) {
  const Leaf& token = *FindLeaf("control_token");
  v1::EffectiveConfig config;
  for (const JsonValue& value :
       {Json(JsonKind::kNumber, "8675309"), Json(JsonKind::kString, "8675309 "),
        Json(JsonKind::kString, "8675309\n")}) {
    absl::Status status = SetFromJson(token, value, "/", &config);
    EXPECT_TRUE(absl::IsInvalidArgument(status));
    EXPECT_THAT(Message(status),
                AllOf(HasSubstr("allowed: 1 to 4096"), testing::Not(HasSubstr("8675309"))));
  }
  EXPECT_THAT(Message(SetSecret(token, "", &config)), HasSubstr("found nothing"));
  EXPECT_THAT(Message(SetSecret(token, std::string(4097, 'x'), &config)),
              HasSubstr("found 4097 bytes"));
  EXPECT_FALSE(Has(token, config));
  EXPECT_TRUE(SetSecret(token, "fine", &config).ok());
  EXPECT_EQ(config.control_token(), "fine");
}

TEST(Copy, MovesEveryFieldAndItsAbsence) {
  v1::EffectiveConfig defaults;
  for (const Leaf& leaf : Leaves()) ASSERT_TRUE(SetDefault(leaf, "/home/x", &defaults).ok());
  for (const Leaf& leaf : Leaves()) {
    SCOPED_TRACE(leaf.path);
    v1::EffectiveConfig other = defaults;
    ASSERT_TRUE(SetFromText(leaf, OtherText(leaf, defaults), "/", &other).ok());
    EXPECT_NE(other.SerializeAsString(), defaults.SerializeAsString());
    v1::EffectiveConfig copy = defaults;
    Copy(leaf, other, &copy);
    EXPECT_EQ(copy.SerializeAsString(), other.SerializeAsString());
    Copy(leaf, v1::EffectiveConfig(), &copy);
    EXPECT_FALSE(Has(leaf, copy));
    Copy(leaf, defaults, &copy);
    EXPECT_EQ(copy.SerializeAsString(), defaults.SerializeAsString());
  }
}

class PathValues : public ScratchTest {};

TEST_F(PathValues, AreTheSameHoweverTheyAreWritten) {
  std::filesystem::create_directories(root_ + "/real/sub");
  std::filesystem::create_symlink(root_ + "/real", root_ + "/link");
  const Leaf& leaf = *FindLeaf("workspace_dir");
  for (const std::string& text :
       {root_ + "/real/sub/new", root_ + "/link/sub/new", std::string("../link/sub/new"),
        std::string("../link/sub/../sub/./new/"), root_ + "//real///sub/new"}) {
    SCOPED_TRACE(text);
    v1::EffectiveConfig config;
    ASSERT_TRUE(SetFromText(leaf, text, work_, &config).ok());
    EXPECT_EQ(config.workspace_dir(), root_ + "/real/sub/new");
  }
}

}  // namespace
}  // namespace holon::config
