// The last that is allowed, and the first that is not.
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/config/json_reader.h"
#include "runtime/config/schema.h"
#include "runtime/config/text.h"
#include "runtime/config/values.h"

namespace holon::config {
namespace {

using testing::HasSubstr;

absl::Status SetFallbacks(const std::vector<std::string>& items) {
  v1::EffectiveConfig config;
  return SetFromText(*FindLeaf("model.fallbacks"), absl::StrJoin(items, ","), "/", &config);
}

TEST(LimitsTest, AListHoldsJustAsManyItemsAsItMay) {
  EXPECT_TRUE(SetFallbacks(std::vector<std::string>(16, "a")).ok());
  EXPECT_THAT(std::string(SetFallbacks(std::vector<std::string>(17, "a")).message()),
              HasSubstr("17 items"));
}

TEST(LimitsTest, AnItemHoldsJustAsManyBytesAsItMay) {
  EXPECT_TRUE(SetFallbacks({std::string(4096, 'a')}).ok());
  EXPECT_FALSE(SetFallbacks({std::string(4097, 'a')}).ok());
}

// The fault of an object with that many levels; "" where there is none but of its keys.
std::string FaultOfDepth(int levels) {
  std::string text;
  for (int i = 1; i < levels; ++i) text += "{\"a\":";
  text += "{}" + std::string(levels - 1, '}');
  for (const JsonEntry& entry : ReadJsonObject(text)) {
    if (entry.fault.find("levels") != std::string::npos) return entry.fault;
  }
  return "";
}

TEST(LimitsTest, JsonIsJustAsDeepAsItMayBe) {
  EXPECT_EQ(FaultOfDepth(32), "");
  EXPECT_THAT(FaultOfDepth(33), HasSubstr("32 levels"));
}

TEST(LimitsTest, AnExcerptCutsNoCharacterInHalf) {
  // Bytes 58 to 61 are one character; it starts before the cut, which is at 60, and ends after it.
  for (size_t before = 56; before <= 60; ++before) {
    const std::string text = std::string(before, 'a') + "\xf0\x9f\x98\x80" + std::string(20, 'b');
    const std::string excerpt = Excerpt(text);
    EXPECT_TRUE(IsUtf8(excerpt)) << before;
    EXPECT_EQ(excerpt.find('?'), std::string::npos) << before << ": " << excerpt;
  }
}

}  // namespace
}  // namespace holon::config
