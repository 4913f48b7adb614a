// The vectors that clients in other languages are held to.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "google/protobuf/message.h"
#include "rapidjson/document.h"
#include "runtime/config/fingerprint.h"
#include "runtime/config/schema.h"
#include "runtime/config/values.h"

namespace holon::config {
namespace {

using google::protobuf::Message;
using google::protobuf::Reflection;

// Puts a value in place without the checks of Load: the canonical text is defined for every string.
void SetUnchecked(const Leaf& leaf, const rapidjson::Value& value, v1::EffectiveConfig* config) {
  Message* holder = config;
  for (size_t i = 0; i + 1 < leaf.chain.size(); ++i) {
    holder = holder->GetReflection()->MutableMessage(holder, leaf.chain[i]);
  }
  const Reflection* reflection = holder->GetReflection();
  auto text = [](const rapidjson::Value& v) {
    return std::string(v.GetString(), v.GetStringLength());
  };
  switch (leaf.type) {
    case LeafType::kString:
      reflection->SetString(holder, &leaf.field(), text(value));
      break;
    case LeafType::kInteger:
      reflection->SetUInt32(holder, &leaf.field(), value.GetUint());
      break;
    case LeafType::kBoolean:
      reflection->SetBool(holder, &leaf.field(), value.GetBool());
      break;
    case LeafType::kEnum:
      ASSERT_TRUE(SetFromText(leaf, text(value), "/", config).ok());
      break;
    case LeafType::kStringList:
      for (const rapidjson::Value& item : value.GetArray()) {
        reflection->AddString(holder, &leaf.field(), text(item));
      }
      break;
  }
}

void Check(const rapidjson::Document& vector) {
  Configuration configuration;
  std::set<std::string> paths;
  for (const rapidjson::Value& field : vector["fields"].GetArray()) {
    const std::string path = field["path"].GetString();
    SCOPED_TRACE(path);
    paths.insert(path);
    const Leaf* leaf = FindLeaf(path);
    ASSERT_NE(leaf, nullptr);
    EXPECT_EQ(TypeName(*leaf), field["type"].GetString());
    const std::map<v1::Apply, std::string> names = {
        {v1::APPLY_RESTART, "restart"}, {v1::APPLY_HOT, "hot"}, {v1::APPLY_VOLATILE, "volatile"}};
    EXPECT_EQ(names.at(leaf->apply), field["apply"].GetString());
    const rapidjson::Value& values = vector["values"];
    if (values.HasMember(path.c_str())) {
      SetUnchecked(*leaf, values[path.c_str()], &configuration.values);
    } else if (field.HasMember("default")) {
      SetUnchecked(*leaf, field["default"], &configuration.values);
      // The vector's default is ours, where it is not a path: paths count from the home.
      v1::EffectiveConfig defaults;
      ASSERT_TRUE(SetDefault(*leaf, "/srv/holon", &defaults).ok());
      EXPECT_EQ(TextOf(*leaf, configuration.values), TextOf(*leaf, defaults));
    }
  }
  std::string key = absl::HexStringToBytes(vector["key"].GetString());
  std::vector<v1::ConfigValue> described;
  for (v1::ConfigValue& value : Describe(configuration, key)) {
    if (paths.count(value.path()) != 0) described.push_back(std::move(value));
  }
  std::reverse(described.begin(), described.end());
  EXPECT_EQ(CanonicalText(described), std::string(vector["canonical_text"].GetString(),
                                                  vector["canonical_text"].GetStringLength()));
  EXPECT_EQ(Fingerprint(described), vector["fingerprint"].GetString());
}

TEST(FingerprintVectors, AreReproduced) {
  int vectors = 0;
  for (const auto& entry : std::filesystem::directory_iterator(HOLON_VECTORS_DIR)) {
    if (entry.path().extension() != ".json") continue;
    SCOPED_TRACE(entry.path().string());
    std::ifstream file(entry.path(), std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    rapidjson::Document vector;
    vector.Parse(text.data(), text.size());
    ASSERT_FALSE(vector.HasParseError());
    Check(vector);
    ++vectors;
  }
  EXPECT_GE(vectors, 6);
}

}  // namespace
}  // namespace holon::config
