#include "runtime/daemon/process_logger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "runtime/base/file.h"
#include "runtime/state/log_tail.h"

namespace holon::daemon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ProcessLoggerTest : public testing::Test {
 protected:
  ProcessLoggerTest() {
    char name[] = "/tmp/holon-log-XXXXXX";
    folder_ = mkdtemp(name);
    path_ = folder_ + "/daemon.log";
  }
  ~ProcessLoggerTest() override { EXPECT_EQ(system(("rm -rf " + folder_).c_str()), 0); }

  std::vector<std::string> Lines() { return state::LogTail(path_, 10000); }

  std::string folder_;
  std::string path_;
  ProcessLogger logger_;
};

TEST_F(ProcessLoggerTest, LinesGoToStderrAndOnceItIsOpenToTheFile) {
  testing::internal::CaptureStderr();
  logger_.Info("before", {{"key", "a value"}});
  EXPECT_EQ(base::Look(path_)->type, base::FileType::kAbsent);
  logger_.Open(path_);
  logger_.Warning("after");
  const std::string printed = testing::internal::GetCapturedStderr();
  EXPECT_THAT(printed, HasSubstr("Z info    before key=\"a value\"\n"));
  EXPECT_THAT(printed, HasSubstr("Z warning after\n"));
  EXPECT_THAT(Lines(), ElementsAre(HasSubstr("Z warning after")));
}

TEST_F(ProcessLoggerTest, LossesAreCountedToldAndLogged) {
  ASSERT_EQ(mkdir(path_.c_str(), 0700), 0);
  std::vector<LogHealth> told;
  logger_.OnHealth([&](const LogHealth& health) { told.push_back(health); });
  testing::internal::CaptureStderr();
  ASSERT_TRUE(logger_.Start().ok());
  logger_.Open(path_);
  logger_.Info("one");
  logger_.Info("two");
  ASSERT_TRUE(logger_.Flush(absl::InfiniteDuration()));
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[1].lines_lost, 2u);
  EXPECT_THAT(told[1].trouble, HasSubstr(path_));
  ASSERT_EQ(rmdir(path_.c_str()), 0);
  logger_.Info("three");
  ASSERT_TRUE(logger_.Flush(absl::InfiniteDuration()));
  (void)testing::internal::GetCapturedStderr();
  ASSERT_EQ(told.size(), 3u);
  EXPECT_EQ(told[2].trouble, "");
  EXPECT_EQ(told[2].lines_lost, 2u);
  EXPECT_THAT(Lines(), ElementsAre(HasSubstr("warning log lines were lost lines=2 why="),
                                   HasSubstr("three")));
}

TEST_F(ProcessLoggerTest, ListenerMayLog) {
  ASSERT_EQ(mkdir(path_.c_str(), 0700), 0);
  uint64_t latest = 0;
  logger_.OnHealth([&](const LogHealth& health) {
    latest = health.lines_lost;
    if (latest < 3) logger_.Info("from the listener");
  });
  testing::internal::CaptureStderr();
  ASSERT_TRUE(logger_.Start().ok());
  logger_.Open(path_);
  logger_.Info("one");
  for (int number = 0; number < 3; ++number) logger_.Flush(absl::InfiniteDuration());
  (void)testing::internal::GetCapturedStderr();
  EXPECT_EQ(latest, 3u);
}

TEST_F(ProcessLoggerTest, ASlowDiskDelaysNobodyWhoLogsAndLostLinesAreCounted) {
  absl::Notification disk;
  uint64_t lost = 0;
  logger_.OnHealth([&](const LogHealth& health) {
    lost = health.lines_lost;
    disk.WaitForNotification();  // As a disk that hangs.
  });
  ASSERT_EQ(mkdir(path_.c_str(), 0700), 0);
  testing::internal::CaptureStderr();
  ASSERT_TRUE(logger_.Start().ok());
  logger_.Open(path_);
  logger_.Info("lost, because a directory stands there");
  for (int number = 0; number < 3000; ++number) logger_.Info("a line");
  EXPECT_FALSE(logger_.Flush(absl::Milliseconds(1)));
  ASSERT_EQ(rmdir(path_.c_str()), 0);
  disk.Notify();
  ASSERT_TRUE(logger_.Flush(absl::InfiniteDuration()));
  (void)testing::internal::GetCapturedStderr();
  EXPECT_GT(lost, 1000u);
  EXPECT_EQ(Lines().size(), 3001 - lost + 1);  // And the one that says how many.
  EXPECT_THAT(Lines()[0], HasSubstr("log lines were lost"));
}

TEST_F(ProcessLoggerTest, NobodyIsToldAfterTheListenerHasGone) {
  ASSERT_EQ(mkdir(path_.c_str(), 0700), 0);
  int told = 0;
  logger_.OnHealth([&](const LogHealth&) { ++told; });
  testing::internal::CaptureStderr();
  ASSERT_TRUE(logger_.Start().ok());
  logger_.Open(path_);
  logger_.OnHealth(nullptr);
  logger_.Info("lost");
  ASSERT_TRUE(logger_.Flush(absl::InfiniteDuration()));
  (void)testing::internal::GetCapturedStderr();
  EXPECT_EQ(told, 0);
}

TEST_F(ProcessLoggerTest, ManyThreadsWriteWholeLinesAcrossRotations) {
  v1::LogConfig config;
  config.set_max_bytes(4096);
  config.set_max_files(100);
  logger_.Configure(config);
  testing::internal::CaptureStderr();
  ASSERT_TRUE(logger_.Start().ok());
  logger_.Open(path_);
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([this] {
      for (int i = 0; i < 200; ++i) logger_.Info("a line", {{"key", "a value"}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(logger_.Flush(absl::InfiniteDuration()));
  (void)testing::internal::GetCapturedStderr();
  const std::vector<std::string> lines = Lines();
  EXPECT_EQ(lines.size(), 800u);
  for (const std::string& line : lines) EXPECT_THAT(line, HasSubstr("Z info    a line key="));
  EXPECT_LE(base::Look(path_)->size, 4096);
  EXPECT_EQ(base::Look(path_ + ".1")->type, base::FileType::kRegular);
}

}  // namespace
}  // namespace holon::daemon
