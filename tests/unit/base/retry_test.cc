#include "runtime/base/retry.h"

#include <gtest/gtest.h>

namespace holon::base {
namespace {

TEST(RetryTest, HasNothingToTryUntilThereIsReason) {
  Retry retry;
  EXPECT_EQ(retry.at(), absl::InfiniteDuration());
  retry.Due(absl::Seconds(7));
  retry.Due(absl::Seconds(9));
  EXPECT_EQ(retry.at(), absl::Seconds(7));
  retry.Succeeded();
  EXPECT_EQ(retry.at(), absl::InfiniteDuration());
}

TEST(RetryTest, TriesEverMoreSeldomAndSoonAgainAfterASuccess) {
  Retry retry;
  absl::Duration now = absl::Seconds(100);
  retry.Failed(now);
  EXPECT_EQ(retry.at(), now + absl::Milliseconds(100));
  retry.Failed(now);
  EXPECT_EQ(retry.at(), now + absl::Milliseconds(200));
  for (int i = 0; i < 20; ++i) retry.Failed(now);
  EXPECT_EQ(retry.at(), now + absl::Seconds(5));
  retry.Succeeded();
  retry.Failed(now);
  EXPECT_EQ(retry.at(), now + absl::Milliseconds(100));
}

}  // namespace
}  // namespace holon::base
