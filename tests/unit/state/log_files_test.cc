// Reading a log that is rotated, removed and truncated under the reader.
#include "runtime/state/log_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "runtime/base/file.h"
#include "runtime/base/wait.h"
#include "runtime/state/log_reader.h"
#include "runtime/state/log_tail.h"
#include "runtime/state/log_watch.h"

namespace holon::state {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class LogFilesTest : public testing::Test {
 protected:
  LogFilesTest() {
    char name[] = "/tmp/holon-log-XXXXXX";
    folder_ = mkdtemp(name);
    path_ = folder_ + "/daemon.log";
  }
  ~LogFilesTest() override { EXPECT_EQ(system(("rm -rf " + folder_).c_str()), 0); }

  void Append(const std::string& text, unsigned number = 0) {
    std::ofstream(NumberedLog(path_, number), std::ios::app) << text;
  }

  // As a runtime does that keeps `files` of them.
  void Rotate(unsigned files = 100) {
    for (unsigned number = files - 1; number > 0; --number) {
      (void)base::RenameFile(NumberedLog(path_, number - 1), NumberedLog(path_, number));
    }
    ASSERT_TRUE(base::WriteFileAtomically(path_, "").ok());
  }

  std::vector<std::string> Read(LogReader& reader) {
    std::vector<std::string> all;
    EXPECT_TRUE(reader.Read(Into(&all)).ok());
    return all;
  }

  static LogReader::Take Into(std::vector<std::string>* all) {
    return [all](const std::vector<std::string>& lines) {
      all->insert(all->end(), lines.begin(), lines.end());
      return absl::OkStatus();
    };
  }

  std::string folder_;
  std::string path_;
};

TEST(LogNumberTest, OnlyANumberBehindTheNameCounts) {
  EXPECT_EQ(LogNumber("daemon.log.12", "daemon.log"), 12u);
  for (const char* other : {"daemon.log", "daemon.log.", "daemon.log.01", "daemon.log.-1",
                            "daemon.log.1.tmp", "daemon.log.next", "xdaemon.log.1"}) {
    EXPECT_EQ(LogNumber(other, "daemon.log"), 0u) << other;
  }
}

TEST_F(LogFilesTest, AreOpenedOldestFirstWhateverIsMissing) {
  EXPECT_THAT(*OpenLogs(path_), IsEmpty());
  Append("d", 12);
  Append("cc", 2);
  Append("a");
  const std::vector<OpenLog> files = *OpenLogs(path_);
  ASSERT_THAT(files, SizeIs(3));
  EXPECT_EQ(files[0].info.size, 1);
  EXPECT_EQ(files[1].info.size, 2);
  EXPECT_TRUE(files[2].info.SameFile(*base::Look(path_)));
}

TEST(LogTailTest, IsBounded) {
  EXPECT_TRUE(LastLines("a\nb\n", 0).empty());
  EXPECT_TRUE(LastLines("", 5).empty());
  EXPECT_EQ(LastLines("a\nb\nc\n", 2), (std::vector<std::string>{"b", "c"}));
  EXPECT_EQ(LastLines("a\n\nc", 9), (std::vector<std::string>{"a", "", "c"}));
  std::vector<std::string> lines = LastLines(std::string(20000, 'x') + "end\n", 1);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].size(), kMaxLineBytes);
  EXPECT_EQ(lines[0].substr(0, 4), "...x");
  EXPECT_EQ(lines[0].substr(lines[0].size() - 3), "end");
}

TEST_F(LogFilesTest, TailReachesBackAcrossFiles) {
  EXPECT_THAT(LogTail(path_, 5), IsEmpty());
  Append("one\ntwo\ntorn", 2);
  Append("three\n", 1);
  Append("four\n");
  EXPECT_THAT(LogTail(path_, 2), ElementsAre("three", "four"));
  EXPECT_THAT(LogTail(path_, 4), ElementsAre("two", "torn", "three", "four"));
  EXPECT_THAT(LogTail(path_, 99), ElementsAre("one", "two", "torn", "three", "four"));
}

