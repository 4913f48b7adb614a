#include "runtime/control/open_connections.h"

#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/base/descriptor.h"
#include "runtime/base/tcp_socket.h"

namespace holon::control {
namespace {

using Interest = base::Epoll::Interest;

// Under a flood of newcomers the others are looked at so often.
constexpr absl::Duration kListenEvery = absl::Seconds(1);
// As many as fit in a line of a log.
constexpr size_t kNamedPeers = 8;

}  // namespace

OpenConnections::~OpenConnections() {
  absl::MutexLock lock(&mutex_);
  while (!connections_.empty()) Forget(connections_.begin());
}

absl::Status OpenConnections::Add(uint64_t key, Peer peer, base::UniqueFd duplicate,
                                  absl::Duration now) {
  absl::Status watched =
      epoll_.Add(duplicate.get(), key, peer.proven ? Interest::kNewInput : Interest::kActivity);
  if (!watched.ok()) return watched;
  absl::MutexLock lock(&mutex_);
  ++counts_[peer.kind];
  if (!peer.proven) unproven_[peer.text] = key;
  Connection& connection = connections_[key];
  connection.peer = std::move(peer);
  connection.fd = std::move(duplicate);
  connection.since = now;
  return absl::OkStatus();
}

OpenConnections::Taken OpenConnections::Take(const base::Epoll::Event& event, absl::Duration now) {
  Taken taken;
  absl::MutexLock lock(&mutex_);
  auto found = connections_.find(event.key);
  if (found == connections_.end()) return taken;
  if (event.hung_up) {
    Forget(found);
    taken.ended = true;
    return taken;
  }
  if (!event.ready) return taken;
  if (found->second.peer.proven) {
    Heard(&*found, now);
    return taken;
  }
  auto over = CountUnproven(found, now);
  if (over == connections_.end()) return taken;
  taken.over_limits = over->second.peer.text;
  base::AbortConnection(over->second.fd.get());
  Forget(over);
  taken.ended = true;
  return taken;
}

void OpenConnections::Heard(Map::value_type* connection, absl::Duration now) {
  auto& [key, heard] = *connection;
  heard.heard = true;
  heard.since = now;
  heard.listened_to = !epoll_.Change(heard.fd.get(), key, Interest::kHangUp).ok();
}

OpenConnections::Map::iterator OpenConnections::CountUnproven(Map::iterator connection,
                                                              absl::Duration now) {
  const uint64_t received = base::TcpBytesReceived(connection->second.fd.get());
  if (received == connection->second.unproven) return connections_.end();
  connection->second.heard = true;
  connection->second.since = now;
  unproven_bytes_ += received - connection->second.unproven;
  connection->second.unproven = received;
  if (received > kMostUnproven) return connection;
  if (unproven_bytes_ <= kMostUnprovenTogether) return connections_.end();
  auto most = connection;
  for (const auto& [text, key] : unproven_) {
    auto each = connections_.find(key);
    if (each->second.unproven > most->second.unproven) most = each;
  }
  return most;
}

bool OpenConnections::EndLongestSilent(PeerKind kind, absl::Duration now) {
  absl::MutexLock lock(&mutex_);
  auto silent = connections_.end();
  for (auto each = connections_.begin(); each != connections_.end(); ++each) {
    if (each->second.peer.kind != kind) continue;
    auto rank = [](const Connection& of) {
      return std::make_tuple(of.peer.proven, of.heard, of.since);
    };
    if (silent == connections_.end() || rank(each->second) < rank(silent->second)) silent = each;
  }
  if (silent == connections_.end()) return false;
  base::EndConnection(silent->second.fd.get());
  Forget(silent);
  ListenAgain(kind, now);
  return true;
}

void OpenConnections::EndAll() {
  absl::MutexLock lock(&mutex_);
  for (auto& [key, connection] : connections_) base::EndConnection(connection.fd.get());
}

void OpenConnections::PeerIsProven(const std::string& peer) {
  absl::MutexLock lock(&mutex_);
  auto found = unproven_.find(peer);
  if (found == unproven_.end()) return;
  auto connection = connections_.find(found->second);
  connection->second.peer.proven = true;
  unproven_bytes_ -= std::exchange(connection->second.unproven, 0);
  unproven_.erase(found);
  Heard(&*connection, connection->second.since);
}

std::string OpenConnections::Peers(PeerKind kind) const {
  absl::MutexLock lock(&mutex_);
  std::set<std::string> peers;
  for (const auto& [key, connection] : connections_) {
    if (connection.peer.kind == kind) peers.insert(connection.peer.text);
  }
  const size_t all = peers.size();
  while (peers.size() > kNamedPeers) peers.erase(std::prev(peers.end()));
  const std::string named = absl::StrJoin(peers, ", ");
  return all > peers.size() ? absl::StrCat(named, " and ", all - peers.size(), " more") : named;
}

size_t OpenConnections::Count(PeerKind kind) const {
  absl::MutexLock lock(&mutex_);
  auto found = counts_.find(kind);
  return found == counts_.end() ? 0 : found->second;
}

void OpenConnections::ListenAgain(PeerKind kind, absl::Duration now) {
  if (now < listened_again_ + kListenEvery) return;
  listened_again_ = now;
  for (auto& [key, connection] : connections_) {
    if (connection.peer.kind != kind || connection.listened_to) continue;
    connection.listened_to = epoll_.Change(connection.fd.get(), key, Interest::kNewInput).ok();
  }
}

void OpenConnections::Forget(Map::iterator connection) {
  // Removed first: gRPC's descriptor keeps the connection open, and so the registration.
  epoll_.Remove(connection->second.fd.get());
  const Peer& peer = connection->second.peer;
  --counts_[peer.kind];
  auto unproven = unproven_.find(peer.text);
  if (unproven != unproven_.end() && unproven->second == connection->first) {
    unproven_.erase(unproven);
    unproven_bytes_ -= connection->second.unproven;
  }
  connections_.erase(connection);
}

}  // namespace holon::control
