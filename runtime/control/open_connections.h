#ifndef HOLON_RUNTIME_CONTROL_OPEN_CONNECTIONS_H_
#define HOLON_RUNTIME_CONTROL_OPEN_CONNECTIONS_H_

#include <cstdint>
#include <map>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runtime/base/epoll.h"
#include "runtime/base/unique_fd.h"
#include "runtime/control/peer_kind.h"

namespace holon::control {

// The connections that are open, as the acceptor sees them: by a duplicate of each descriptor,
// which it waits on for the hang-up and by which it can end the connection. One thread; times are
// uptime.
//
// gRPC does not tell when a connection was last used, and to hear of every message would cost a
// wake-up each. So a connection is listened to until its first input, and again once another one
// has to make room for a newcomer: exact enough to find one that is silent, and free otherwise.
class OpenConnections {
 public:
  explicit OpenConnections(base::Epoll& epoll) : epoll_(epoll) {}
  ~OpenConnections();

  // Begins to watch a connection under `key`. RESOURCE_EXHAUSTED: no descriptor or watch is left.
  absl::Status Add(uint64_t key, PeerKind kind, base::UniqueFd duplicate, absl::Duration now);
  // What Epoll::Wait reports of a key. Keys of others are ignored. True: a connection has ended.
  bool Take(const base::Epoll::Event& event, absl::Duration now);
  // Ends the connection of a kind that has been silent for longest; of those that never sent
  // anything the oldest goes first. False: there is none.
  bool EndLongestSilent(PeerKind kind, absl::Duration now);

  size_t Count(PeerKind kind) const { return kind == PeerKind::kUnix ? unix_domain_ : tcp_; }

 private:
  struct Connection {
    PeerKind kind;
    base::UniqueFd fd;
    bool listened_to = true;  // The next input is reported.
    bool heard = false;
    absl::Duration since;  // When it was last heard, else accepted.
  };
  using Map = std::map<uint64_t, Connection>;

  size_t& CountOf(PeerKind kind) { return kind == PeerKind::kUnix ? unix_domain_ : tcp_; }
  void Forget(Map::iterator connection);
  void ListenAgain(PeerKind kind, absl::Duration now);

  base::Epoll& epoll_;
  Map connections_;
  size_t unix_domain_ = 0;
  size_t tcp_ = 0;
  absl::Duration listened_again_ = -absl::InfiniteDuration();
};

}  // namespace holon::control

#endif  // HOLON_RUNTIME_CONTROL_OPEN_CONNECTIONS_H_
