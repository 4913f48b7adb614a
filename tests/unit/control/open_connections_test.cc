#include "runtime/control/open_connections.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/descriptor.h"

namespace holon::control {
namespace {

class OpenConnectionsTest : public testing::Test {
 protected:
  // A connection; this test keeps both ends, as its peer and as gRPC.
  void Open(uint64_t key, PeerKind kind, int second) {
    int fds[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    peers_[key].Reset(fds[0]);
    served_[key].Reset(fds[1]);
    absl::StatusOr<base::UniqueFd> duplicate = base::Duplicate(fds[1]);
    ASSERT_TRUE(duplicate.ok());
    Peer peer{kind, absl::StrCat("peer ", key % 10)};
    ASSERT_TRUE(
        connections_.Add(key, std::move(peer), *std::move(duplicate), absl::Seconds(second)).ok());
  }
  void Say(uint64_t key, int second) {
    ASSERT_EQ(write(peers_[key].get(), "x", 1), 1);
    Take(second);
  }
  size_t Take(int second) {
    const auto events = epoll_->Wait(absl::ZeroDuration());
    for (const auto& event : events) connections_.Take(event, absl::Seconds(second));
    return events.size();
  }
  bool Ended(uint64_t key) {
    char byte;
    return recv(peers_[key].get(), &byte, 1, MSG_DONTWAIT) == 0;
  }

  absl::StatusOr<base::Epoll> epoll_ = base::Epoll::Create();
  OpenConnections connections_{*epoll_};
  std::map<uint64_t, base::UniqueFd> peers_;
  std::map<uint64_t, base::UniqueFd> served_;
};

TEST_F(OpenConnectionsTest, OneThatHangsUpIsForgotten) {
  Open(1, PeerKind::kUnix, 0);
  Open(2, PeerKind::kTcp, 0);
  EXPECT_EQ(connections_.Count(PeerKind::kUnix), 1u);
  peers_[1].Reset();
  Take(1);
  EXPECT_EQ(connections_.Count(PeerKind::kUnix), 0u);
  EXPECT_EQ(connections_.Count(PeerKind::kTcp), 1u);
  base::EndConnection(served_[2].get());  // As gRPC ends one.
  Take(1);
  EXPECT_EQ(connections_.Count(PeerKind::kTcp), 0u);
}

TEST_F(OpenConnectionsTest, OnlyTheFirstInputCostsAWakeUp) {
  Open(1, PeerKind::kUnix, 0);
  Say(1, 1);
  ASSERT_EQ(write(peers_[1].get(), "x", 1), 1);
  EXPECT_EQ(Take(2), 0u);
}

TEST_F(OpenConnectionsTest, OneThatNeverSaidAnythingGoesFirstThenTheLongestSilent) {
  Open(1, PeerKind::kUnix, 0);
  Open(2, PeerKind::kUnix, 1);
  Open(3, PeerKind::kUnix, 2);
  Say(1, 9);
  Say(3, 8);
  EXPECT_TRUE(connections_.EndLongestSilent(PeerKind::kUnix, absl::Seconds(10)));
  EXPECT_TRUE(Ended(2)) << "never heard";
  EXPECT_TRUE(connections_.EndLongestSilent(PeerKind::kUnix, absl::Seconds(10)));
  EXPECT_TRUE(Ended(3)) << "heard before the other";
  EXPECT_FALSE(Ended(1));
}

TEST_F(OpenConnectionsTest, OnceRoomIsNeededWhatIsSaidLaterCounts) {
  for (uint64_t key : {1, 2, 3}) {
    Open(key, PeerKind::kTcp, 0);
    Say(key, static_cast<int>(key));
    char byte;
    ASSERT_EQ(read(served_[key].get(), &byte, 1), 1);
  }
  EXPECT_TRUE(connections_.EndLongestSilent(PeerKind::kTcp, absl::Seconds(10)));
  EXPECT_TRUE(Ended(1));
  EXPECT_EQ(Take(10), 0u);
  Say(2, 12);
  EXPECT_TRUE(connections_.EndLongestSilent(PeerKind::kTcp, absl::Seconds(13)));
  EXPECT_TRUE(Ended(3)) << "2 was heard of first, but also last";
  EXPECT_FALSE(Ended(2));
}

TEST_F(OpenConnectionsTest, PeersAreNamedOnceAndInALineOfBoundedLength) {
  EXPECT_EQ(connections_.Peers(PeerKind::kUnix), "");
  for (uint64_t key : {2, 1, 11, 21}) Open(key, PeerKind::kUnix, 0);
  Open(3, PeerKind::kTcp, 0);
  EXPECT_EQ(connections_.Peers(PeerKind::kUnix), "peer 1, peer 2");
  for (uint64_t key : {30, 33, 34, 35, 36, 37, 38, 39}) Open(key, PeerKind::kUnix, 0);
  EXPECT_EQ(connections_.Peers(PeerKind::kUnix),
            "peer 0, peer 1, peer 2, peer 3, peer 4, peer 5, peer 6, peer 7 and 2 more");
}

TEST_F(OpenConnectionsTest, OneKindMakesNoRoomForTheOther) {
  Open(1, PeerKind::kUnix, 0);
  EXPECT_FALSE(connections_.EndLongestSilent(PeerKind::kTcp, absl::Seconds(1)));
  EXPECT_FALSE(Ended(1));
}

}  // namespace
}  // namespace holon::control
