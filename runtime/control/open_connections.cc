#include "runtime/control/open_connections.h"

#include <tuple>
#include <utility>

#include "runtime/base/descriptor.h"

namespace holon::control {
namespace {

using Interest = base::Epoll::Interest;

// Under a flood of newcomers the others are looked at so often.
constexpr absl::Duration kListenEvery = absl::Seconds(1);

}  // namespace

OpenConnections::~OpenConnections() {
  while (!connections_.empty()) Forget(connections_.begin());
}

absl::Status OpenConnections::Add(uint64_t key, PeerKind kind, base::UniqueFd duplicate,
                                  absl::Duration now) {
  absl::Status watched = epoll_.Add(duplicate.get(), key, Interest::kNewInput);
  if (!watched.ok()) return watched;
  Connection connection;
  connection.kind = kind;
  connection.fd = std::move(duplicate);
  connection.since = now;
  connections_.emplace(key, std::move(connection));
  ++CountOf(kind);
  return absl::OkStatus();
}

bool OpenConnections::Take(const base::Epoll::Event& event, absl::Duration now) {
  auto found = connections_.find(event.key);
  if (found == connections_.end()) return false;
  if (event.hung_up) {
    Forget(found);
    return true;
  }
  Connection& connection = found->second;
  if (!event.readable) return false;
  connection.heard = true;
  connection.since = now;
  if (epoll_.Change(connection.fd.get(), event.key, Interest::kHangUp).ok()) {
    connection.listened_to = false;
  }
  return false;
}

bool OpenConnections::EndLongestSilent(PeerKind kind, absl::Duration now) {
  auto silent = connections_.end();
  for (auto each = connections_.begin(); each != connections_.end(); ++each) {
    if (each->second.kind != kind) continue;
    auto rank = [](const Connection& of) { return std::make_tuple(of.heard, of.since); };
    if (silent == connections_.end() || rank(each->second) < rank(silent->second)) silent = each;
  }
  if (silent == connections_.end()) return false;
  base::EndConnection(silent->second.fd.get());
  Forget(silent);
  ListenAgain(kind, now);
  return true;
}

void OpenConnections::ListenAgain(PeerKind kind, absl::Duration now) {
  if (now < listened_again_ + kListenEvery) return;
  listened_again_ = now;
  for (auto& [key, connection] : connections_) {
    if (connection.kind != kind || connection.listened_to) continue;
    connection.listened_to = epoll_.Change(connection.fd.get(), key, Interest::kNewInput).ok();
  }
}

void OpenConnections::Forget(Map::iterator connection) {
  // Removed first: gRPC's descriptor keeps the connection open, and so the registration.
  epoll_.Remove(connection->second.fd.get());
  --CountOf(connection->second.kind);
  connections_.erase(connection);
}

}  // namespace holon::control
