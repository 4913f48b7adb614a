#include "runtime/daemon/worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "absl/synchronization/notification.h"

namespace holon::daemon {
namespace {

TEST(WorkerTest, RunsJobsInTheirOrderAndFlushWaitsForThem) {
  Worker worker(10);
  std::vector<int> ran;
  EXPECT_TRUE(worker.Post([&] { ran.push_back(1); }));  // Before the thread is there, too.
  ASSERT_TRUE(worker.Start().ok());
  EXPECT_TRUE(worker.Post([&] { ran.push_back(2); }));
  EXPECT_TRUE(worker.Flush());
  EXPECT_THAT(ran, testing::ElementsAre(1, 2));
}

TEST(WorkerTest, FlushGivesUpAfterItsTime) {
  Worker worker(10);
  absl::Notification disk;
  worker.Post([&] { disk.WaitForNotification(); });
  ASSERT_TRUE(worker.Start().ok());
  EXPECT_FALSE(worker.Flush(absl::Milliseconds(1)));
  disk.Notify();
  EXPECT_TRUE(worker.Flush());
}

TEST(WorkerTest, RefusesWhatDoesNotFit) {
  Worker worker(1);
  EXPECT_TRUE(worker.Post([] {}));
  EXPECT_FALSE(worker.Post([] {}));
}

TEST(WorkerTest, StopRunsWhatWaitsAndTakesNoMore) {
  Worker worker(10);
  ASSERT_TRUE(worker.Start().ok());
  int ran = 0;
  for (int number = 0; number < 5; ++number) worker.Post([&] { ++ran; });
  worker.Stop();
  EXPECT_EQ(ran, 5);
  EXPECT_FALSE(worker.Post([&] { ++ran; }));
}

TEST(WorkerTest, WhatAJobHoldsIsGoneAfterFlush) {
  Worker worker(10);
  ASSERT_TRUE(worker.Start().ok());
  auto held = std::make_shared<int>(1);
  worker.Post([held] {});
  worker.Flush();
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace holon::daemon
