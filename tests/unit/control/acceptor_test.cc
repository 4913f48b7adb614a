// The acceptor with clients on real sockets. The test stands for gRPC: it keeps what was admitted.
#include "runtime/control/acceptor.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "runtime/base/limits.h"
#include "runtime/base/tcp_socket.h"
#include "runtime/base/unix_socket.h"
#include "runtime/base/wait.h"
#include "tests/fakes/fake_logger.h"
#include "tests/unit/control/fake_host.h"

namespace holon::control {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Ends what hangs.
constexpr absl::Duration kPatience = absl::Seconds(60);

class AcceptorTest : public testing::Test {
 protected:
  AcceptorTest() {
    char name[] = "/tmp/acceptor-XXXXXX";
    folder_ = mkdtemp(name);
    socket_ = folder_ + "/s";
  }
  ~AcceptorTest() override {
    acceptor_.Stop();
    std::filesystem::remove_all(folder_);
  }

  void Start() {
    absl::StatusOr<base::UniqueFd> unix_socket = base::ListenAt(socket_);
    ASSERT_TRUE(unix_socket.ok()) << unix_socket.status();
    absl::StatusOr<base::TcpListener> tcp = base::ListenOnTcp("127.0.0.1", 0);
    ASSERT_TRUE(tcp.ok()) << tcp.status();
    port_ = tcp->port;
    ASSERT_TRUE(acceptor_.Start(*std::move(unix_socket), std::move(tcp->fd), false).ok());
  }

  base::UniqueFd ConnectUnix() { return std::move(base::ConnectTo(socket_).fd); }
  base::UniqueFd ConnectTcp() {
    base::UniqueFd client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port_);
    EXPECT_EQ(connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return client;
  }

  // Waits until so many connections of a kind were admitted.
  void AwaitAdmitted(PeerKind kind, size_t count) {
    absl::MutexLock lock(&mutex_);
    auto enough = [&] {
      mutex_.AssertHeld();
      return admitted_[kind].size() >= count;
    };
    ASSERT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&enough), kPatience));
  }
  size_t Admitted(PeerKind kind) {
    absl::MutexLock lock(&mutex_);
    return admitted_[kind].size();
  }
  // Whether the acceptor ends it; waits for that.
  static bool Ends(const base::UniqueFd& client) {
    if (!base::WaitReadable({client.get()}, kPatience).has_value()) return false;
    char byte;
    return recv(client.get(), &byte, 1, MSG_DONTWAIT) <= 0;
  }

  int Served(size_t connection) {
    absl::MutexLock lock(&mutex_);
    return admitted_[PeerKind::kTcp][connection].get();
  }
  // Sends, and takes it as gRPC does, until the connection ends.
  void SendAndTake(const base::UniqueFd& client, size_t connection, size_t bytes) {
    std::string text(1000, 'x');
    for (size_t sent = 0; sent < bytes; sent += text.size()) {
      if (send(client.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0) return;
      if (recv(Served(connection), text.data(), text.size(), MSG_WAITALL) <= 0) return;
    }
  }

  std::string folder_;
  std::string socket_;
  uint16_t port_ = 0;
  RuntimeModel model_{Self()};
  FakeLogger logger_;
  absl::Mutex mutex_;
  std::map<PeerKind, std::vector<base::UniqueFd>> admitted_ ABSL_GUARDED_BY(mutex_);
  Acceptor acceptor_{model_, logger_, [this](base::UniqueFd connection, PeerKind kind) {
                       absl::MutexLock lock(&mutex_);
                       admitted_[kind].push_back(std::move(connection));
                     }};
};

TEST_F(AcceptorTest, ConnectionsOfBothKindsAreAdmittedAndNamed) {
  Start();
  base::UniqueFd by_socket = ConnectUnix();
  AwaitAdmitted(PeerKind::kUnix, 1);
  base::UniqueFd by_tcp = ConnectTcp();
  AwaitAdmitted(PeerKind::kTcp, 1);
  EXPECT_EQ(acceptor_.UnixPeers(), absl::StrCat("pid ", getpid(), " uid ", geteuid()));
  EXPECT_EQ(model_.Status().counters().connections_accepted(), 2u);
  EXPECT_THAT(logger_.lines(), IsEmpty());
}

TEST_F(AcceptorTest, WhoWaitsAtAReplacedSocketIsServedToo) {
  Start();
  std::vector<base::UniqueFd> clients;
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < (i == 0 ? 70 : 10); ++j) clients.push_back(ConnectUnix());
    absl::StatusOr<base::UniqueFd> next = base::ListenAt(socket_);
    ASSERT_TRUE(next.ok());
    acceptor_.Replace(*std::move(next));
  }
  clients.push_back(ConnectUnix());
  AwaitAdmitted(PeerKind::kUnix, clients.size());
}

TEST_F(AcceptorTest, WhoShowsNoTokenMaySendSoMuchAndNoMore) {
  Start();
  base::UniqueFd stranger = ConnectTcp();
  AwaitAdmitted(PeerKind::kTcp, 1);
  base::UniqueFd known = ConnectTcp();
  AwaitAdmitted(PeerKind::kTcp, 2);
  acceptor_.PeerIsProven(absl::StrCat("tcp ", *base::TcpPeerOf(Served(1))));
  SendAndTake(stranger, 0, 2 * OpenConnections::kMostUnproven);
  SendAndTake(known, 1, 2 * OpenConnections::kMostUnproven);
  EXPECT_TRUE(Ends(stranger));
  char byte;
  EXPECT_EQ(recv(known.get(), &byte, 1, MSG_DONTWAIT), -1) << "it is still open";
  acceptor_.Stop();
  EXPECT_THAT(logger_.lines(), ElementsAre(HasSubstr("without the control token")));
}

