#include "runtime/base/file_lock.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "runtime/base/file.h"
#include "runtime/base/wait.h"

namespace holon::base {
namespace {

class FileLockTest : public testing::Test {
 protected:
  FileLockTest() {
    char name[] = "/tmp/holon-lock-XXXXXX";
    folder_ = mkdtemp(name);
    path_ = folder_ + "/lock";
  }
  ~FileLockTest() override {
    unlink(path_.c_str());
    rmdir(folder_.c_str());
  }
  std::string folder_;
  std::string path_;
};

TEST_F(FileLockTest, IsHeldOnceAndSeenWithoutBeingTaken) {
  EXPECT_EQ(*LockStateOf(path_), LockState::kAbsent);
  {
    absl::StatusOr<FileLock> lock = FileLock::TryAcquire(path_);
    ASSERT_TRUE(lock.ok()) << lock.status();
    EXPECT_EQ(*LockStateOf(path_), LockState::kHeld);
    EXPECT_TRUE(absl::IsUnavailable(FileLock::TryAcquire(path_).status()));
    EXPECT_EQ(FindLockHolder(path_), getpid());
  }
  EXPECT_EQ(*LockStateOf(path_), LockState::kFree);
  EXPECT_EQ(FindLockHolder(path_), std::nullopt);
}

TEST_F(FileLockTest, IsNoticedWhenItsFileIsLost) {
  absl::StatusOr<FileLock> lock = FileLock::TryAcquire(path_);
  ASSERT_TRUE(lock.ok());
  ASSERT_EQ(LocksHeldBy(getpid(), "lock").size(), 1u);
  EXPECT_FALSE(LocksHeldBy(getpid(), "lock")[0].lost);
  EXPECT_TRUE(LocksHeldBy(getpid(), "other").empty());
  ASSERT_TRUE(RemoveFile(path_).ok());
  EXPECT_FALSE(lock->StillAt(path_));
  ASSERT_EQ(LocksHeldBy(getpid(), "lock").size(), 1u);
  EXPECT_TRUE(LocksHeldBy(getpid(), "lock")[0].lost);
  EXPECT_EQ(LocksHeldBy(getpid(), "lock")[0].path, path_);
}

TEST_F(FileLockTest, CanBeWaitedFor) {
  absl::StatusOr<FileLock> first = FileLock::TryAcquire(path_);
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(absl::IsUnavailable(FileLock::Acquire(path_, absl::Milliseconds(1)).status()));
  absl::StatusOr<PendingLock> pending = PendingLock::Start(path_);
  ASSERT_TRUE(pending.ok());
  EXPECT_FALSE(WaitReadable({pending->fd()}, absl::ZeroDuration()).has_value());
  { FileLock released = *std::move(first); }
  ASSERT_TRUE(WaitReadable({pending->fd()}, absl::InfiniteDuration()).has_value());
  absl::StatusOr<FileLock> second = pending->Take();
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(*LockStateOf(path_), LockState::kHeld);
}

TEST_F(FileLockTest, GivesUpWhenInterrupted) {
  absl::StatusOr<FileLock> first = FileLock::TryAcquire(path_);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  ASSERT_EQ(write(ends[1], "x", 1), 1);
  EXPECT_TRUE(
      absl::IsCancelled(FileLock::Acquire(path_, absl::InfiniteDuration(), ends[0]).status()));
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace holon::base
