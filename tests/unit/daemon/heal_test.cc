#include "runtime/daemon/heal.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "runtime/base/unix_socket.h"

namespace holon::daemon {
namespace {

class HealTest : public testing::Test {
 protected:
  HealTest() {
    char name[] = "/tmp/holon-heal-XXXXXX";
    folder_ = mkdtemp(name);
    path_ = folder_ + "/file";
  }
  ~HealTest() override { std::filesystem::remove_all(folder_); }

  void Put(const std::string& content) {
    ASSERT_TRUE(base::WriteFileAtomically(path_, content).ok());
  }
  std::string Content(const std::string& path) { return base::ReadFile(path, 100).value_or("?"); }

  std::string folder_;
  std::string path_;
  Healed healed_;
};

TEST_F(HealTest, LeavesAContentAloneThatIsAsItShouldBe) {
  Put("right");
  EXPECT_TRUE(HealContent(path_, "right", &healed_).ok());
  EXPECT_THAT(healed_.files, testing::IsEmpty());
}

TEST_F(HealTest, WritesAContentThatIsMissing) {
  EXPECT_TRUE(HealContent(path_, "right", &healed_).ok());
  EXPECT_EQ(Content(path_), "right");
  ASSERT_EQ(healed_.files.size(), 1u);
  EXPECT_EQ(healed_.files[0].displaced, "");
}

TEST_F(HealTest, KeepsNothingOfATruncatedFile) {
  for (const char* rest : {"", "rig"}) {
    Put(rest);
    EXPECT_TRUE(HealContent(path_, "right", &healed_).ok());
    EXPECT_EQ(Content(path_), "right");
    EXPECT_EQ(healed_.files.back().displaced, "");
  }
}

TEST_F(HealTest, MovesAnotherContentAsideEveryTime) {
  for (int number = 1; number <= 2; ++number) {
    Put("precious");
    EXPECT_TRUE(HealContent(path_, "right", &healed_).ok());
    EXPECT_EQ(Content(path_), "right");
    const std::string aside = path_ + ".displaced." + std::to_string(number);
    EXPECT_EQ(healed_.files.back().displaced, aside);
    EXPECT_EQ(Content(aside), "precious");
  }
}

TEST_F(HealTest, KeepsTheNewestOfWhatItMovesAside) {
  for (int number = 1; number <= 30; ++number) {
    const std::string content = "precious " + std::to_string(number);
    Put(content);
    timespec times[2] = {{number, 0}, {number, 0}};
    ASSERT_EQ(utimensat(AT_FDCWD, path_.c_str(), times, 0), 0);
    EXPECT_TRUE(HealContent(path_, "right", &healed_).ok());
    EXPECT_EQ(Content(healed_.files.back().displaced), content);
  }
  std::vector<std::string> kept;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    if (entry.path() != path_) kept.push_back(Content(entry.path()));
  }
  EXPECT_THAT(kept, testing::UnorderedElementsAre("precious 23", "precious 24", "precious 25",
                                                  "precious 26", "precious 27", "precious 28",
                                                  "precious 29", "precious 30"));
}

TEST_F(HealTest, DirectoriesThatWereMovedAsideAreNeverRemoved) {
  for (int number = 1; number <= 8; ++number) {
    std::filesystem::create_directories(path_ + "/inner");
    EXPECT_TRUE(HealContent(path_, "right", &healed_).ok());
    std::filesystem::remove(path_);
  }
  Put("precious");
  absl::Status full = HealContent(path_, "right", &healed_);
  EXPECT_TRUE(absl::IsResourceExhausted(full)) << full;
  EXPECT_EQ(Content(path_), "precious");
  std::filesystem::remove_all(path_ + ".displaced.3");
  EXPECT_TRUE(HealContent(path_, "right", &healed_).ok());
  EXPECT_EQ(Content(path_ + ".displaced.3"), "precious");
}

TEST_F(HealTest, ADirectoryTakesThePlaceOfTheOldestFile) {
  for (int number = 1; number <= 8; ++number) {
    Put("precious");
    EXPECT_TRUE(HealContent(path_, "right", &healed_).ok());
  }
  std::filesystem::remove(path_);
  std::filesystem::create_directories(path_ + "/inner");
  EXPECT_TRUE(HealContent(path_, "right", &healed_).ok());
  EXPECT_TRUE(std::filesystem::exists(healed_.files.back().displaced + "/inner"));
}

TEST_F(HealTest, MovesADirectoryAside) {
  std::filesystem::create_directories(path_ + "/inner");
  EXPECT_TRUE(HealContent(path_, "right", &healed_).ok());
  EXPECT_EQ(Content(path_), "right");
  EXPECT_TRUE(std::filesystem::exists(path_ + ".displaced.1/inner"));
}

TEST_F(HealTest, AHomeIsTheDirectoryThatItWas) {
  const std::string home = folder_ + "/home";
  const std::string aside = folder_ + "/aside";
  std::filesystem::create_directory(home);
  absl::StatusOr<base::DirectoryLock> lock = base::DirectoryLock::TryAcquire(home);
  EXPECT_TRUE(CheckHomeStands(home, *lock).ok());
  std::filesystem::rename(home, aside);
  EXPECT_TRUE(absl::IsNotFound(CheckHomeStands(home, *lock)));
  std::filesystem::create_directory(home);
  EXPECT_TRUE(absl::IsNotFound(CheckHomeStands(home, *lock)))
      << "another directory is another home";
  std::filesystem::remove(home);
  std::filesystem::rename(aside, home);
  EXPECT_TRUE(CheckHomeStands(home, *lock).ok());
}

TEST_F(HealTest, ALockThatWasLostIsHeldAgain) {
  absl::StatusOr<base::FileLock> lock = base::FileLock::TryAcquire(path_);
  ASSERT_TRUE(lock.ok());
  EXPECT_TRUE(HealLock(path_, &*lock, &healed_).ok());
  EXPECT_THAT(healed_.files, testing::IsEmpty());
  std::filesystem::remove(path_);
  EXPECT_TRUE(HealLock(path_, &*lock, &healed_).ok());
  EXPECT_TRUE(lock->StillAt(path_));
  EXPECT_EQ(*base::LockStateOf(path_), base::LockState::kMarked);
  EXPECT_EQ(healed_.files.size(), 1u);
}

TEST_F(HealTest, ALockFileThatSomebodyMadeEmptyWillDo) {
  absl::StatusOr<base::FileLock> lock = base::FileLock::TryAcquire(path_);
  std::filesystem::remove(path_);
  { absl::StatusOr<base::FileLock> other = base::FileLock::TryAcquire(path_); }
  EXPECT_TRUE(HealLock(path_, &*lock, &healed_).ok());
  EXPECT_TRUE(lock->StillAt(path_));
  EXPECT_EQ(healed_.files.at(0).displaced, "");
}

TEST_F(HealTest, ALockFileWithAContentIsMovedAside) {
  absl::StatusOr<base::FileLock> lock = base::FileLock::TryAcquire(path_);
  Put("precious");
  EXPECT_TRUE(HealLock(path_, &*lock, &healed_).ok());
  EXPECT_TRUE(lock->StillAt(path_));
  EXPECT_EQ(Content(path_ + ".displaced.1"), "precious");
}

TEST_F(HealTest, KeepsItsOldLockWhileSomebodyHoldsTheNewOne) {
  absl::StatusOr<base::FileLock> lock = base::FileLock::TryAcquire(path_);
  const std::string old = folder_ + "/old";
  std::filesystem::rename(path_, old);
  absl::StatusOr<base::FileLock> other = base::FileLock::TryAcquire(path_);
  ASSERT_TRUE(other.ok());
  EXPECT_TRUE(absl::IsUnavailable(HealLock(path_, &*lock, &healed_)));
  EXPECT_TRUE(lock->StillAt(old));
  EXPECT_THAT(healed_.files, testing::IsEmpty());
}

TEST_F(HealTest, KnowsARuntimeThatHoldsTheNewLock) {
  absl::StatusOr<base::FileLock> lock = base::FileLock::TryAcquire(path_);
  std::filesystem::remove(path_);
  absl::StatusOr<base::FileLock> other = base::FileLock::TryAcquire(path_);
  ASSERT_TRUE(other->Mark().ok());
  EXPECT_TRUE(absl::IsAborted(HealLock(path_, &*lock, &healed_)));
}

TEST_F(HealTest, ASocketThatWasLostListensAgain) {
  absl::StatusOr<base::UniqueFd> socket = base::ListenAt(path_);
  base::FileInfo file = *base::Look(path_);
  EXPECT_TRUE(HealSocket(path_, &file, &healed_).ok());
  EXPECT_FALSE(healed_.socket.valid());
  std::filesystem::remove(path_);
  EXPECT_TRUE(HealSocket(path_, &file, &healed_).ok());
  EXPECT_TRUE(healed_.socket.valid());
  EXPECT_EQ(base::ConnectTo(path_).outcome, base::ConnectOutcome::kConnected);
  EXPECT_EQ(file.inode, base::Look(path_)->inode);
}

TEST_F(HealTest, SomebodyElsesSocketIsMovedAsideAndGoesOnListening) {
  base::FileInfo file;
  {
    absl::StatusOr<base::UniqueFd> own = base::ListenAt(path_);
    file = *base::Look(path_);
  }
  absl::StatusOr<base::UniqueFd> other = base::ListenAt(path_);
  EXPECT_TRUE(HealSocket(path_, &file, &healed_).ok());
  EXPECT_EQ(base::ConnectTo(path_ + ".displaced.1").outcome, base::ConnectOutcome::kConnected);
  EXPECT_EQ(base::ConnectTo(path_).outcome, base::ConnectOutcome::kConnected);
}

TEST_F(HealTest, SaysWhatCannotBePutBack) {
  absl::Status status = HealContent(folder_ + "/missing/file", "right", &healed_);
  EXPECT_FALSE(status.ok());
  EXPECT_NE(status.message().find("/missing/file"), std::string::npos) << status;
}

}  // namespace
}  // namespace holon::daemon
