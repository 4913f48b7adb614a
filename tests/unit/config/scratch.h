// What the tests of the configuration share: a folder of their own, and ways to load from it.
#ifndef HOLON_TESTS_UNIT_CONFIG_SCRATCH_H_
#define HOLON_TESTS_UNIT_CONFIG_SCRATCH_H_

#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "runtime/config/configuration.h"
#include "runtime/config/schema.h"
#include "runtime/config/values.h"

namespace holon::config {

// A home, a working directory beside it, and nothing that outlives the test.
class ScratchTest : public ::testing::Test {
 protected:
  ScratchTest() {
    std::string name = std::filesystem::temp_directory_path() / "holon-config-XXXXXX";
    root_ = std::filesystem::canonical(mkdtemp(name.data()));
    home_ = root_ + "/home";
    work_ = root_ + "/work";
    std::filesystem::create_directory(home_);
    std::filesystem::create_directory(work_);
    inputs_.home = home_;
    inputs_.home_origin.set_source(v1::SOURCE_FLAG);
    inputs_.home_origin.set_location("--home");
    inputs_.working_directory = work_;
  }
  ~ScratchTest() override { std::filesystem::remove_all(root_); }

  std::string Write(const std::string& path, const std::string& content, mode_t mode = 0600) {
    std::ofstream(path, std::ios::binary) << content;
    chmod(path.c_str(), mode);
    return path;
  }
  std::string WriteConfig(const std::string& content, mode_t mode = 0600) {
    return Write(home_ + "/config.json", content, mode);
  }
  static std::string Read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  std::string root_;
  std::string home_;
  std::string work_;
  LoadInputs inputs_;
};

inline std::vector<std::string> FaultTexts(const std::vector<Fault>& faults) {
  std::vector<std::string> texts;
  for (const Fault& fault : faults) texts.push_back(FaultText(fault));
  return texts;
}

inline v1::ConfigOverride MakeOverride(const std::string& path, const std::string& value,
                                       v1::Source source, const std::string& location) {
  v1::ConfigOverride override;
  override.set_path(path);
  override.set_value(value);
  override.mutable_origin()->set_source(source);
  override.mutable_origin()->set_location(location);
  return override;
}

// Text for another valid value of a field than it has.
inline std::string OtherText(const Leaf& leaf, const v1::EffectiveConfig& values) {
  std::string text = TextOf(leaf, values);
  auto other = [&](const std::string& a, const std::string& b) { return text == a ? b : a; };
  if (leaf.secret) return other("other-secret", "another-secret");
  switch (leaf.type) {
    case LeafType::kInteger:
      return other(absl::StrCat(RangeOf(leaf).min), absl::StrCat(RangeOf(leaf).max));
    case LeafType::kBoolean:
      return other("true", "false");
    case LeafType::kEnum:
      return other(EnumNames(leaf)[0], EnumNames(leaf)[1]);
    case LeafType::kStringList:
      return other(R"(["other"])", R"(["another"])");
    case LeafType::kString:
      break;
  }
  if (leaf.is_path()) return other("/other", "/another");
  if (leaf.rule->format() == v1::FORMAT_ADDRESS) return other("127.0.0.1:1", "127.0.0.1:2");
  if (leaf.rule->format() == v1::FORMAT_URL) return other("http://other", "http://another");
  return other("other", "another");
}

}  // namespace holon::config

#endif  // HOLON_TESTS_UNIT_CONFIG_SCRATCH_H_
