#include "runtime/control/listener.h"

#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/base/file.h"

namespace holon::control {
namespace {

constexpr size_t kRecentPeers = 4;
constexpr int kMostAtOnce = 64;

}  // namespace

Listener::Listener(base::UniqueFd socket, RuntimeModel& model, base::Logger& logger, Admit admit)
    : socket_(std::move(socket)),
      model_(model),
      logger_(logger),
      admit_(std::move(admit)),
      reserve_(dup(socket_.get())) {}

void Listener::AcceptSome() {
  for (int taken = 0; taken < kMostAtOnce; ++taken) {
    absl::StatusOr<base::UniqueFd> connection = base::AcceptFrom(socket_.get());
    if (absl::IsUnavailable(connection.status())) return;
    if (!connection.ok()) {
      logger_.Warning("a connection was turned away", {{"why", connection.status().ToString()}});
      ShedOne();
      return;
    }
    absl::StatusOr<base::PeerCredentials> peer = base::PeerOf(connection->get());
    if (!peer.ok() || (peer->uid != geteuid() && peer->uid != 0)) {
      model_.Count([](v1::Counters* counters) {
        counters->set_connections_refused(counters->connections_refused() + 1);
      });
      logger_.Warning("a connection of another user was refused",
                      {{"uid", absl::StrCat(peer.ok() ? peer->uid : -1)}});
      continue;
    }
    model_.Count([](v1::Counters* counters) {
      counters->set_connections_accepted(counters->connections_accepted() + 1);
    });
    recent_.push_back(*peer);
    if (recent_.size() > kRecentPeers) recent_.pop_front();
    admit_(*std::move(connection));
  }
}

void Listener::Replace(base::UniqueFd socket) {
  AcceptSome();
  socket_ = std::move(socket);
  reserve_.Reset(dup(socket_.get()));
}

// Without this a full descriptor table would leave the connection waiting and the loop spinning.
void Listener::ShedOne() {
  reserve_.Reset();
  (void)base::AcceptFrom(socket_.get());
  reserve_.Reset(dup(socket_.get()));
}

std::string Listener::RecentPeers() const {
  return absl::StrJoin(recent_, ", ", [](std::string* out, const base::PeerCredentials& peer) {
    absl::StrAppend(out, "pid ", peer.pid, " uid ", peer.uid);
  });
}

}  // namespace holon::control