TEST_F(AcceptorTest, WhatAllTogetherSendWithoutTheTokenIsBounded) {
  Start();
  const size_t each = OpenConnections::kMostUnproven / 2;
  const size_t too_many = OpenConnections::kMostUnprovenTogether / each + 1;
  std::vector<base::UniqueFd> strangers;
  for (size_t i = 0; i < too_many; ++i) {
    strangers.push_back(ConnectTcp());
    AwaitAdmitted(PeerKind::kTcp, i + 1);
    // The third says most.
    SendAndTake(strangers.back(), i, each + (i == 2 ? 1000 : 0));
  }
  EXPECT_TRUE(Ends(strangers[2]));
  char byte;
  EXPECT_EQ(recv(strangers[0].get(), &byte, 1, MSG_DONTWAIT), -1) << "it is still open";
}

TEST_F(AcceptorTest, ConnectionsEndWhenTheGraceIsOver) {
  Start();
  base::UniqueFd client = ConnectUnix();
  AwaitAdmitted(PeerKind::kUnix, 1);
  acceptor_.EndConnectionsAfter(absl::Milliseconds(1));
  EXPECT_TRUE(Ends(client));
}

TEST_F(AcceptorTest, ItStopsOnceAndStopsTwice) {
  Start();
  base::UniqueFd client = ConnectUnix();
  AwaitAdmitted(PeerKind::kUnix, 1);
  acceptor_.Stop();
  acceptor_.Stop();
  EXPECT_NE(base::ConnectTo(socket_).outcome, base::ConnectOutcome::kConnected);
  char byte;
  EXPECT_EQ(recv(client.get(), &byte, 1, MSG_DONTWAIT), -1) << "what was handed over stays open";
}

TEST(AcceptorLifeTest, OneThatNeverStartedStops) {
  RuntimeModel model(Self());
  FakeLogger logger;
  Acceptor acceptor(model, logger, [](base::UniqueFd, PeerKind) {});
  acceptor.Stop();
  EXPECT_EQ(acceptor.UnixPeers(), "");
}

// The limit of open files is the process's: these tests put it back.
class AcceptorLimitTest : public AcceptorTest {
 protected:
  AcceptorLimitTest() {
    getrlimit(RLIMIT_NOFILE, &before_);
    model_.OnChange([this] {
      absl::MutexLock lock(&changed_mutex_);
      degraded_ = model_.Status().degraded_size() > 0;
    });
  }
  ~AcceptorLimitTest() override {
    acceptor_.Stop();
    Restore();
  }
  void Restore() { setrlimit(RLIMIT_NOFILE, &before_); }
  bool AwaitDegraded(bool degraded) {
    absl::MutexLock lock(&changed_mutex_);
    auto arrived = [&] {
      changed_mutex_.AssertHeld();
      return degraded_ == degraded;
    };
    return changed_mutex_.AwaitWithTimeout(absl::Condition(&arrived), kPatience);
  }
  void Limit(uint64_t files) {
    rlimit limit = before_;
    limit.rlim_cur = files;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  }

 private:
  rlimit before_;
  absl::Mutex changed_mutex_;
  bool degraded_ ABSL_GUARDED_BY(changed_mutex_) = false;
};

TEST_F(AcceptorLimitTest, TheLongestSilentOfItsKindMakesRoomAndNobodyElse) {
  Start();
  base::UniqueFd speaking = ConnectTcp();
  AwaitAdmitted(PeerKind::kTcp, 1);
  ASSERT_EQ(write(speaking.get(), "x", 1), 1);
  base::UniqueFd by_socket = ConnectUnix();
  AwaitAdmitted(PeerKind::kUnix, 1);
  // The clients' ends are files of this process as well: room for some of them.
  Limit(4 * (base::CountOpenFiles() + 20));
  std::vector<base::UniqueFd> silent;
  do {
    silent.push_back(ConnectTcp());
    AwaitAdmitted(PeerKind::kTcp, silent.size() + 1);
  } while (silent.size() < 200 &&
           !base::WaitReadable({silent[0].get()}, absl::ZeroDuration()).has_value());
  EXPECT_TRUE(Ends(silent[0]));
  char byte;
  EXPECT_EQ(recv(speaking.get(), &byte, 1, MSG_DONTWAIT), -1) << "it was heard";
  EXPECT_EQ(recv(by_socket.get(), &byte, 1, MSG_DONTWAIT), -1) << "it is of the other kind";
  EXPECT_THAT(logger_.lines(),
              Contains(HasSubstr("the longest silent connection was ended to make room")));
}

TEST_F(AcceptorLimitTest, NoDescriptorIsSaidOnceAndIsOverWhenThereAreSome) {
  Start();
  base::UniqueFd client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  socket_.copy(address.sun_path, sizeof address.sun_path - 1);
  Limit(3);
  ASSERT_EQ(connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_TRUE(AwaitDegraded(true));
  EXPECT_THAT(model_.Status().degraded(), Contains(HasSubstr("takes no connections on the Unix")));
  Restore();
  EXPECT_TRUE(AwaitDegraded(false));
  AwaitAdmitted(PeerKind::kUnix, 1);
  EXPECT_EQ(logger_.lines().size(), 1u);
}

}  // namespace
}  // namespace holon::control
