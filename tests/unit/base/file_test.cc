#include "runtime/base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace holon::base {
namespace {

using testing::UnorderedElementsAre;

class FileTest : public testing::Test {
 protected:
  FileTest() {
    char name[] = "/tmp/holon-file-XXXXXX";
    folder_ = CanonicalPath(mkdtemp(name), "/");
    path_ = folder_ + "/file";
  }
  ~FileTest() override { EXPECT_EQ(system(("rm -rf " + folder_).c_str()), 0); }

  std::string folder_;
  std::string path_;
};

TEST_F(FileTest, IsReplacedWholeWithItsMode) {
  ASSERT_TRUE(WriteFileAtomically(path_, "old").ok());
  ASSERT_TRUE(WriteFileAtomically(path_, "new", 0640).ok());
  EXPECT_EQ(*ReadFile(path_, 10), "new");
  EXPECT_EQ(Look(path_)->mode, 0640u);
  EXPECT_THAT(*ListDirectory(folder_), UnorderedElementsAre("file"));
}

TEST_F(FileTest, ReplacingRemovesWhatDeadWritersLeftAndNothingElse) {
  const std::string dead = path_ + ".2147483646.0.tmp";
  const std::string living = path_ + "." + std::to_string(getppid()) + ".0.tmp";
  const std::string other = path_ + ".notes.tmp";
  for (const std::string& path : {dead, living, other}) {
    ASSERT_TRUE(CreateFileExclusively(path, "x").ok());
  }
  ASSERT_TRUE(WriteFileAtomically(path_, "new").ok());
  EXPECT_THAT(*ListDirectory(folder_),
              UnorderedElementsAre("file", NameOf(living), "file.notes.tmp"));
}

TEST_F(FileTest, ExclusiveCreationReplacesNothing) {
  ASSERT_TRUE(CreateFileExclusively(path_, "first").ok());
  EXPECT_TRUE(absl::IsAlreadyExists(CreateFileExclusively(path_, "second")));
  EXPECT_EQ(*ReadFile(path_, 10), "first");
}

TEST_F(FileTest, ReadingIsBoundedAndNeverHangs) {
  ASSERT_TRUE(WriteFileAtomically(path_, "0123456789").ok());
  EXPECT_TRUE(ReadFile(path_, 10).ok());
  EXPECT_TRUE(absl::IsOutOfRange(ReadFile(path_, 9).status()));
  EXPECT_EQ(*ReadFileTail(path_, 4), "6789");
  EXPECT_EQ(*ReadFileTail(path_, 40), "0123456789");
  EXPECT_TRUE(absl::IsNotFound(ReadFile(folder_ + "/absent", 1).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(ReadFile(folder_, 1).status()));
  ASSERT_EQ(mkfifo((folder_ + "/fifo").c_str(), 0600), 0);
  EXPECT_TRUE(absl::IsFailedPrecondition(ReadFile(folder_ + "/fifo", 1).status()));
}

TEST_F(FileTest, CanonicalPathsResolveWhatExistsAndKeepTheRest) {
  ASSERT_TRUE(MakeDirectory(folder_ + "/real", 0700).ok());
  ASSERT_EQ(symlink((folder_ + "/real").c_str(), (folder_ + "/link").c_str()), 0);
  EXPECT_EQ(CanonicalPath("link/new/x", folder_), folder_ + "/real/new/x");
  EXPECT_EQ(CanonicalPath("./a//b/../c/", folder_), folder_ + "/a/c");
  EXPECT_EQ(CanonicalPath("link/..", folder_), folder_) << "the parent of what the link leads to";
  EXPECT_EQ(CanonicalPath("/../..", "/"), "/");
}

TEST_F(FileTest, ATemporaryIsAbandonedOnceItsWriterIsNoMore) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  auto named = [](const std::string& name, pid_t pid) {
    return IsAbandoned(absl::StrCat("/somewhere/", name, ".", pid, ".0.tmp"));
  };
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child), nullptr, WEXITED | WNOWAIT), 0);
  EXPECT_TRUE(named("a.json", child)) << "a zombie";
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(named("a.json", child));
  EXPECT_TRUE(named("", child)) << "a socket's";
  EXPECT_FALSE(named("a.json", getpid()));
  EXPECT_FALSE(IsAbandoned(absl::StrCat("a.json.", child, ".0")));
  EXPECT_FALSE(IsAbandoned(absl::StrCat("a.json.", child, ".tmp")));
  EXPECT_FALSE(IsAbandoned("a.b.c.tmp"));
  EXPECT_FALSE(IsAbandoned("tmp"));
}

}  // namespace
}  // namespace holon::base