TEST_F(LogFilesTest, TailIsBoundedAndBeginsWithAWholeLine) {
  const std::string line(1000, 'x');
  for (int i = 0; i < 100; ++i) Append(line + "\n", 1);
  for (int i = 0; i < 100; ++i) Append(line + "\n");
  const std::vector<std::string> lines = LogTail(path_, 1000);
  EXPECT_EQ(lines.size(), kMaxTailBytes / (line.size() + 1));
  EXPECT_EQ(lines.front(), line);
}

TEST_F(LogFilesTest, SinceALookIsWhatCameAfterItRotatedOrNot) {
  Append("old\n");
  const base::FileInfo begin = *base::Look(path_);
  EXPECT_THAT(LogSince(path_, begin, 9), IsEmpty());
  Append("new\n");
  EXPECT_THAT(LogSince(path_, begin, 9), ElementsAre("new"));
  Rotate();
  Append("newer\n");
  EXPECT_THAT(LogSince(path_, begin, 9), ElementsAre("new", "newer"));
  EXPECT_THAT(LogSince(path_, begin, 1), ElementsAre("newer"));
}

TEST_F(LogFilesTest, SinceALookWhoseFileIsGoneIsThePresentFile) {
  Append("old\n");
  const base::FileInfo begin = *base::Look(path_);
  Rotate(1);
  Append("new\n");
  EXPECT_THAT(LogSince(path_, begin, 9), ElementsAre("new"));
}

TEST_F(LogFilesTest, ReaderGoesOnAcrossRotationsWithoutLossOrRepetition) {
  Append("before\n");
  LogReader reader(path_);
  EXPECT_THAT(Read(reader), ElementsAre("before"));
  EXPECT_THAT(Read(reader), IsEmpty());
  Append("end of the first\n");
  Rotate();
  Append("second\n");
  Rotate();
  Append("third\n");
  EXPECT_THAT(Read(reader), ElementsAre("end of the first", "second", "third"));
  Rotate();
  EXPECT_THAT(Read(reader), IsEmpty());
  Append("fourth\n");
  EXPECT_THAT(Read(reader), ElementsAre("fourth"));
}

TEST_F(LogFilesTest, ReaderThatWasOvertakenReadsWhatIsLeft) {
  Append("one\n");
  LogReader reader(path_);
  EXPECT_THAT(Read(reader), ElementsAre("one"));
  for (const char* text : {"two\n", "three\n", "four\n", "five\n"}) {
    Rotate(3);
    Append(text);
  }
  EXPECT_THAT(Read(reader), ElementsAre("three", "four", "five"));
}

TEST_F(LogFilesTest, ReaderEndsATornLineWithItsFile) {
  Append("torn");
  LogReader reader(path_);
  EXPECT_THAT(Read(reader), IsEmpty());
  Rotate();
  Append("whole\n");
  EXPECT_THAT(Read(reader), ElementsAre("torn", "whole"));
}

TEST_F(LogFilesTest, ReaderBeginsAnewWithATruncatedAndWithARemovedFile) {
  Append("one\n");
  LogReader reader(path_);
  Append("older\n", 1);
  EXPECT_THAT(Read(reader), ElementsAre("older", "one"));
  ASSERT_EQ(truncate(path_.c_str(), 0), 0);
  Append("2\n");
  EXPECT_THAT(Read(reader), ElementsAre("2"));
  ASSERT_TRUE(base::RemoveFile(path_).ok());
  EXPECT_THAT(Read(reader), IsEmpty());
  Append("three\n");
  EXPECT_THAT(Read(reader), ElementsAre("three"));
  ASSERT_EQ(system(("rm -rf " + folder_).c_str()), 0);
  EXPECT_THAT(Read(reader), IsEmpty());
  ASSERT_TRUE(base::MakeDirectory(folder_, 0700).ok());
  Append("four\n");
  EXPECT_THAT(Read(reader), ElementsAre("four"));
}

