// TCP sockets on addresses of this machine. No name is looked up.
#ifndef HOLON_RUNTIME_BASE_TCP_SOCKET_H_
#define HOLON_RUNTIME_BASE_TCP_SOCKET_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/base/unique_fd.h"

namespace holon::base {

struct TcpListener {
  UniqueFd fd;
  uint16_t port = 0;  // As bound.
};

// Listens on `host`, an IPv4 or IPv6 address or "localhost" (127.0.0.1); port 0: one that is free.
// A port that somebody listens on already is refused (UNAVAILABLE), never shared. INVALID_ARGUMENT:
// not an address. PERMISSION_DENIED: a port that only root may have. What arrives and is not read
// yet is bounded: at most some 64 KiB a connection.
absl::StatusOr<TcpListener> ListenOnTcp(const std::string& host, uint16_t port);

// Prepares a connection that was accepted: sends small messages at once.
void SetTcpNoDelay(int fd);

// How many bytes have arrived on a connection since it began; 0 where the kernel does not say.
uint64_t TcpBytesReceived(int fd);

// "127.0.0.1:4711" or "[::1]:4711": who is at the other end of a TCP connection.
// FAILED_PRECONDITION: nobody any more.
absl::StatusOr<std::string> TcpPeerOf(int fd);

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_TCP_SOCKET_H_
