#include "runtime/base/inotify.h"

#include <gmock/gmock.h>
#include <sys/inotify.h>
#include <sys/resource.h>

#include "runtime/base/wait.h"
#include "tests/unit/base/scratch.h"

namespace holon::base {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class InotifyTest : public ScratchTest {
 protected:
  InotifyTest() : inotify_(*Inotify::Create()) {}

  std::vector<std::pair<uint32_t, std::string>> Read() {
    std::vector<std::pair<uint32_t, std::string>> events;
    for (const Inotify::Event& event : inotify_.Read()) events.emplace_back(event.mask, event.name);
    return events;
  }
  bool IsReadable() const {
    return WaitReadable({inotify_.fd()}, absl::ZeroDuration()).has_value();
  }

  Inotify inotify_;
};

TEST_F(InotifyTest, TellsWhatComesAndGoesInOrder) {
  ASSERT_TRUE(inotify_.Watch(folder_, IN_CREATE | IN_DELETE | IN_MOVED_TO).ok());
  EXPECT_FALSE(IsReadable());
  EXPECT_THAT(Read(), IsEmpty());
  Write("a", "");
  std::filesystem::rename(In("a"), In("b"));
  std::filesystem::remove(In("b"));
  EXPECT_TRUE(IsReadable());
  EXPECT_THAT(Read(),
              ElementsAre(Pair(IN_CREATE, "a"), Pair(IN_MOVED_TO, "b"), Pair(IN_DELETE, "b")));
  EXPECT_FALSE(IsReadable());
  EXPECT_THAT(Read(), IsEmpty());
}

TEST_F(InotifyTest, TellsOnlyWhatWasAskedFor) {
  ASSERT_TRUE(inotify_.Watch(folder_, IN_DELETE).ok());
  Write("a", "content");
  EXPECT_FALSE(IsReadable());
}

TEST_F(InotifyTest, WhatIsAboutTheFolderItselfHasNoName) {
  std::filesystem::create_directory(In("folder"));
  ASSERT_TRUE(inotify_.Watch(In("folder"), IN_DELETE_SELF).ok());
  std::filesystem::remove(In("folder"));
  EXPECT_THAT(Read(), ElementsAre(Pair(IN_DELETE_SELF, ""), Pair(IN_IGNORED, "")));
}

TEST_F(InotifyTest, ReadsMoreThanItsBufferHolds) {
  ASSERT_TRUE(inotify_.Watch(folder_, IN_CREATE).ok());
  constexpr int kFiles = 200;
  for (int i = 0; i < kFiles; ++i) Write(std::string(200, 'n') + std::to_string(i), "");
  std::vector<std::pair<uint32_t, std::string>> events = Read();
  ASSERT_EQ(events.size(), static_cast<size_t>(kFiles));
  EXPECT_EQ(events.back().second, std::string(200, 'n') + "199");
}

TEST_F(InotifyTest, SeveralFoldersShareADescriptor) {
  std::filesystem::create_directory(In("one"));
  std::filesystem::create_directory(In("two"));
  ASSERT_TRUE(inotify_.Watch(In("one"), IN_CREATE).ok());
  ASSERT_TRUE(inotify_.Watch(In("two"), IN_CREATE).ok());
  Write("two/b", "");
  Write("one/a", "");
  EXPECT_THAT(Read(), ElementsAre(Pair(IN_CREATE, "b"), Pair(IN_CREATE, "a")));
}

TEST_F(InotifyTest, WhatIsNotThereCannotBeWatched) {
  EXPECT_TRUE(absl::IsNotFound(inotify_.Watch(In("nothing"), IN_CREATE)));
}

TEST_F(InotifyTest, WithoutDescriptorsThereIsNone) {
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none = {0, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  absl::Status status = Inotify::Create().status();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
}

}  // namespace
}  // namespace holon::base
