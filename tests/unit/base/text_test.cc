// Durations and notifications: what is read from text.
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "runtime/base/duration.h"
#include "runtime/base/notify.h"
#include "runtime/base/wait.h"

namespace holon::base {
namespace {

TEST(DurationTest, ReadsWhatPeopleType) {
  for (const auto& [text, duration] :
       std::vector<std::pair<std::string, absl::Duration>>{{"0", absl::ZeroDuration()},
                                                           {"500ms", absl::Milliseconds(500)},
                                                           {"1s", absl::Seconds(1)},
                                                           {"1m30s", absl::Seconds(90)},
                                                           {"10m", absl::Minutes(10)},
                                                           {"2d", absl::Hours(48)},
                                                           {"1.5d", absl::Hours(36)},
                                                           {"1w2d3h", absl::Hours(219)}}) {
    ASSERT_TRUE(ParseDuration(text).ok()) << text;
    EXPECT_EQ(*ParseDuration(text), duration) << text;
  }
  for (const std::string text :
       {"", "10", "-1s", "inf", "1 s", "s", "d", "-1d", "1d-1h", "1h1d", "1dd", "1d5", "soon"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseDuration(text).status())) << text;
  }
}

TEST(DurationTest, WritesWhatPeopleRead) {
  EXPECT_EQ(base::FormatDuration(absl::Milliseconds(3)), "3 ms");
  EXPECT_EQ(base::FormatDuration(absl::Milliseconds(1250)), "1.2 s");
  EXPECT_EQ(base::FormatDuration(absl::Seconds(250)), "4 min 10 s");
  EXPECT_EQ(base::FormatDuration(absl::Minutes(185)), "3 h 5 min");
  EXPECT_EQ(base::FormatDuration(absl::Hours(52)), "2 d 4 h");
}

TEST(NotificationTest, ReadsKnownKeysAndSkipsOthers) {
  Notification read = ParseNotification("X=1\nSTATUS=reading a=b\nEXTEND_TIMEOUT_USEC=2000000\n");
  EXPECT_FALSE(read.ready || read.stopping);
  EXPECT_EQ(read.status, "reading a=b");
  EXPECT_EQ(read.extended_timeout, absl::Seconds(2));
  EXPECT_TRUE(ParseNotification("READY=1").ready);
  EXPECT_TRUE(ParseNotification("STOPPING=1\nSTATUS=x").stopping);
  EXPECT_FALSE(ParseNotification("READY=0").ready);
  EXPECT_FALSE(ParseNotification("EXTEND_TIMEOUT_USEC=-1").extended_timeout.has_value());
}

}  // namespace
}  // namespace holon::base
