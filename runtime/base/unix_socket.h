// Unix-domain stream sockets with the credentials of who is at the other end.
#ifndef HOLON_RUNTIME_BASE_UNIX_SOCKET_H_
#define HOLON_RUNTIME_BASE_UNIX_SOCKET_H_

#include <sys/types.h>

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/base/unique_fd.h"

namespace holon::base {

// The kernel's limit for a socket's path.
inline constexpr size_t kMaxSocketPath = 107;

// As the kernel says (SO_PEERCRED): of whoever listens or connects. pid is 0 where the peer lives
// in a namespace that cannot be seen from here.
struct PeerCredentials {
  pid_t pid = 0;
  uid_t uid = 0;
};

absl::StatusOr<PeerCredentials> PeerOf(int fd);

// Binds and listens under a temporary name and renames it to `path` (mode 0600), so that the socket
// either is not there or accepts. Replaces what stands at `path`: look first. INVALID_ARGUMENT:
// path too long.
absl::StatusOr<UniqueFd> ListenAt(const std::string& path);

// A listening socket that somebody else has bound and handed down, and where.
struct HandedSocket {
  UniqueFd fd;
  std::string path;
};

// Takes over a descriptor of one. Listens again, so that whoever connects is told our credentials
// and not those of the one who bound it. INVALID_ARGUMENT: it is no listening Unix socket with a
// path.
absl::StatusOr<HandedSocket> AdoptListener(int fd);

// The next connection; UNAVAILABLE where none waits. RESOURCE_EXHAUSTED: no descriptors left.
absl::StatusOr<UniqueFd> AcceptFrom(int listener);

enum class ConnectOutcome {
  kConnected,
  kAbsent,     // Nothing stands there, or the path is too long for anything that could be asked.
  kRefused,    // A socket that nobody listens on.
  kBusy,       // A process listens, but the backlog is full.
  kNotSocket,  // A file or directory.
  kDenied,     // We may not.
  kFailed,     // Anything else.
};

struct Connection {
  ConnectOutcome outcome = ConnectOutcome::kFailed;
  UniqueFd fd;           // Valid for kConnected: non-blocking.
  PeerCredentials peer;  // Of kConnected.
  int error = 0;         // errno of the others.
};

// Waits up to `patience` for a place in a backlog that is full, and for nothing else.
Connection ConnectTo(const std::string& path, absl::Duration patience = absl::ZeroDuration());

// A path of at most kMaxSocketPath bytes names a socket.
bool FitsSocketPath(const std::string& path);

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_UNIX_SOCKET_H_
