#include "runtime/daemon/log_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "runtime/base/descriptor.h"
#include "runtime/state/log_reader.h"

namespace holon::daemon {
namespace {

using testing::UnorderedElementsAre;

class LogFileTest : public testing::Test {
 protected:
  LogFileTest() {
    char name[] = "/tmp/holon-log-XXXXXX";
    folder_ = mkdtemp(name);
    path_ = folder_ + "/daemon.log";
  }
  ~LogFileTest() override { EXPECT_EQ(system(("rm -rf " + folder_).c_str()), 0); }

  std::string Content(const std::string& suffix = "") {
    return base::ReadFile(path_ + suffix, 1 << 20).value_or("(absent)");
  }

  // A descriptor that whoever started us has opened on the log.
  base::UniqueFd OpenAsParent(int flags = O_APPEND) {
    return base::UniqueFd(open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600));
  }

  std::string folder_;
  std::string path_;
};

TEST_F(LogFileTest, IsBegunAnewBeforeItWouldGrowOverItsLimit) {
  LogFile log(path_, {10, 3}, {});
  for (const char* line : {"12345\n", "abc\n", "second\n", "third\n", "fourth\n"}) {
    EXPECT_TRUE(log.Append(line).ok());
  }
  EXPECT_EQ(Content(), "fourth\n");
  EXPECT_EQ(Content(".1"), "third\n");
  EXPECT_EQ(Content(".2"), "second\n");
  EXPECT_THAT(*base::ListDirectory(folder_),
              UnorderedElementsAre("daemon.log", "daemon.log.1", "daemon.log.2"));
  EXPECT_EQ(base::Look(path_)->mode, 0600u);
  EXPECT_TRUE(log.rotation().ok());
}

TEST_F(LogFileTest, WithoutItsHomeItTouchesNoOtherFile) {
  bool owns = true;
  LogFile log(path_, {20, 3}, {}, [&owns] { return owns; });
  EXPECT_TRUE(log.Append("first\n").ok());
  owns = false;
  // Not begun anew, although it is full: it may be another runtime's by now.
  EXPECT_TRUE(log.Append("longer than allowed\n").ok());
  EXPECT_THAT(*base::ListDirectory(folder_), UnorderedElementsAre("daemon.log"));
  ASSERT_TRUE(base::RenameFile(path_, path_ + ".moved").ok());
  ASSERT_TRUE(base::WriteFileAtomically(path_, "another runtime's\n").ok());
  EXPECT_TRUE(log.Append("last\n").ok());
  EXPECT_EQ(Content(), "another runtime's\n");
  EXPECT_EQ(Content(".moved"), "first\nlonger than allowed\nlast\n");
}

TEST_F(LogFileTest, OneFileAloneIsReplaced) {
  LogFile log(path_, {10, 1}, {});
  EXPECT_TRUE(log.Append("12345678\n").ok());
  EXPECT_TRUE(log.Append("abcdefgh\n").ok());
  EXPECT_EQ(Content(), "abcdefgh\n");
  EXPECT_THAT(*base::ListDirectory(folder_), UnorderedElementsAre("daemon.log"));
}

TEST_F(LogFileTest, LineOverTheLimitHasAFileOfItsOwn) {
  LogFile log(path_, {10, 3}, {});
  EXPECT_TRUE(log.Append("a\n").ok());
  EXPECT_TRUE(log.Append("much longer than that\n").ok());
  EXPECT_EQ(Content(), "much longer than that\n");
  EXPECT_EQ(Content(".1"), "a\n");
}

TEST_F(LogFileTest, LimitsChangeWhileItIsOpen) {
  LogFile log(path_, {10, 5}, {});
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(log.Append("12345678\n").ok());
  log.SetLimits({100, 2});
  EXPECT_THAT(*base::ListDirectory(folder_), UnorderedElementsAre("daemon.log", "daemon.log.1"));
  EXPECT_TRUE(log.Append("appended\n").ok());
  EXPECT_EQ(Content(), "12345678\nappended\n");
}

TEST_F(LogFileTest, OwnStdioGoesWithItThroughRotationAndRemoval) {
  base::UniqueFd own = OpenAsParent();
  base::UniqueFd other(open("/dev/null", O_WRONLY | O_CLOEXEC));
  LogFile log(path_, {20, 3}, {own.get(), other.get()});
  EXPECT_FALSE(log.Takes(own.get())) << "before it is open";
  ASSERT_TRUE(log.Open().ok());
  EXPECT_TRUE(log.Takes(own.get()));
  EXPECT_FALSE(log.Takes(other.get()));
  EXPECT_TRUE(log.Append("123456789012345\n").ok());
  EXPECT_TRUE(log.Append("123456\n").ok());
  EXPECT_TRUE(base::WriteOnce(own.get(), "library\n").ok());
  EXPECT_EQ(Content(), "123456\nlibrary\n");
  ASSERT_TRUE(base::RemoveFile(path_).ok());
  EXPECT_TRUE(log.Append("again\n").ok());
  EXPECT_TRUE(base::WriteOnce(own.get(), "library\n").ok());
  EXPECT_EQ(Content(), "again\nlibrary\n");
}

TEST_F(LogFileTest, OwnStdioAppendsEvenIfItWasNotOpenedSo) {
  base::UniqueFd own = OpenAsParent(O_TRUNC);
  LogFile log(path_, {100, 3}, {own.get()});
  EXPECT_TRUE(log.Append("first\n").ok());
  EXPECT_TRUE(base::WriteOnce(own.get(), "library\n").ok());
  EXPECT_EQ(Content(), "first\nlibrary\n");
}

TEST_F(LogFileTest, WhatOthersWroteCountsForItsSize) {
  base::UniqueFd own = OpenAsParent();
  LogFile log(path_, {20, 3}, {own.get()});
  EXPECT_TRUE(log.Append("first\n").ok());
  EXPECT_TRUE(base::WriteOnce(own.get(), "a library's text\n").ok());
  EXPECT_TRUE(log.Append("second\n").ok());
  EXPECT_EQ(Content(), "second\n");
}

TEST_F(LogFileTest, ReplacedFileIsLeftAndTheOneAtThePathTaken) {
  LogFile log(path_, {100, 3}, {});
  EXPECT_TRUE(log.Append("first\n").ok());
  ASSERT_TRUE(base::WriteFileAtomically(path_, "theirs\n").ok());
  EXPECT_TRUE(log.Append("second\n").ok());
  EXPECT_EQ(Content(), "theirs\nsecond\n");
}

TEST_F(LogFileTest, TornLineOfADeadRuntimeIsEnded) {
  ASSERT_TRUE(base::WriteFileAtomically(path_, "torn").ok());
  LogFile log(path_, {100, 3}, {});
  EXPECT_TRUE(log.Append("first\n").ok());
  EXPECT_EQ(Content(), "torn\nfirst\n");
}

TEST_F(LogFileTest, LostLineNamesThePathAndTheNextOneMayGoIn) {
  ASSERT_EQ(symlink("/dev/full", path_.c_str()), 0);
  LogFile log(path_, {100, 3}, {});
  absl::Status lost = log.Append("first\n");
  EXPECT_FALSE(lost.ok()) << "no symbolic link is followed";
  EXPECT_NE(std::string(lost.message()).find(path_), std::string::npos) << lost;
  ASSERT_TRUE(base::RemoveFile(path_).ok());
  EXPECT_TRUE(log.Append("second\n").ok());
  EXPECT_EQ(Content(), "second\n");
}

// Takes lines that count upwards from 0.
class Counting {
 public:
  absl::Status Read(state::LogReader& reader) {
    return reader.Read([this](const std::vector<std::string>& lines) {
      for (const std::string& line : lines) {
        if (line != absl::StrCat(next_)) return absl::DataLossError(absl::StrCat(next_));
        ++next_;
      }
      return absl::OkStatus();
    });
  }
  int next() const { return next_; }

