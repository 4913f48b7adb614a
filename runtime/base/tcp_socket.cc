#include "runtime/base/tcp_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>  // netinet/tcp.h knows of fewer figures.
#include <netinet/in.h>
#include <sys/socket.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace holon::base {
namespace {

// More than most requests have; what is larger comes in pieces.
constexpr int kReceiveBufferBytes = 64 << 10;

union Address {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

// The size of the address; 0: `host` is none.
socklen_t Parse(const std::string& host, uint16_t port, Address* address) {
  *address = {};
  const std::string literal = absl::EqualsIgnoreCase(host, "localhost") ? "127.0.0.1" : host;
  if (inet_pton(AF_INET, literal.c_str(), &address->v4.sin_addr) == 1) {
    address->v4.sin_family = AF_INET;
    address->v4.sin_port = htons(port);
    return sizeof address->v4;
  }
  if (inet_pton(AF_INET6, literal.c_str(), &address->v6.sin6_addr) == 1) {
    address->v6.sin6_family = AF_INET6;
    address->v6.sin6_port = htons(port);
    return sizeof address->v6;
  }
  return 0;
}

// Family and port stand at the same place in both kinds of address.
uint16_t PortOf(const Address& address) { return ntohs(address.v4.sin_port); }

void SetOption(int fd, int level, int name, int value) {
  (void)setsockopt(fd, level, name, &value, sizeof value);
}

absl::Status ListenError(int error, const std::string& host, uint16_t port) {
  const bool bare = host.find(':') == std::string::npos;
  const std::string address = bare ? host : absl::StrCat("[", host, "]");
  const std::string what = absl::StrCat("cannot listen on ", address, ":", port);
  if (error == EADDRINUSE) {
    return absl::UnavailableError(absl::StrCat(what, "; is the port taken? See: ss -ltnp"));
  }
  return absl::ErrnoToStatus(error, what);
}

}  // namespace

absl::StatusOr<TcpListener> ListenOnTcp(const std::string& host, uint16_t port) {
  Address address;
  socklen_t size = Parse(host, port, &address);
  if (size == 0) {
    return absl::InvalidArgumentError(absl::StrCat(host, " is not an IPv4 or IPv6 address"));
  }
  TcpListener listener;
  listener.fd.Reset(
      socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
  const int fd = listener.fd.get();
  if (fd < 0) return ListenError(errno, host, port);
  // Past connections of a server that has ended do not keep the port from the next one. (This does
  // not share a port that somebody listens on; SO_REUSEPORT would.)
  SetOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  // Connections inherit it.
  SetOption(fd, SOL_SOCKET, SO_RCVBUF, kReceiveBufferBytes);
  if (address.any.sa_family == AF_INET6) {
    SetOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, IN6_IS_ADDR_V4MAPPED(&address.v6.sin6_addr) ? 0 : 1);
  }
  if (bind(fd, &address.any, size) != 0 || listen(fd, SOMAXCONN) != 0 ||
      getsockname(fd, &address.any, &size) != 0) {
    return ListenError(errno, host, port);
  }
  listener.port = PortOf(address);
  return listener;
}

uint64_t TcpBytesReceived(int fd) {
  tcp_info info = {};
  socklen_t size = sizeof info;
  return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_bytes_received : 0;
}

void SetTcpNoDelay(int fd) { SetOption(fd, IPPROTO_TCP, TCP_NODELAY, 1); }

absl::StatusOr<std::string> TcpPeerOf(int fd) {
  Address address = {};
  socklen_t size = sizeof address;
  if (getpeername(fd, &address.any, &size) != 0) {
    return absl::FailedPreconditionError("the connection has no peer any more");
  }
  char text[INET6_ADDRSTRLEN] = "";
  const bool v6 = address.any.sa_family == AF_INET6;
  const void* host = v6 ? static_cast<const void*>(&address.v6.sin6_addr) : &address.v4.sin_addr;
  if (inet_ntop(address.any.sa_family, host, text, sizeof text) == nullptr) {
    return absl::FailedPreconditionError("the connection has no TCP peer");
  }
  return v6 ? absl::StrCat("[", text, "]:", PortOf(address))
            : absl::StrCat(text, ":", PortOf(address));
}

}  // namespace holon::base
