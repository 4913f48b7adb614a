#ifndef HOLON_RUNTIME_CONTROL_LISTENER_H_
#define HOLON_RUNTIME_CONTROL_LISTENER_H_

#include <deque>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "runtime/base/logger.h"
#include "runtime/base/unique_fd.h"
#include "runtime/base/unix_socket.h"
#include "runtime/control/runtime_model.h"

namespace holon::control {

// The runtime's own socket: accepts, looks who it is, and hands over whom it admits: our own uid
// and root. One thread.
class Listener {
 public:
  using Admit = std::function<void(base::UniqueFd connection)>;

  Listener(base::UniqueFd socket, RuntimeModel& model, base::Logger& logger, Admit admit);

  // Readable when somebody waits.
  int fd() const { return socket_.get(); }
  // Takes those who wait, a bounded number of them. Does not block.
  void AcceptSome();
  // Listens on `socket` from now on. Whoever waits at the old one is still served.
  void Replace(base::UniqueFd socket);
  // "pid 12 uid 0, pid 15 uid 0": who connected last, as the kernel says.
  std::string RecentPeers() const;

 private:
  void ShedOne();

  base::UniqueFd socket_;
  RuntimeModel& model_;
  base::Logger& logger_;
  const Admit admit_;
  // Given up for a moment when no descriptor is left, so that whoever waits can be turned away.
  base::UniqueFd reserve_;
  std::deque<base::PeerCredentials> recent_;
};

}  // namespace holon::control

#endif  // HOLON_RUNTIME_CONTROL_LISTENER_H_
