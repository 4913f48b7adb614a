#include "runtime/base/epoll.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/base/descriptor.h"
#include "runtime/base/wake.h"

namespace holon::base {
namespace {

class EpollTest : public testing::Test {
 protected:
  EpollTest() {
    int fds[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    ours_.Reset(fds[0]);
    theirs_.Reset(fds[1]);
  }
  std::vector<Epoll::Event> Look() { return epoll_->Wait(absl::ZeroDuration()); }

  absl::StatusOr<Epoll> epoll_ = Epoll::Create();
  UniqueFd ours_;
  UniqueFd theirs_;
};

TEST_F(EpollTest, InputIsReportedOnceOrForAsLongAsItIsThere) {
  ASSERT_TRUE(epoll_->Add(ours_.get(), 7, Epoll::Interest::kNewInput).ok());
  EXPECT_TRUE(Look().empty());
  ASSERT_EQ(write(theirs_.get(), "x", 1), 1);
  ASSERT_EQ(Look().size(), 1u);
  EXPECT_TRUE(Look().empty());
  ASSERT_EQ(write(theirs_.get(), "x", 1), 1);
  ASSERT_EQ(Look().size(), 1u);
  ASSERT_TRUE(epoll_->Change(ours_.get(), 8, Epoll::Interest::kReadable).ok());
  for (int i = 0; i < 2; ++i) {
    const std::vector<Epoll::Event> events = Look();
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].key, 8u);
    EXPECT_TRUE(events[0].ready);
    EXPECT_FALSE(events[0].hung_up);
  }
  ASSERT_TRUE(epoll_->Change(ours_.get(), 8, Epoll::Interest::kHangUp).ok());
  EXPECT_TRUE(Look().empty());
}

TEST_F(EpollTest, AHangUpIsReportedToADuplicateThatAsksForNothingElse) {
  absl::StatusOr<UniqueFd> duplicate = Duplicate(ours_.get());
  ASSERT_TRUE(duplicate.ok());
  ASSERT_TRUE(epoll_->Add(duplicate->get(), 7, Epoll::Interest::kHangUp).ok());
  EndConnection(ours_.get());
  const std::vector<Epoll::Event> events = Look();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_TRUE(events[0].hung_up);
  epoll_->Remove(duplicate->get());
  EXPECT_TRUE(Look().empty());
}

TEST_F(EpollTest, AWakeIsReadableUntilItIsCleared) {
  absl::StatusOr<Wake> wake = Wake::Create();
  ASSERT_TRUE(wake.ok());
  ASSERT_TRUE(epoll_->Add(wake->fd(), 1, Epoll::Interest::kReadable).ok());
  EXPECT_TRUE(Look().empty());
  wake->Signal();
  wake->Signal();
  EXPECT_EQ(epoll_->Wait(absl::InfiniteDuration()).size(), 1u);
  wake->Clear();
  EXPECT_TRUE(Look().empty());
}

}  // namespace
}  // namespace holon::base
