#include "runtime/base/file_lock.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "runtime/base/file.h"
#include "runtime/base/lock_holder.h"
#include "runtime/base/pending.h"
#include "runtime/base/wait.h"

namespace holon::base {
namespace {

struct flock Range(short type, off_t start, off_t length) {
  struct flock range = {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = start;
  range.l_len = length;
  return range;
}

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
    EXPECT_EQ(*LockStateOf(path_), LockState::kTaken);
    EXPECT_TRUE(absl::IsUnavailable(FileLock::TryAcquire(path_).status()));
    EXPECT_EQ(FindAnyHolder(path_), getpid());
    EXPECT_FALSE(HoldsLockFile(getpid(), path_)) << "it is not marked";
  }
  EXPECT_EQ(*LockStateOf(path_), LockState::kFree);
  EXPECT_EQ(FindAnyHolder(path_), std::nullopt);
}

TEST_F(FileLockTest, IsMarkedByARuntime) {
  absl::StatusOr<FileLock> lock = FileLock::TryAcquire(path_);
  ASSERT_TRUE(lock->Mark().ok());
  EXPECT_EQ(*LockStateOf(path_), LockState::kMarked);
  EXPECT_TRUE(HoldsLockFile(getpid(), path_));
  EXPECT_FALSE(HoldsLockFile(getppid(), path_));
  // As scripts and other versions ask: a read lock on byte 1 alone.
  struct flock wanted = Range(F_WRLCK, 1, 1);
  UniqueFd other(open(path_.c_str(), O_RDONLY));
  ASSERT_EQ(fcntl(other.get(), F_OFD_GETLK, &wanted), 0);
  EXPECT_EQ(wanted.l_type, F_RDLCK);
  EXPECT_EQ(wanted.l_start, 1);
  EXPECT_EQ(wanted.l_len, 1);
}

TEST_F(FileLockTest, AMarkWithoutTheLockIsNone) {
  UniqueFd fd(open(path_.c_str(), O_RDWR | O_CREAT, 0600));
  struct flock mark = Range(F_RDLCK, 1, 1);
  ASSERT_EQ(fcntl(fd.get(), F_OFD_SETLK, &mark), 0);
  EXPECT_EQ(*LockStateOf(path_), LockState::kFree);
}

TEST_F(FileLockTest, AWholeFileIsToldFromALockOfAProcess) {
  UniqueFd fd(open(path_.c_str(), O_RDWR | O_CREAT, 0600));
  struct flock whole = Range(F_WRLCK, 0, 0);
  ASSERT_EQ(fcntl(fd.get(), F_OFD_SETLK, &whole), 0);
  EXPECT_EQ(*LockStateOf(path_), LockState::kWhole);
  EXPECT_TRUE(HoldsLockFile(getpid(), path_)) << "as a runtime from before the mark held it";
  fd.Reset();
  // flock(1) of a script is another kind of lock, and says nothing here.
  fd.Reset(open(path_.c_str(), O_RDWR));
  ASSERT_EQ(flock(fd.get(), LOCK_EX), 0);
  EXPECT_EQ(*LockStateOf(path_), LockState::kFree);
}

TEST_F(FileLockTest, WhatIsNoRegularFileIsNoLockFile) {
  for (const char* kind : {"directory", "link", "fifo"}) {
    SCOPED_TRACE(kind);
    int made = -1;
    if (kind == std::string("directory")) made = mkdir(path_.c_str(), 0700);
    if (kind == std::string("link")) made = symlink("/etc/hostname", path_.c_str());
    if (kind == std::string("fifo")) made = mkfifo(path_.c_str(), 0600);
    ASSERT_EQ(made, 0);
    EXPECT_EQ(*LockStateOf(path_), LockState::kAbsent);
    remove(path_.c_str());
  }
}

TEST_F(FileLockTest, IsNoticedWhenItsFileIsLost) {
  absl::StatusOr<FileLock> lock = FileLock::TryAcquire(path_);
  ASSERT_TRUE(lock.ok());
  EXPECT_TRUE(lock->StillAt(path_));
  ASSERT_TRUE(RemoveFile(path_).ok());
  EXPECT_FALSE(lock->StillAt(path_));
}

TEST_F(FileLockTest, AHolderIsKnownByTheNameOfItsLockFileWhereverThatIs) {
  EXPECT_FALSE(HoldsLockNamed(getpid(), "lock"));
  absl::StatusOr<FileLock> lock = FileLock::TryAcquire(path_);
  ASSERT_TRUE(lock.ok()) << lock.status();
  EXPECT_TRUE(HoldsLockNamed(getpid(), "lock"));
  EXPECT_FALSE(HoldsLockNamed(getpid(), "other"));
  ASSERT_EQ(unlink(path_.c_str()), 0);
  EXPECT_TRUE(HoldsLockNamed(getpid(), "lock")) << "removed, and held all the same";
}

TEST_F(FileLockTest, CanBeWaitedFor) {
  absl::StatusOr<FileLock> first = FileLock::TryAcquire(path_);
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(absl::IsUnavailable(FileLock::Acquire(path_, absl::Milliseconds(1)).status()));
  auto pending = Pending<FileLock>::Start([this] { return FileLock::Wait(path_); });
  ASSERT_TRUE(pending.ok());
  EXPECT_FALSE(WaitReadable({pending->fd()}, absl::ZeroDuration()).has_value());
  { FileLock released = *std::move(first); }
  ASSERT_TRUE(WaitReadable({pending->fd()}, absl::InfiniteDuration()).has_value());
  absl::StatusOr<FileLock> second = pending->Take();
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(*LockStateOf(path_), LockState::kTaken);
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

TEST_F(FileLockTest, ADirectoryIsLockedWhateverItsName) {
  EXPECT_TRUE(absl::IsNotFound(DirectoryLock::TryAcquire(folder_ + "/absent").status()));
  EXPECT_FALSE(*IsMarkedDirectory(folder_ + "/absent"));
  absl::StatusOr<DirectoryLock> lock = DirectoryLock::TryAcquire(folder_);
  ASSERT_TRUE(lock.ok()) << lock.status();
  EXPECT_TRUE(absl::IsUnavailable(DirectoryLock::TryAcquire(folder_).status()));
  EXPECT_FALSE(*IsMarkedDirectory(folder_));
  EXPECT_EQ(FindAnyDirectoryHolder(folder_), getpid());
  EXPECT_EQ(FindDirectoryHolder(folder_), std::nullopt) << "it is not marked";
  lock->Mark();
  EXPECT_TRUE(*IsMarkedDirectory(folder_));
  EXPECT_TRUE(HoldsDirectory(getpid(), folder_));
  EXPECT_EQ(FindDirectoryHolder(folder_), getpid());
  const std::string moved = folder_ + "-moved";
  ASSERT_EQ(rename(folder_.c_str(), moved.c_str()), 0);
  EXPECT_FALSE(lock->StillAt(folder_));
  EXPECT_TRUE(*IsMarkedDirectory(moved));
  auto held = [](const std::string& path, bool removed) {
    return testing::Contains(testing::AllOf(testing::Field(&MarkedDirectory::path, path),
                                            testing::Field(&MarkedDirectory::removed, removed)));
  };
  EXPECT_THAT(*MarkedDirectoriesOf(getpid()), held(moved, false));
  const std::string odd = folder_ + " (deleted)";
  ASSERT_EQ(rename(moved.c_str(), odd.c_str()), 0);
  EXPECT_THAT(*MarkedDirectoriesOf(getpid()), held(odd, false));
  ASSERT_EQ(rmdir(odd.c_str()), 0);
  EXPECT_THAT(*MarkedDirectoriesOf(getpid()), held(odd, true));
  ASSERT_EQ(mkdir(folder_.c_str(), 0700), 0);
}

TEST(LockLineTest, IsReadAsTheKernelPrintsIt) {
  const LockLine flock{LockKind::kFlock, true, true, false, 3317, 10952838};
  EXPECT_EQ(ParseLockLine("2: FLOCK  ADVISORY  WRITE 3317 fe:00:10952838 0 EOF"), flock);
  EXPECT_EQ(ParseLockLine("lock:\t1: OFDLCK ADVISORY  READ -1 fe:00:7 1 1"),
            (LockLine{LockKind::kDescription, false, false, false, -1, 7}));
  EXPECT_EQ(ParseLockLine("3: POSIX  ADVISORY  WRITE 12 08:01:7 0 0"),
            (LockLine{LockKind::kProcess, true, false, false, 12, 7}));
  EXPECT_EQ(ParseLockLine("2: -> FLOCK  ADVISORY  WRITE 9 fe:00:7 0 EOF")->waiting, true);
  for (const char* none : {"", "pos:\t0", "mnt_id:\t27", "1: FLOCK", "1: FLOCK A W x fe:00:7 0 0",
                           "1: FLOCK A W 1 fe00:7 0 0"}) {
    EXPECT_EQ(ParseLockLine(none), std::nullopt) << none;
  }
}

TEST_F(FileLockTest, IsSharedByManyAndThenHeldByNobody) {
  absl::StatusOr<FileShare> one = FileShare::Acquire(path_, absl::ZeroDuration());
  ASSERT_TRUE(one.ok());
  EXPECT_FALSE(*one->HasOthers());
  {
    absl::StatusOr<FileShare> two = FileShare::Acquire(path_, absl::ZeroDuration());
    ASSERT_TRUE(two.ok());
    EXPECT_TRUE(*one->HasOthers());
    EXPECT_TRUE(*two->HasOthers());
  }
  EXPECT_FALSE(*one->HasOthers());
  EXPECT_TRUE(absl::IsUnavailable(FileLock::TryAcquire(path_).status()));
  one = absl::UnknownError("given back");
  absl::StatusOr<FileLock> lock = FileLock::TryAcquire(path_);
  ASSERT_TRUE(lock.ok());
  EXPECT_TRUE(absl::IsUnavailable(FileShare::Acquire(path_, absl::ZeroDuration()).status()));
}

}  // namespace
}  // namespace holon::base