 private:
  int next_ = 0;
};

TEST_F(LogFileTest, ReadersMissNothingWhileItIsRotated) {
  constexpr int kLines = 3000;
  std::atomic<bool> done = false;
  std::thread writer([&] {
    LogFile log(path_, {200, 1000}, {});  // More files than rotations: nothing is removed.
    for (int i = 0; i < kLines; ++i) EXPECT_TRUE(log.Append(absl::StrCat(i, "\n")).ok());
    done = true;
  });
  state::LogReader follower(path_);
  Counting followed;
  absl::Status read;
  for (bool last = false; read.ok() && !last;) {
    last = done;
    read = followed.Read(follower);
    state::LogReader newcomer(path_);
    Counting anew;
    read.Update(anew.Read(newcomer));
    if (last) {
      EXPECT_EQ(anew.next(), kLines);
    }
  }
  writer.join();
  EXPECT_TRUE(read.ok()) << read;
  EXPECT_EQ(followed.next(), kLines);
}

TEST_F(LogFileTest, OldOneGoesOnWhereNoNewOneCanBeMade) {
  base::UniqueFd own = OpenAsParent();
  LogFile log(path_, {10, 2}, {own.get()});
  EXPECT_TRUE(log.Append("12345678\n").ok());
  ASSERT_EQ(mkdir((path_ + ".1").c_str(), 0700), 0);
  EXPECT_TRUE(log.Append("abcdefgh\n").ok());
  EXPECT_TRUE(base::WriteOnce(own.get(), "library\n").ok());
  EXPECT_EQ(Content(), "12345678\nabcdefgh\nlibrary\n");
  EXPECT_NE(std::string(log.rotation().message()).find(path_), std::string::npos);
  ASSERT_EQ(rmdir((path_ + ".1").c_str()), 0);
  EXPECT_TRUE(log.Append("new\n").ok());
  EXPECT_EQ(Content(), "new\n");
  EXPECT_TRUE(log.rotation().ok());
}

}  // namespace
}  // namespace holon::daemon
