#include "runtime/base/tcp_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "absl/strings/str_cat.h"
#include "runtime/base/unix_socket.h"

namespace holon::base {
namespace {

// A client's end of a connection to what `listener` listens on.
UniqueFd ConnectToListener(const UniqueFd& listener) {
  sockaddr_storage address;
  socklen_t size = sizeof address;
  EXPECT_EQ(getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  UniqueFd client(socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(connect(client.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  return client;
}

TEST(TcpSocketTest, APortThatIsFreeIsToldBackAndAConnectionNamesItsPeer) {
  for (const auto& [host, begin] : {std::pair{"127.0.0.1", "127.0.0.1:"},
                                    {"localhost", "127.0.0.1:"},
                                    {"127.0.0.2", "127.0.0."},
                                    {"::1", "[::1]:"},
                                    {"::ffff:127.0.0.1", "[::ffff:127.0.0.1]:"}}) {
    SCOPED_TRACE(host);
    absl::StatusOr<TcpListener> listener = ListenOnTcp(host, 0);
    if (!listener.ok() && absl::string_view(host).find(':') != absl::string_view::npos) {
      continue;  // A machine without IPv6.
    }
    ASSERT_TRUE(listener.ok()) << listener.status();
    EXPECT_NE(listener->port, 0);
    UniqueFd client = ConnectToListener(listener->fd);
    absl::StatusOr<UniqueFd> accepted = AcceptFrom(listener->fd.get());
    ASSERT_TRUE(accepted.ok());
    absl::StatusOr<std::string> peer = TcpPeerOf(accepted->get());
    ASSERT_TRUE(peer.ok()) << peer.status();
    EXPECT_THAT(*peer, testing::StartsWith(begin));
    EXPECT_EQ(*TcpPeerOf(client.get()) == *peer, false);
  }
}

TEST(TcpSocketTest, SmallMessagesAreSentAtOnce) {
  absl::StatusOr<TcpListener> listener = ListenOnTcp("127.0.0.1", 0);
  ASSERT_TRUE(listener.ok());
  UniqueFd client = ConnectToListener(listener->fd);
  SetTcpNoDelay(client.get());
  int value = 0;
  socklen_t size = sizeof value;
  ASSERT_EQ(getsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &value, &size), 0);
  EXPECT_NE(value, 0);
}

TEST(TcpSocketTest, APortIsNeverShared) {
  absl::StatusOr<TcpListener> first = ListenOnTcp("127.0.0.1", 0);
  ASSERT_TRUE(first.ok());
  absl::StatusOr<TcpListener> second = ListenOnTcp("127.0.0.1", first->port);
  EXPECT_TRUE(absl::IsUnavailable(second.status())) << second.status();
  EXPECT_THAT(std::string(second.status().message()),
              testing::AllOf(testing::HasSubstr("is the port taken"),
                             testing::HasSubstr(absl::StrCat(first->port))));
}

TEST(TcpSocketTest, APortWhoseConnectionsLingerIsFree) {
  absl::StatusOr<TcpListener> first = ListenOnTcp("127.0.0.1", 0);
  ASSERT_TRUE(first.ok());
  const uint16_t port = first->port;
  UniqueFd client = ConnectToListener(first->fd);
  absl::StatusOr<UniqueFd> accepted = AcceptFrom(first->fd.get());
  ASSERT_TRUE(accepted.ok());
  accepted->Reset();  // The side that closes first lingers in TIME_WAIT.
  client.Reset();
  first->fd.Reset();
  EXPECT_TRUE(ListenOnTcp("127.0.0.1", port).ok());
}

TEST(TcpSocketTest, NothingIsLookedUp) {
  for (const char* host : {"example.org", "", "127.1", "1.2.3.4.5"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ListenOnTcp(host, 0).status())) << host;
  }
  EXPECT_FALSE(ListenOnTcp("192.0.2.1", 0).ok()) << "an address of another machine";
}

TEST(TcpSocketTest, WhatIsNoTcpConnectionHasNoPeer) {
  int fds[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  UniqueFd one(fds[0]);
  UniqueFd two(fds[1]);
  EXPECT_TRUE(absl::IsFailedPrecondition(TcpPeerOf(one.get()).status()));
}

}  // namespace
}  // namespace holon::base
