#include "runtime/daemon/heal_pace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/daemon/home_loss.h"

namespace holon::daemon {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const absl::Duration kNow = absl::Hours(1);

TEST(HealPaceTest, TheFirstTimeThereIsNoRest) {
  HealPace pace;
  EXPECT_THAT(pace.Resting(kNow), IsEmpty());
  pace.Displaced("pid", kNow);
  EXPECT_THAT(pace.Resting(kNow), IsEmpty());
  EXPECT_EQ(pace.next(kNow), absl::InfiniteDuration());
}

TEST(HealPaceTest, APathThatIsReplacedAgainRestsEverLongerUpToABound) {
  HealPace pace;
  absl::Duration now = kNow;
  pace.Displaced("pid", now);
  for (absl::Duration pause :
       {absl::Milliseconds(100), absl::Milliseconds(200), absl::Milliseconds(400),
        absl::Milliseconds(800), absl::Milliseconds(1600), absl::Milliseconds(3200),
        absl::Seconds(5), absl::Seconds(5)}) {
    pace.Displaced("pid", now);
    EXPECT_THAT(pace.Resting(now), ElementsAre("pid"));
    EXPECT_EQ(pace.next(now), now + pause);
    now += pause;
    EXPECT_THAT(pace.Resting(now), IsEmpty());
  }
}

TEST(HealPaceTest, OnePathDoesNotHoldUpAnother) {
  HealPace pace;
  pace.Displaced("pid", kNow);
  pace.Displaced("pid", kNow);
  pace.Displaced("socket", kNow);
  EXPECT_THAT(pace.Resting(kNow), ElementsAre("pid"));
}

TEST(HealPaceTest, APathThatWasLeftAloneBeginsAnew) {
  HealPace pace;
  pace.Displaced("pid", kNow);
  pace.Displaced("pid", kNow);
  pace.Displaced("pid", kNow + absl::Seconds(11));
  EXPECT_THAT(pace.Resting(kNow + absl::Seconds(11)), IsEmpty());
}

TEST(HomeLossTest, AHomeThatIsGoneIsLostAtOnceALockTheSecondTime) {
  using Loss = Healed::Loss;
  HomeLoss loss;
  EXPECT_EQ(loss.Judge(Loss::kNone), "");
  EXPECT_EQ(loss.Judge(Loss::kLock), "");
  EXPECT_EQ(loss.Judge(Loss::kNone), "");  // Not in a row.
  EXPECT_EQ(loss.Judge(Loss::kLock), "");
  EXPECT_NE(loss.Judge(Loss::kLock), "");
  EXPECT_NE(HomeLoss().Judge(Loss::kHome), "");
}

}  // namespace
}  // namespace holon::daemon
