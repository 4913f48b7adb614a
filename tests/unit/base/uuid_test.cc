#include "runtime/base/uuid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace holon::base {
namespace {

TEST(UuidTest, IsOfVersionFourAndNeverTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string uuid = RandomUuid();
    EXPECT_THAT(uuid, testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-"
                                            "[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
    EXPECT_TRUE(seen.insert(uuid).second) << uuid;
  }
}

TEST(UuidTest, EveryOtherDigitVaries) {
  std::string first = RandomUuid();
  std::set<size_t> varies;
  for (int i = 0; i < 200; ++i) {
    const std::string uuid = RandomUuid();
    for (size_t at = 0; at < uuid.size(); ++at) {
      if (uuid[at] != first[at]) varies.insert(at);
    }
  }
  // All but four hyphens and the version.
  EXPECT_EQ(varies.size(), 31u);
}

TEST(RandomBytesTest, AreAsManyAsAskedFor) {
  for (size_t size : {0, 1, 16, 32, 256}) EXPECT_EQ(RandomBytes(size).size(), size);
  EXPECT_NE(RandomBytes(32), RandomBytes(32));
  EXPECT_NE(RandomBytes(256).substr(224), std::string(32, '\0'));
}

}  // namespace
}  // namespace holon::base
