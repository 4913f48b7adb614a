#include "runtime/state/instance_lock.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>

#include "runtime/base/file.h"
#include "runtime/state/daemon_record.h"

namespace holon::state {
namespace {

using testing::HasSubstr;

class InstanceLockTest : public testing::Test {
 protected:
  InstanceLockTest() {
    char name[] = "/tmp/holon-instance-XXXXXX";
    root_ = mkdtemp(name);
    paths_.emplace(root_ + "/home");
    std::filesystem::create_directory(paths_->home);
  }
  ~InstanceLockTest() override { std::filesystem::remove_all(root_); }

  std::string root_;
  std::optional<HomePaths> paths_;
};

TEST_F(InstanceLockTest, IsARuntimesOnceItIsMarked) {
  EXPECT_EQ(*HoldOf(*paths_), Hold::kFree);
  {
    absl::StatusOr<InstanceLock> lock = InstanceLock::TryAcquire(*paths_);
    ASSERT_TRUE(lock.ok()) << lock.status();
    EXPECT_EQ(*HoldOf(*paths_), Hold::kTaken);
    EXPECT_TRUE(absl::IsUnavailable(InstanceLock::TryAcquire(*paths_).status()));
    EXPECT_EQ(FindRuntime(*paths_, getpid()), std::nullopt) << "it is not marked";
    EXPECT_THAT(DescribeTaker(*paths_), HasSubstr(std::to_string(getpid())));
    ASSERT_TRUE(lock->Mark().ok());
    EXPECT_EQ(*HoldOf(*paths_), Hold::kRuntime);
    EXPECT_EQ(FindRuntime(*paths_, 0)->pid, getpid());
    EXPECT_EQ(FindRuntime(*paths_, getppid())->pid, getpid()) << "a wrong guess does no harm";
  }
  EXPECT_EQ(*HoldOf(*paths_), Hold::kFree);
  EXPECT_EQ(DescribeTaker(*paths_), "");
}

TEST_F(InstanceLockTest, IsWaitedForWithEmptyHands) {
  ASSERT_TRUE(base::MakeDirectory(paths_->run, 0700).ok());
  absl::StatusOr<base::FileLock> other = base::FileLock::TryAcquire(paths_->instance_lock);
  ASSERT_TRUE(other.ok());
  EXPECT_TRUE(
      absl::IsUnavailable(InstanceLock::Acquire(*paths_, absl::Milliseconds(100)).status()));
  // The thread that waited goes on waiting, and must not have the home meanwhile.
  EXPECT_TRUE(base::DirectoryLock::TryAcquire(paths_->home).ok());
  { base::FileLock released = *std::move(other); }
  EXPECT_TRUE(InstanceLock::Wait(*paths_).ok());
}

TEST_F(InstanceLockTest, OutlivesEveryRemovalInTheHome) {
  absl::StatusOr<InstanceLock> lock = InstanceLock::TryAcquire(*paths_);
  ASSERT_TRUE(lock->Mark().ok());
  std::filesystem::remove_all(paths_->run);
  EXPECT_EQ(*HoldOf(*paths_), Hold::kRuntime);
  EXPECT_TRUE(absl::IsUnavailable(InstanceLock::TryAcquire(*paths_).status()));
  EXPECT_EQ(FindRuntime(*paths_, 0)->pid, getpid());
}

TEST_F(InstanceLockTest, GoesWithTheDirectoryAndNotWithItsName) {
  absl::StatusOr<InstanceLock> lock = InstanceLock::TryAcquire(*paths_);
  ASSERT_TRUE(lock->Mark().ok());
  const HomePaths moved(root_ + "/moved");
  std::filesystem::rename(paths_->home, moved.home);
  std::filesystem::create_directory(paths_->home);
  EXPECT_EQ(*HoldOf(*paths_), Hold::kFree);
  EXPECT_EQ(*HoldOf(moved), Hold::kRuntime);
  EXPECT_TRUE(InstanceLock::TryAcquire(*paths_).ok());
}

TEST_F(InstanceLockTest, IsTakenByTheHomeAlone) {
  const int fd = open(paths_->home.c_str(), O_RDONLY | O_DIRECTORY);
  ASSERT_EQ(flock(fd, LOCK_EX), 0);
  EXPECT_TRUE(absl::IsUnavailable(InstanceLock::TryAcquire(*paths_).status()));
  EXPECT_THAT(DescribeTaker(*paths_), HasSubstr(paths_->home));
  close(fd);
}

TEST_F(InstanceLockTest, ReplacesALockFileOfAnotherKind) {
  for (const char* kind : {"directory", "link", "fifo"}) {
    SCOPED_TRACE(kind);
    std::filesystem::remove_all(paths_->run);
    std::filesystem::create_directory(paths_->run);
    const char* path = paths_->instance_lock.c_str();
    int made = -1;
    if (kind == std::string("directory")) made = mkdir(path, 0700);
    if (kind == std::string("link")) made = symlink("nowhere", path);
    if (kind == std::string("fifo")) made = mkfifo(path, 0600);
    ASSERT_EQ(made, 0);
    EXPECT_EQ(*HoldOf(*paths_), Hold::kFree);
    EXPECT_TRUE(InstanceLock::TryAcquire(*paths_).ok());
    EXPECT_EQ(base::ListDirectory(paths_->run)->size(), 2u) << "it was renamed aside";
  }
}

// The holder of the whole file is the runtime of version 0.1.0 only where the record names it.
TEST_F(InstanceLockTest, AWholeFileCountsForTheProcessOnRecordAlone) {
  std::filesystem::create_directory(paths_->run);
  const int fd = open(paths_->instance_lock.c_str(), O_RDWR | O_CREAT, 0600);
  struct flock whole = {};
  whole.l_type = F_WRLCK;
  ASSERT_EQ(fcntl(fd, F_OFD_SETLK, &whole), 0);
  EXPECT_EQ(*HoldOf(*paths_), Hold::kTaken);
  v1::DaemonRecord record;
  *record.mutable_identity() = ToRecord(base::OwnIdentity());
  record.set_instance_id("it");
  ASSERT_TRUE(WriteDaemonRecord(paths_->daemon_record, record).ok());
  EXPECT_EQ(*HoldOf(*paths_), Hold::kRuntime);
  record.mutable_identity()->set_pid(getppid());
  ASSERT_TRUE(WriteDaemonRecord(paths_->daemon_record, record).ok());
  EXPECT_EQ(*HoldOf(*paths_), Hold::kTaken);
  close(fd);
}

TEST_F(InstanceLockTest, WhatCannotBeLookedAtIsNotFree) {
  if (geteuid() == 0) GTEST_SKIP() << "root looks at everything";
  chmod(paths_->home.c_str(), 0);
  EXPECT_TRUE(absl::IsPermissionDenied(HoldOf(*paths_).status()));
  chmod(paths_->home.c_str(), 0700);
}

TEST_F(InstanceLockTest, AHomeThatIsNotThereIsNobodys) {
  const HomePaths absent(root_ + "/absent");
  EXPECT_EQ(*HoldOf(absent), Hold::kFree);
  EXPECT_TRUE(absl::IsNotFound(InstanceLock::TryAcquire(absent).status()));
}

}  // namespace
}  // namespace holon::state
