#include "runtime/daemon/accept_loop.h"

#include <utility>

#include "runtime/base/status_macros.h"
#include "runtime/base/thread.h"
#include "runtime/base/wait.h"

namespace holon::daemon {

AcceptLoop::AcceptLoop(control::RuntimeModel& model, base::Logger& logger,
                       control::Listener::Admit admit)
    : model_(model), logger_(logger), admit_(std::move(admit)) {}

AcceptLoop::~AcceptLoop() { Stop(); }

absl::Status AcceptLoop::Start(base::UniqueFd socket) {
  HOLON_ASSIGN_OR_RETURN(base::Wake wake, base::Wake::Create());
  wake_.emplace(std::move(wake));
  control::Listener listener(std::move(socket), model_, logger_, admit_);
  HOLON_ASSIGN_OR_RETURN(
      thread_, base::StartThread(
                   [this, listener = std::move(listener)]() mutable { Run(std::move(listener)); }));
  return absl::OkStatus();
}

void AcceptLoop::Replace(base::UniqueFd socket) {
  absl::MutexLock lock(&mutex_);
  replacement_ = std::move(socket);
  wake_->Signal();
}

void AcceptLoop::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (wake_.has_value()) wake_->Signal();
  if (thread_.joinable()) thread_.join();
}

std::string AcceptLoop::RecentPeers() const {
  absl::MutexLock lock(&mutex_);
  return recent_;
}

void AcceptLoop::Run(control::Listener listener) {
  while (true) {
    (void)base::WaitReadable({wake_->fd(), listener.fd()}, absl::InfiniteDuration());
    wake_->Clear();
    base::UniqueFd replacement;
    {
      absl::MutexLock lock(&mutex_);
      if (stopping_) return;
      replacement = std::move(replacement_);
    }
    listener.AcceptSome();
    if (replacement.valid()) listener.Replace(std::move(replacement));
    absl::MutexLock lock(&mutex_);
    recent_ = listener.RecentPeers();
  }
}

}  // namespace holon::daemon