TEST_F(LogFilesTest, ReaderGoesOnBehindATailEvenWithinALine) {
  Append("one\ntwo\nthr");
  LogReader reader(path_);
  std::vector<std::string> lines;
  ASSERT_TRUE(reader.Tail(2, Into(&lines)).ok());
  EXPECT_THAT(lines, ElementsAre("two"));
  Append("ee\nfour\n");
  EXPECT_THAT(Read(reader), ElementsAre("three", "four"));
  ASSERT_TRUE(reader.Tail(0, Into(&lines)).ok());
  EXPECT_THAT(lines, ElementsAre("two"));
  EXPECT_THAT(Read(reader), IsEmpty());
}

TEST_F(LogFilesTest, ReaderStopsWhenItsTakerHasEnough) {
  Append("one\n");
  LogReader reader(path_);
  auto enough = [](const std::vector<std::string>&) { return absl::CancelledError("enough"); };
  EXPECT_TRUE(absl::IsCancelled(reader.Read(enough)));
}

TEST_F(LogFilesTest, FilesThatEndedBeforeATimeAreNotRead) {
  Append("old\n", 2);
  Append("new\n", 1);
  Append("newest\n");
  ASSERT_EQ(system(("touch -d @1000 " + NumberedLog(path_, 2)).c_str()), 0);
  LogReader reader(path_);
  ASSERT_TRUE(reader.SkipBefore(absl::FromUnixSeconds(2000)).ok());
  EXPECT_THAT(Read(reader), ElementsAre("new", "newest"));
}

bool HasNews(LogWatch& watch) {
  return base::WaitReadable({watch.fd()}, absl::ZeroDuration()).has_value();
}

TEST_F(LogFilesTest, WatchWakesForWritingRotationAndTruncation) {
  LogWatch watch(path_);
  ASSERT_TRUE(watch.Begin().ok());
  EXPECT_FALSE(HasNews(watch));
  const std::vector<std::function<void()>> deeds = {
      [&] { Append("one\n"); }, [&] { Rotate(); },
      [&] { EXPECT_EQ(truncate(path_.c_str(), 0), 0); }, [&] { Append("two\n"); }};
  for (const auto& deed : deeds) {
    deed();
    EXPECT_TRUE(HasNews(watch));
    ASSERT_TRUE(watch.Take().ok());
    EXPECT_FALSE(HasNews(watch));
  }
}

TEST_F(LogFilesTest, WatchWaitsForAFolderThatIsNotThereAndForOneThatGoes) {
  const std::string home = folder_ + "/a/b";
  LogWatch watch(home + "/run/daemon.log");
  ASSERT_TRUE(watch.Begin().ok());
  EXPECT_EQ(system(("mkdir -p " + home).c_str()), 0);
  EXPECT_TRUE(HasNews(watch));
  ASSERT_TRUE(watch.Take().ok());
  EXPECT_FALSE(HasNews(watch));
  EXPECT_EQ(system(("mkdir " + home + "/run").c_str()), 0);
  EXPECT_TRUE(HasNews(watch));
  ASSERT_TRUE(watch.Take().ok());
  std::ofstream(home + "/run/daemon.log") << "one\n";
  EXPECT_TRUE(HasNews(watch));
  ASSERT_TRUE(watch.Take().ok());
  EXPECT_EQ(system(("rm -rf " + folder_ + "/a").c_str()), 0);
  EXPECT_TRUE(HasNews(watch));
  ASSERT_TRUE(watch.Take().ok());
  EXPECT_EQ(system(("mkdir -p " + home + "/run").c_str()), 0);
  EXPECT_TRUE(HasNews(watch));
}

}  // namespace
}  // namespace holon::state
