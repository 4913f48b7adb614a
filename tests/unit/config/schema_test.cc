#include "runtime/config/schema.h"

#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/config/values.h"

namespace holon::config {
namespace {

using testing::HasSubstr;

TEST(Schema, KnowsEveryFieldOnce) {
  std::set<std::string> paths;
  for (const Leaf& leaf : Leaves()) EXPECT_TRUE(paths.insert(leaf.path).second) << leaf.path;
  for (const char* path : {"home_dir", "model.default", "model.fallbacks", "log.level"}) {
    EXPECT_EQ(paths.count(path), 1u) << path;
  }
  EXPECT_EQ(paths.count("model"), 0u);
  EXPECT_TRUE(std::is_sorted(Leaves().begin(), Leaves().end(),
                             [](const Leaf& a, const Leaf& b) { return a.path < b.path; }));
}

TEST(Schema, FindsLeavesAndGroups) {
  ASSERT_NE(FindLeaf("model.default"), nullptr);
  EXPECT_EQ(FindLeaf("model.default")->path, "model.default");
  for (const char* path : {"", "model", "model.", "model.defaul", "model.defaults", "zzz", "."}) {
    EXPECT_EQ(FindLeaf(path), nullptr) << path;
  }
  EXPECT_TRUE(IsGroup("model"));
  for (const char* path : {"", "mod", "model.default", "nothing"}) {
    EXPECT_FALSE(IsGroup(path)) << path;
  }
}

TEST(Schema, NoTwoFieldsShareAVariableOrAName) {
  std::map<std::string, std::string> names;
  for (const Leaf& leaf : Leaves()) {
    EXPECT_TRUE(names.emplace(leaf.variable, leaf.path).second) << leaf.variable;
    if (!leaf.secret) continue;
    EXPECT_TRUE(names.emplace(VariableOf({&leaf, true}), leaf.path).second) << leaf.path;
    EXPECT_EQ(FindLeaf(PathOf({&leaf, true})), nullptr) << leaf.path;
  }
  EXPECT_EQ(names.count("HOLON_HOME"), 0u);
  EXPECT_EQ(names.count("HOLON_SOCKET"), 0u);
}

TEST(Schema, EveryFieldIsFoundByItsVariable) {
  EXPECT_EQ(FindLeaf("model.default")->variable, "HOLON_MODEL_DEFAULT");
  for (const Leaf& leaf : Leaves()) {
    EXPECT_EQ(FindVariable(leaf.variable).leaf, &leaf);
    EXPECT_FALSE(FindVariable(leaf.variable).names_file);
    EXPECT_EQ(FindVariable(leaf.variable + "_FILE").leaf, leaf.secret ? &leaf : nullptr);
  }
  EXPECT_EQ(FindVariable("HOLON_SOCKET").leaf->path, "socket_path");
  EXPECT_EQ(FindVariable("HOLON_HOME").leaf, nullptr);
}

TEST(Schema, EveryFieldHasAComment) {
  for (const Leaf& leaf : Leaves()) {
    EXPECT_GT(Comment(leaf).size(), 10u) << leaf.path;
    EXPECT_FALSE(absl::StrContains(Comment(leaf), '\n')) << leaf.path;
  }
  EXPECT_THAT(Comment(*FindLeaf("turn.max_tool_calls")), HasSubstr("tool calls in a turn"));
  EXPECT_THAT(Comment(*FindLeaf("home_dir")), HasSubstr("run directory. From --home"));
}

TEST(Schema, EveryDefaultIsAllowed) {
  for (const Leaf& leaf : Leaves()) {
    v1::EffectiveConfig config;
    absl::Status status = SetDefault(leaf, "/home/of/test", &config);
    EXPECT_TRUE(status.ok()) << leaf.path << ": " << status;
    if (!leaf.secret && leaf.type != LeafType::kStringList) {
      EXPECT_TRUE(Has(leaf, config)) << leaf.path;
    }
  }
}

TEST(Schema, RulesNameFieldsThatExistAndEndSomewhere) {
  for (const Leaf& leaf : Leaves()) {
    SCOPED_TRACE(leaf.path);
    std::set<std::string> seen = {leaf.path};
    for (const Leaf* next = &leaf; !next->rule->depends_on().empty();) {
      next = FindLeaf(next->rule->depends_on());
      ASSERT_NE(next, nullptr);
      ASSERT_TRUE(seen.insert(next->path).second);
    }
    if (leaf.rule->at_most().empty()) continue;
    const Leaf* most = FindLeaf(leaf.rule->at_most());
    ASSERT_NE(most, nullptr);
    EXPECT_EQ(leaf.type, LeafType::kInteger);
    EXPECT_EQ(most->type, LeafType::kInteger);
    // Else a reload could apply the one without the other, and leave a contradiction in force.
    EXPECT_EQ(most->apply, leaf.apply);
  }
}

TEST(Schema, EnumsHaveAnUnspecifiedValueThatTellsThePrefix) {
  for (const Leaf& leaf : Leaves()) {
    if (leaf.type != LeafType::kEnum) continue;
    const google::protobuf::EnumDescriptor& type = *leaf.field().enum_type();
    EXPECT_EQ(type.value(0)->number(), 0);
    EXPECT_TRUE(absl::EndsWith(type.value(0)->name(), "_UNSPECIFIED")) << type.full_name();
    EXPECT_GE(EnumNames(leaf).size(), 2u);
    for (const std::string& name : EnumNames(leaf)) {
      EXPECT_FALSE(absl::StrContains(name, "unspecified"));
      EXPECT_EQ(name.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), std::string::npos) << name;
    }
  }
  EXPECT_THAT(EnumNames(*FindLeaf("control_auth_mode")),
              testing::ElementsAre("auto", "required", "disabled"));
}

TEST(Schema, OneFieldIsTheSocketAndSecretsAreStrings) {
  int sockets = 0;
  for (const Leaf& leaf : Leaves()) {
    sockets += leaf.rule->format() == v1::FORMAT_SOCKET_PATH;
    EXPECT_TRUE(!leaf.secret || leaf.type == LeafType::kString) << leaf.path;
    EXPECT_NE(leaf.apply, v1::APPLY_UNSPECIFIED) << leaf.path;
  }
  EXPECT_EQ(sockets, 1);
}

TEST(Schema, SaysWhatIsAllowed) {
  struct {
    const char* path;
    const char* type;
    const char* allowed;
  } cases[] = {
      {"home_dir", "path", "a path"},
      {"socket_path", "path", "at most 107 bytes"},
      {"http_addr", "address", "HOST:PORT"},
      {"callback_base_url", "url", "http or https"},
      {"default_agent_id", "string", "1 to 64"},
      {"control_auth_mode", "enum", "one of auto, required, disabled"},
      {"control_token", "secret", "1 to 4096 visible ASCII characters"},
      {"model.default", "string", "at most 200 bytes"},
      {"model.fallbacks", "list of strings", "at most 16"},
      {"model.disable_provider_fallback", "boolean", "true or false"},
      {"turn.max_tool_calls", "integer", "an integer from 1 to 100000"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.path);
    EXPECT_EQ(TypeName(*FindLeaf(test.path)), test.type);
    EXPECT_THAT(AllowedText(*FindLeaf(test.path)), HasSubstr(test.allowed));
  }
}

}  // namespace
}  // namespace holon::config
