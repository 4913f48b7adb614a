#include "runtime/control/acceptor.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/descriptor.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/tcp_socket.h"
#include "runtime/base/thread.h"
#include "runtime/base/unix_socket.h"

namespace holon::control {
namespace {

using Interest = base::Epoll::Interest;

// After so many the other listener has its turn.
constexpr int kAcceptsARound = 64;
// gRPC closes its descriptor of a connection that was ended within this time.
constexpr absl::Duration kRoomWait = absl::Milliseconds(10);

const char* NameOf(PeerKind kind) {
  return kind == PeerKind::kUnix ? "the Unix socket" : "control_addr";
}

}  // namespace

Acceptor::Acceptor(RuntimeModel& model, base::Logger& logger, Admit admit)
    : model_(model), admit_(std::move(admit)), log_(logger) {}

Acceptor::~Acceptor() { Stop(); }

absl::Status Acceptor::Start(base::UniqueFd unix_socket, base::UniqueFd tcp_socket,
                             bool tcp_proven) {
  HOLON_ASSIGN_OR_RETURN(base::Wake wake, base::Wake::Create());
  HOLON_ASSIGN_OR_RETURN(base::Epoll epoll, base::Epoll::Create());
  wake_.emplace(std::move(wake));
  epoll_.emplace(std::move(epoll));
  connections_.emplace(*epoll_);
  HOLON_RETURN_IF_ERROR(epoll_->Add(wake_->fd(), next_key_++, Interest::kReadable));
  with_tcp_ = tcp_socket.valid();
  tcp_proven_ = tcp_proven;
  other_descriptors_ = base::CountOpenFiles();
  Listen(PeerKind::kUnix, std::move(unix_socket));
  if (with_tcp_) Listen(PeerKind::kTcp, std::move(tcp_socket));
  HOLON_ASSIGN_OR_RETURN(thread_, base::StartThread([this] { Run(); }));
  return absl::OkStatus();
}

void Acceptor::Replace(base::UniqueFd unix_socket) {
  absl::MutexLock lock(&mutex_);
  replacements_.push_back(std::move(unix_socket));
  if (wake_.has_value()) wake_->Signal();
}

void Acceptor::Stop() {
  if (!thread_.joinable()) return;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  wake_->Signal();
  thread_.join();
  connections_.reset();
  listeners_.clear();
}

void Acceptor::EndConnectionsAfter(absl::Duration grace) {
  absl::MutexLock lock(&mutex_);
  end_all_at_ = clock_.Uptime() + grace;
  if (wake_.has_value()) wake_->Signal();
}

void Acceptor::PeerIsProven(const std::string& peer) { connections_->PeerIsProven(peer); }

std::string Acceptor::UnixPeers() const {
  return connections_.has_value() ? connections_->Peers(PeerKind::kUnix) : "";
}

void Acceptor::Run() {
  while (true) {
    const std::vector<base::Epoll::Event> events = epoll_->Wait(NextDue() - clock_.Uptime());
    ResumePaused();
    EndAllWhereDue();
    log_.WriteCounts(clock_.Uptime());
    for (const base::Epoll::Event& event : events) {
      if (event.key == 0) {
        if (!TakeOrders()) return;
        continue;
      }
      auto listener = std::find_if(listeners_.begin(), listeners_.end(),
                                   [&](const Listener& each) { return each.key == event.key; });
      if (listener == listeners_.end()) {
        TakeInput(event);
      } else if (!AcceptRound(&*listener)) {
        epoll_->Remove(listener->fd.get());
        listeners_.erase(listener);
      }
    }
  }
}

void Acceptor::TakeInput(const base::Epoll::Event& event) {
  const OpenConnections::Taken taken = connections_->Take(event, clock_.Uptime());
  if (!taken.over_limits.empty()) {
    log_.Warning(clock_.Uptime(), "a connection sent too much without the control token; ended",
                 {{"peer", taken.over_limits}});
  }
  if (taken.ended) RetryFailing();
}

void Acceptor::EndAllWhereDue() {
  {
    absl::MutexLock lock(&mutex_);
    if (clock_.Uptime() < end_all_at_) return;
    end_all_at_ = absl::InfiniteDuration();
  }
  connections_->EndAll();
}

bool Acceptor::TakeOrders() {
  wake_->Clear();
  std::vector<base::UniqueFd> replacements;
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_) return false;
    replacements.swap(replacements_);
  }
  for (base::UniqueFd& replacement : replacements) {
    for (Listener& listener : listeners_) {
      if (listener.kind != PeerKind::kUnix) continue;
      listener.replaced = true;
      // Even where nobody waits there: that is how it is found out.
      Pause(&listener, clock_.Uptime());
    }
    Listen(PeerKind::kUnix, std::move(replacement));
  }
  return true;
}

void Acceptor::Listen(PeerKind kind, base::UniqueFd socket) {
  Listener& listener = listeners_.emplace_back();
  listener.key = next_key_++;
  listener.kind = kind;
  listener.fd = std::move(socket);
  Watch(&listener);
}

void Acceptor::Watch(Listener* listener) {
  absl::Status watched = epoll_->Add(listener->fd.get(), listener->key, Interest::kReadable);
  if (!watched.ok()) AcceptFailed(listener, watched);
}

void Acceptor::Pause(Listener* listener, absl::Duration until) {
  epoll_->Remove(listener->fd.get());
  listener->paused_until = until;
}

