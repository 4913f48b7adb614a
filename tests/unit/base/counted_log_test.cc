#include "runtime/base/counted_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_logger.h"

namespace holon::base {
namespace {

using testing::ElementsAre;

TEST(LineThrottleTest, TheFirstIsWrittenAndThoseOfAMinuteAreCounted) {
  // At each second: a line comes; it is written; the number that is written before it.
  struct Step {
    int second;
    bool written;
    uint64_t count;
  };
  LineThrottle throttle;
  EXPECT_EQ(throttle.next(), absl::InfiniteDuration());
  for (const Step& step :
       {Step{0, true, 0}, Step{1, false, 0}, Step{59, false, 0}, Step{60, false, 2},
        Step{119, false, 0}, Step{120, false, 2}, Step{240, false, 1}, Step{310, false, 1}}) {
    SCOPED_TRACE(step.second);
    const absl::Duration now = absl::Seconds(step.second);
    EXPECT_EQ(throttle.TakeCount(now), step.count);
    EXPECT_EQ(throttle.Take(now), step.written);
  }
}

TEST(LineThrottleTest, AfterAQuietMinuteALineIsWrittenAgain) {
  LineThrottle throttle;
  EXPECT_TRUE(throttle.Take(absl::Seconds(0)));
  EXPECT_TRUE(throttle.Take(absl::Seconds(60)));
  EXPECT_FALSE(throttle.Take(absl::Seconds(61)));
  EXPECT_EQ(throttle.next(), absl::Seconds(120));
  EXPECT_EQ(throttle.TakeCount(absl::Seconds(120)), 1u);
  EXPECT_EQ(throttle.TakeCount(absl::Seconds(180)), 0u);
  EXPECT_TRUE(throttle.Take(absl::Seconds(180)));
}

TEST(CountedLogTest, AFloodIsOneLineAndANumberForEachMessage) {
  FakeLogger logger;
  CountedLog log(logger);
  for (int i = 0; i < 413; ++i) log.Warning(absl::Seconds(1), "refused", {{"uid", "7"}});
  log.Warning(absl::Seconds(2), "full", {});
  EXPECT_THAT(logger.lines(), ElementsAre("refused uid=7", "full"));
  EXPECT_EQ(log.next(), absl::Seconds(61));
  log.WriteCounts(absl::Seconds(60));
  EXPECT_EQ(logger.lines().size(), 2u);
  log.WriteCounts(absl::Seconds(61));
  EXPECT_THAT(logger.lines(),
              ElementsAre("refused uid=7", "full", "refused: 412 more in the last minute"));
  EXPECT_EQ(log.next(), absl::InfiniteDuration());
}

}  // namespace
}  // namespace holon::base
