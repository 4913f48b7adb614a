#ifndef HOLON_RUNTIME_CONTROL_OPEN_CONNECTIONS_H_
#define HOLON_RUNTIME_CONTROL_OPEN_CONNECTIONS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "runtime/base/epoll.h"
#include "runtime/base/unique_fd.h"
#include "runtime/control/peer_kind.h"

namespace holon::control {

// Who is at the other end of a connection.
struct Peer {
  PeerKind kind = PeerKind::kUnix;
  std::string text;  // "pid 12 uid 0" or "tcp 127.0.0.1:4711", as the kernel says.
  // May do what its kind may do. One that is not has to show the control token first.
  bool proven = true;
};

// The connections that are open, as the acceptor sees them: by a duplicate of each descriptor,
// which it waits on for the hang-up and by which it can end the connection. Times are uptime.
// PeerIsProven and Peers may be called from any thread, all else from the acceptor's.
//
// gRPC does not tell when a connection was last used, and to hear of every message would cost a
// wake-up each. So a connection is listened to until its first input, and again once another one
// has to make room for a newcomer: exact enough to find one that is silent, and free otherwise.
//
// A connection whose peer is not proven is always listened to, and ends with its first input over
// the limits: gRPC keeps some ten kilobytes for each call that is not answered yet, as many as
// come.
class OpenConnections {
 public:
  // What a peer may send before it is proven. More than the windows of HTTP/2 let anybody send
  // before the first call is looked at.
  static constexpr uint64_t kMostUnproven = 160 << 10;
  // All of them together.
  static constexpr uint64_t kMostUnprovenTogether = 512 << 10;

  explicit OpenConnections(base::Epoll& epoll) : epoll_(epoll) {}
  ~OpenConnections();

  // Begins to watch a connection under `key`. RESOURCE_EXHAUSTED: no descriptor or watch is left.
  absl::Status Add(uint64_t key, Peer peer, base::UniqueFd duplicate, absl::Duration now);
  struct Taken {
    bool ended = false;       // A connection has ended, by whomever.
    std::string over_limits;  // Who was not proven and sent too much; that connection has ended.
  };
  // What Epoll::Wait reports of a key. Keys of others are ignored.
  Taken Take(const base::Epoll::Event& event, absl::Duration now);
  // Ends the connection of a kind that has been silent for longest; before others those that are
  // not proven, and of these the oldest that never sent anything. False: there is none.
  bool EndLongestSilent(PeerKind kind, absl::Duration now);
  void EndAll();

  void PeerIsProven(const std::string& peer);
  // "pid 12 uid 0, pid 13 uid 0 and 3 more": of a kind, each once.
  std::string Peers(PeerKind kind) const;

  size_t Count(PeerKind kind) const;

 private:
  struct Connection {
    Peer peer;
    base::UniqueFd fd;
    bool listened_to = true;  // The next input is reported.
    bool heard = false;
    absl::Duration since;   // When it was last heard, else accepted.
    uint64_t unproven = 0;  // Bytes that came before it was proven.
  };
  using Map = std::map<uint64_t, Connection>;

  void Forget(Map::iterator connection) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Heard(Map::value_type* connection, absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The connection that sent too much, if one did.
  Map::iterator CountUnproven(Map::iterator connection, absl::Duration now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ListenAgain(PeerKind kind, absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  base::Epoll& epoll_;
  mutable absl::Mutex mutex_;  // Held for moments only.
  Map connections_ ABSL_GUARDED_BY(mutex_);
  std::map<PeerKind, size_t> counts_ ABSL_GUARDED_BY(mutex_);
  // Those that are not proven, by their text: every call over TCP asks.
  std::map<std::string, uint64_t> unproven_ ABSL_GUARDED_BY(mutex_);
  uint64_t unproven_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Duration listened_again_ ABSL_GUARDED_BY(mutex_) = -absl::InfiniteDuration();
};

}  // namespace holon::control

#endif  // HOLON_RUNTIME_CONTROL_OPEN_CONNECTIONS_H_
