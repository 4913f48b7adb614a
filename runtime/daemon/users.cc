#include "runtime/daemon/users.h"

#include <utility>

#include "runtime/base/wait.h"

namespace holon::daemon {
namespace {

// The lock file cannot be opened for as long as the run directory is lost, until it is put back.
constexpr absl::Duration kRetryAfter = absl::Seconds(1);

}  // namespace

void Users::Watch(const std::string& path, absl::Duration now) {
  if (state_ != State::kWatched) return;
  path_ = path;
  retry_at_ = absl::InfiniteDuration();
  absl::StatusOr<base::Pending<base::FileLock>> pending =
      base::Pending<base::FileLock>::Start([path] { return base::FileLock::Wait(path); });
  if (pending.ok()) {
    pending_.emplace(*std::move(pending));
  } else {
    retry_at_ = now + kRetryAfter;
  }
}

bool Users::GoneBy(absl::Duration now) {
  if (state_ == State::kPermanent) {
    pending_.reset();
    retry_at_ = absl::InfiniteDuration();
    return false;
  }
  if (now >= retry_at_) Watch(path_, now);
  if (!pending_.has_value() ||
      !base::WaitReadable({pending_->fd()}, absl::ZeroDuration()).has_value()) {
    return false;
  }
  absl::StatusOr<base::FileLock> lock = pending_->Take();
  pending_.reset();
  if (!lock.ok()) {
    retry_at_ = now + kRetryAfter;
    return false;
  }
  State watched = State::kWatched;
  if (!state_.compare_exchange_strong(watched, State::kGone)) return false;
  lock_.emplace(*std::move(lock));
  return true;
}

bool Users::MakePermanent() {
  State watched = State::kWatched;
  return state_.compare_exchange_strong(watched, State::kPermanent) || watched == State::kPermanent;
}

}  // namespace holon::daemon
