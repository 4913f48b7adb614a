#ifndef HOLON_RUNTIME_CONTROL_ACCEPTOR_H_
#define HOLON_RUNTIME_CONTROL_ACCEPTOR_H_

#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "runtime/base/clock.h"
#include "runtime/base/counted_log.h"
#include "runtime/base/epoll.h"
#include "runtime/base/logger.h"
#include "runtime/base/retry.h"
#include "runtime/base/unique_fd.h"
#include "runtime/base/wake.h"
#include "runtime/control/connection_limits.h"
#include "runtime/control/open_connections.h"
#include "runtime/control/peer_kind.h"
#include "runtime/control/runtime_model.h"

namespace holon::control {

// Accepts the connections of a runtime on a thread of its own: looks at who connects, refuses other
// users at the Unix socket, keeps the limits of connection_limits.h, and hands over the others. At
// a limit the connection that has been silent for longest ends. Public methods may be called from
// any thread; Start and Stop from one.
class Acceptor {
 public:
  // Called on the acceptor's thread; must not block.
  using Admit = std::function<void(base::UniqueFd connection, PeerKind kind)>;

  Acceptor(RuntimeModel& model, base::Logger& logger, Admit admit);
  ~Acceptor();

  // Listens from now on; `tcp_socket` may be invalid. `tcp_proven`: nothing has to be shown there.
  // RESOURCE_EXHAUSTED: no thread or descriptor is left.
  absl::Status Start(base::UniqueFd unix_socket, base::UniqueFd tcp_socket, bool tcp_proven);
  // Listens on `unix_socket` from now on, after Start. Connections that wait at the old one are
  // still served.
  void Replace(base::UniqueFd unix_socket);
  // Ends every connection that is open when `grace` is over. Does not block.
  void EndConnectionsAfter(absl::Duration grace);
  // Ends the thread and closes the sockets; connections that were handed over stay. Idempotent.
  void Stop();

  // "tcp 127.0.0.1:4711" has shown the control token.
  void PeerIsProven(const std::string& peer);
  // "pid 12 uid 0, pid 13 uid 0 and 3 more": who is connected to the Unix socket, as the kernel
  // says.
  std::string UnixPeers() const;

 private:
  struct Listener {
    uint64_t key = 0;
    PeerKind kind = PeerKind::kUnix;
    base::UniqueFd fd;
    bool replaced = false;  // Goes when nobody waits any more.
    bool failing = false;   // Its last accept failed.
    base::Retry retry;
    absl::Duration paused_until = absl::InfiniteDuration();  // Infinite: it is watched.
  };

  void Run();
  // False: the acceptor stops.
  bool TakeOrders();
  void Listen(PeerKind kind, base::UniqueFd socket);
  void Watch(Listener* listener);
  void Pause(Listener* listener, absl::Duration until);
  void ResumePaused();
  void TakeInput(const base::Epoll::Event& event);
  void EndAllWhereDue();
  // A descriptor is free again.
  void RetryFailing();
  absl::Duration NextDue() const;
  // A bounded number of those that wait. False: the listener is done with.
  bool AcceptRound(Listener* listener);
  // False: no descriptors for another one.
  bool TakeConnection(base::UniqueFd connection, PeerKind kind);
  std::optional<Peer> LookAt(int connection, PeerKind kind);
  void AcceptFailed(Listener* listener, const absl::Status& why);
  void MakeRoom(PeerKind kind);
  PeerKind KindWithMore() const;
  void SetFailing(Listener* listener, const std::string& why);

  RuntimeModel& model_;
  const Admit admit_;
  base::SystemClock clock_;
  std::thread thread_;
  std::optional<base::Wake> wake_;

  std::optional<OpenConnections> connections_;  // From Start on.

  // Of the thread alone.
  std::optional<base::Epoll> epoll_;
  std::list<Listener> listeners_;
  base::CountedLog log_;
  ConnectionLimits limits_;
  uint64_t other_descriptors_ = 0;
  bool with_tcp_ = false;
  bool tcp_proven_ = false;
  uint64_t next_key_ = 0;

  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<base::UniqueFd> replacements_ ABSL_GUARDED_BY(mutex_);
  absl::Duration end_all_at_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteDuration();
};

}  // namespace holon::control

#endif  // HOLON_RUNTIME_CONTROL_ACCEPTOR_H_
