#include "runtime/base/file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <random>
#include <string>

#include "runtime/base/temporary_file.h"

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
  const std::string dead = TemporaryName(path_);
  const std::string others = TemporaryName(path_ + ".other");
  for (const std::string& path : {dead, others, path_ + ".notes.tmp"}) {
    ASSERT_TRUE(AppendLine(path, "x").ok());
  }
  absl::StatusOr<TemporaryFile> living = TemporaryFile::Create(path_, 0600);
  ASSERT_TRUE(living.ok());
  ASSERT_TRUE(WriteFileAtomically(path_, "new").ok());
  EXPECT_THAT(*ListDirectory(folder_), UnorderedElementsAre("file", NameOf(living->path()),
                                                            NameOf(others), "file.notes.tmp"));
}

TEST_F(FileTest, HalfALineGetsItsEndBeforeTheNextOne) {
  ASSERT_TRUE(AppendLine(path_, "first").ok());
  ASSERT_TRUE(AppendLine(path_, "second").ok());
  EXPECT_EQ(*ReadFile(path_, 100), "first\nsecond\n");
  ASSERT_EQ(truncate(path_.c_str(), 8), 0);
  ASSERT_TRUE(AppendLine(path_, "third").ok());
  EXPECT_EQ(*ReadFile(path_, 100), "first\nse\nthird\n");
}

TEST_F(FileTest, ALinkToNothingIsSaidToBeOne) {
  ASSERT_EQ(symlink("/no/such/folder", path_.c_str()), 0);
  EXPECT_THAT(MakeDirectory(path_, 0700).message(), testing::HasSubstr("symbolic link"));
  EXPECT_TRUE(absl::IsFailedPrecondition(OpenForAppending(path_).status()));
}

TEST_F(FileTest, AWorkingDirectoryThatIsGoneIsNotTheRoot) {
  UniqueFd before(open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  ASSERT_TRUE(MakeDirectory(path_, 0700).ok());
  ASSERT_EQ(chdir(path_.c_str()), 0);
  ASSERT_EQ(rmdir(path_.c_str()), 0);
  EXPECT_EQ(WorkingDirectory().status().message(), "the current directory is gone");
  ASSERT_EQ(fchdir(before.get()), 0);
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
  EXPECT_EQ(CanonicalPath("nope/../link/x", folder_), folder_ + "/real/x");
  EXPECT_EQ(CanonicalPath("a/b/../../link", folder_), folder_ + "/real");
}

TEST_F(FileTest, ACanonicalPathIsItsOwn) {
  ASSERT_TRUE(MakeDirectory(folder_ + "/real", 0700).ok());
  ASSERT_TRUE(MakeDirectory(folder_ + "/real/in", 0700).ok());
  ASSERT_EQ(symlink("real/in", (folder_ + "/link").c_str()), 0);
  ASSERT_EQ(symlink("../link", (folder_ + "/real/back").c_str()), 0);
  ASSERT_EQ(symlink("nowhere", (folder_ + "/dangling").c_str()), 0);
  ASSERT_EQ(symlink("loop", (folder_ + "/loop").c_str()), 0);
  const std::vector<std::string> parts = {"..",   ".",        "real", "in",   "link",
                                          "back", "dangling", "loop", "nope", ""};
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string path = "real";
    for (size_t i = random() % 8; i > 0; --i) path += "/" + parts[random() % parts.size()];
    const std::string once = CanonicalPath(path, folder_);
    EXPECT_EQ(CanonicalPath(once, "/"), once) << path;
  }
}

TEST_F(FileTest, ATemporaryNameIsRandomAndKnownAsOne) {
  EXPECT_NE(TemporaryName("/a/b"), TemporaryName("/a/b"));
  EXPECT_TRUE(IsTemporaryName(NameOf(TemporaryName("/a/b.json"))));
  EXPECT_TRUE(IsTemporaryName(NameOf(TemporaryName("/a/"))));
  for (const char* name : {"tmp", ".tmp", "a.12345678", "a.1234567.tmp", "a.1234567G.tmp",
                           "a.b.tmp", "12345678.tmp", "a.ABCDEF01.tmp"}) {
    EXPECT_FALSE(IsTemporaryName(name)) << name;
  }
}

TEST_F(FileTest, AFileWithTheLongestNameCanBeReplaced) {
  const std::string longest = folder_ + "/" + std::string(NAME_MAX, 'n');
  ASSERT_TRUE(WriteFileAtomically(longest, "x", 0600).ok());
  const std::string temporary = TemporaryName(longest);
  EXPECT_TRUE(IsTemporaryName(NameOf(temporary)));
  ASSERT_TRUE(AppendLine(temporary, "of a dead writer").ok());
  RemoveAbandoned(longest);
  EXPECT_EQ(Look(temporary)->type, FileType::kAbsent);
  EXPECT_EQ(*ReadFile(longest, 10), "x");
}

TEST_F(FileTest, ATemporaryIsAbandonedOnceItsWriterIsNoMore) {
  std::string path;
  {
    absl::StatusOr<TemporaryFile> writing = TemporaryFile::Create(path_, 0600);
    ASSERT_TRUE(writing.ok());
    path = writing->path();
    EXPECT_FALSE(IsAbandoned(path)) << "its writer lives";
    const timespec long_ago[2] = {{1, 0}, {1, 0}};
    ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), long_ago, 0), 0);
    EXPECT_TRUE(IsAbandoned(path)) << "older than any writer, where there are no locks";
  }
  EXPECT_FALSE(IsAbandoned(path)) << "there is none";
  ASSERT_TRUE(AppendLine(path, "x").ok());
  EXPECT_TRUE(IsAbandoned(path)) << "nobody holds its lock";
}

}  // namespace
}  // namespace holon::base
