#include "runtime/base/unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "absl/strings/str_cat.h"
#include "runtime/base/file.h"
#include "runtime/base/temporary_file.h"

namespace holon::base {
namespace {

// Short, so that a caller whom a flood of connections keeps waiting has few of them before it.
constexpr int kBacklog = 256;

sockaddr_un AddressOf(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path, path.data(), path.size());
  return address;
}

// False: errno says why.
bool ConnectWithin(int fd, const sockaddr_un& address, absl::Duration patience) {
  auto connected = [&] {
    return connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  };
  if (connected()) return true;
  if (errno != EAGAIN || patience < absl::Milliseconds(1)) return false;
  // The kernel waits for a place where the socket blocks, and gives places in the order of waiting.
  const timeval limit = absl::ToTimeval(patience);
  if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0 ||
      fcntl(fd, F_SETFL, 0) != 0) {
    return false;
  }
  const bool done = connected();
  const int error = errno;
  (void)fcntl(fd, F_SETFL, O_NONBLOCK);
  errno = error;
  return done;
}

}  // namespace

bool FitsSocketPath(const std::string& path) { return path.size() <= kMaxSocketPath; }

absl::StatusOr<PeerCredentials> PeerOf(int fd) {
  ucred credentials = {};
  socklen_t length = sizeof credentials;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) {
    return absl::ErrnoToStatus(errno, "cannot read peer credentials");
  }
  return PeerCredentials{credentials.pid, credentials.uid};
}

absl::StatusOr<UniqueFd> ListenAt(const std::string& path) {
  if (!FitsSocketPath(path)) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, " has ", path.size(), " bytes; a socket's path has at most ", kMaxSocketPath));
  }
  // The temporary name must fit as well, so it takes the last component's place.
  std::string temporary = TemporaryName(JoinPath(DirectoryOf(path), ""));
  if (!FitsSocketPath(temporary)) temporary = path;
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return absl::ErrnoToStatus(errno, "cannot create a socket");
  if (temporary == path) unlink(path.c_str());
  sockaddr_un address = AddressOf(temporary);
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot bind ", path));
  }
  if (chmod(temporary.c_str(), 0600) != 0 || listen(fd.get(), kBacklog) != 0 ||
      (temporary != path && rename(temporary.c_str(), path.c_str()) != 0)) {
    absl::Status status = absl::ErrnoToStatus(errno, absl::StrCat("cannot listen at ", path));
    unlink(temporary.c_str());
    return status;
  }
  return fd;
}

absl::StatusOr<HandedSocket> AdoptListener(int fd) {
  HandedSocket handed;
  sockaddr_un address = {};
  socklen_t length = sizeof address;
  int listening = 0;
  socklen_t size = sizeof listening;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0 ||
      getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || listening == 0 ||
      address.sun_family != AF_UNIX || address.sun_path[0] == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("descriptor ", fd, " is no listening Unix-domain socket with a path"));
  }
  handed.path.assign(address.sun_path, strnlen(address.sun_path, sizeof address.sun_path));
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK) != 0 ||
      listen(fd, kBacklog) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot take over the socket ", handed.path));
  }
  handed.fd.Reset(fd);
  return handed;
}

absl::StatusOr<UniqueFd> AcceptFrom(int listener) {
  while (true) {
    UniqueFd fd(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (fd.valid()) return fd;
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if (errno == EAGAIN) return absl::UnavailableError("no connection waits");
    return absl::ErrnoToStatus(errno, "cannot accept");
  }
}

Connection ConnectTo(const std::string& path, absl::Duration patience) {
  Connection connection;
  auto failed = [&](ConnectOutcome outcome, int error) {
    connection.outcome = outcome;
    connection.error = error;
  };
  if (!FitsSocketPath(path)) {
    failed(ConnectOutcome::kAbsent, ENAMETOOLONG);
    return connection;
  }
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address = AddressOf(path);
  if (!fd.valid()) {
    failed(ConnectOutcome::kFailed, errno);
  } else if (ConnectWithin(fd.get(), address, patience)) {
    absl::StatusOr<PeerCredentials> peer = PeerOf(fd.get());
    if (peer.ok()) connection.peer = *peer;
    connection.outcome = ConnectOutcome::kConnected;
    connection.fd = std::move(fd);
  } else if (int error = errno; error == ENOENT || error == ENOTDIR) {
    failed(ConnectOutcome::kAbsent, error);
  } else if (error == EAGAIN) {
    failed(ConnectOutcome::kBusy, error);
  } else if (error == EACCES || error == EPERM) {
    failed(ConnectOutcome::kDenied, error);
  } else if (error == ECONNREFUSED || error == EPROTOTYPE) {
    // The kernel refuses a regular file and a datagram socket, too.
    absl::StatusOr<FileInfo> info = LookThrough(path);
    bool socket = info.ok() && info->type == FileType::kSocket && error != EPROTOTYPE;
    bool gone = info.ok() && info->type == FileType::kAbsent;
    failed(socket ? ConnectOutcome::kRefused
           : gone ? ConnectOutcome::kAbsent
                  : ConnectOutcome::kNotSocket,
           error);
  } else {
    failed(ConnectOutcome::kFailed, error);
  }
  return connection;
}

}  // namespace holon::base