void Acceptor::ResumePaused() {
  for (auto listener = listeners_.begin(); listener != listeners_.end();) {
    auto each = listener++;
    if (each->paused_until > clock_.Uptime()) continue;
    each->paused_until = absl::InfiniteDuration();
    if (!AcceptRound(&*each)) {
      listeners_.erase(each);
    } else if (each->paused_until == absl::InfiniteDuration()) {
      Watch(&*each);
    }
  }
}

void Acceptor::RetryFailing() {
  for (Listener& listener : listeners_) {
    const bool paused = listener.paused_until != absl::InfiniteDuration();
    if (listener.failing && paused) listener.paused_until = clock_.Uptime();
  }
}

absl::Duration Acceptor::NextDue() const {
  absl::Duration due = log_.next();
  {
    absl::MutexLock lock(&mutex_);
    due = std::min(due, end_all_at_);
  }
  for (const Listener& listener : listeners_) due = std::min(due, listener.paused_until);
  return due;
}

bool Acceptor::AcceptRound(Listener* listener) {
  limits_ = LimitConnections(base::OpenFilesLimit(), other_descriptors_, with_tcp_);
  for (int i = 0; i < kAcceptsARound; ++i) {
    absl::StatusOr<base::UniqueFd> connection = base::AcceptFrom(listener->fd.get());
    if (!connection.ok() && !absl::IsUnavailable(connection.status())) {
      AcceptFailed(listener, connection.status());
      return true;
    }
    if (listener->failing) SetFailing(listener, "");
    if (!connection.ok()) return !listener->replaced;
    if (!TakeConnection(*std::move(connection), listener->kind)) {
      Pause(listener, clock_.Uptime() + kRoomWait);
      return true;
    }
  }
  return true;
}

bool Acceptor::TakeConnection(base::UniqueFd connection, PeerKind kind) {
  // A flood of clients that connect and leave costs no more than this.
  if (base::HasHungUp(connection.get())) return true;
  const absl::Duration now = clock_.Uptime();
  std::optional<Peer> peer = LookAt(connection.get(), kind);
  if (!peer.has_value()) return true;
  while (connections_->Count(kind) >= limits_.Of(kind)) MakeRoom(kind);
  absl::StatusOr<base::UniqueFd> duplicate = base::Duplicate(connection.get());
  const uint64_t highest =
      std::max(connection.get(), duplicate.ok() ? duplicate->get() : connection.get());
  absl::Status watched = duplicate.status();
  if (watched.ok()) {
    watched = connections_->Add(next_key_++, *std::move(peer), *std::move(duplicate), now);
  }
  if (!watched.ok()) {
    log_.Warning(now, "a connection was turned away", {{"why", std::string(watched.message())}});
    MakeRoom(KindWithMore());
    return false;
  }
  model_.Count([](v1::Counters* counters) {
    counters->set_connections_accepted(counters->connections_accepted() + 1);
  });
  admit_(std::move(connection), kind);
  if (highest < limits_.first_reserved) return true;
  MakeRoom(KindWithMore());  // Something else has more descriptors than at the start.
  return false;
}

std::optional<Peer> Acceptor::LookAt(int connection, PeerKind kind) {
  if (kind == PeerKind::kTcp) {
    absl::StatusOr<std::string> peer = base::TcpPeerOf(connection);
    if (!peer.ok()) return std::nullopt;
    base::SetTcpNoDelay(connection);
    return Peer{kind, absl::StrCat("tcp ", *peer), tcp_proven_};
  }
  absl::StatusOr<base::PeerCredentials> peer = base::PeerOf(connection);
  if (peer.ok() && (peer->uid == geteuid() || peer->uid == 0)) {
    return Peer{kind, absl::StrCat("pid ", peer->pid, " uid ", peer->uid)};
  }
  model_.Count([](v1::Counters* counters) {
    counters->set_connections_refused(counters->connections_refused() + 1);
  });
  log_.Warning(clock_.Uptime(), "a connection of another user was refused",
               {{"uid", peer.ok() ? absl::StrCat(peer->uid) : "unknown"}});
  return std::nullopt;
}

void Acceptor::AcceptFailed(Listener* listener, const absl::Status& why) {
  const absl::Duration now = clock_.Uptime();
  log_.Warning(now, "no connection can be accepted",
               {{"on", NameOf(listener->kind)}, {"why", std::string(why.message())}});
  SetFailing(listener, std::string(why.message()));
  if (absl::IsResourceExhausted(why)) MakeRoom(KindWithMore());
  listener->retry.Failed(now);
  Pause(listener, listener->retry.at());
}

void Acceptor::MakeRoom(PeerKind kind) {
  const size_t open = connections_->Count(kind);
  if (!connections_->EndLongestSilent(kind, clock_.Uptime())) return;
  log_.Warning(clock_.Uptime(), "the longest silent connection was ended to make room",
               {{"on", NameOf(kind)}, {"open", absl::StrCat(open)}});
}

PeerKind Acceptor::KindWithMore() const {
  return connections_->Count(PeerKind::kTcp) > connections_->Count(PeerKind::kUnix)
             ? PeerKind::kTcp
             : PeerKind::kUnix;
}

void Acceptor::SetFailing(Listener* listener, const std::string& why) {
  listener->failing = !why.empty();
  if (why.empty()) listener->retry.Succeeded();
  const char* name = NameOf(listener->kind);
  model_.SetDegraded(absl::StrCat("accept on ", name),
                     why.empty() ? "" : absl::StrCat("takes no connections on ", name, ": ", why));
}

}  // namespace holon::control
