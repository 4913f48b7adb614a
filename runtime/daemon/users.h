#ifndef HOLON_RUNTIME_DAEMON_USERS_H_
#define HOLON_RUNTIME_DAEMON_USERS_H_

#include <atomic>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "runtime/base/file_lock.h"
#include "runtime/base/pending.h"

namespace holon::daemon {

// The users of an ephemeral runtime: every `holonctl run` that shares run/users.lock, and gives its
// share back whatever ends it. The runtime waits for that lock, and keeps it until its own end, so
// that whoever comes too late waits for that end. MakePermanent may be called from any thread, the
// others from one. Nothing here blocks.
class Users {
 public:
  explicit Users(bool ephemeral) : state_(ephemeral ? State::kWatched : State::kPermanent) {}

  // Begins to wait for the lock at `path`. Of a permanent runtime it does nothing.
  void Watch(const std::string& path, absl::Duration now);
  // Readable when GoneBy may say something new; -1: nothing is waited for.
  int fd() const { return pending_.has_value() ? pending_->fd() : -1; }
  // When GoneBy may say something new without that; infinite: never.
  absl::Duration next() const { return retry_at_; }
  // True, once: the last user has gone, and nobody has made the runtime permanent before.
  bool GoneBy(absl::Duration now);

  // False: the last user has gone, and the runtime ends.
  bool MakePermanent();

 private:
  enum class State { kPermanent, kWatched, kGone };

  std::atomic<State> state_;
  std::string path_;
  std::optional<base::Pending<base::FileLock>> pending_;
  std::optional<base::FileLock> lock_;
  absl::Duration retry_at_ = absl::InfiniteDuration();
};

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_USERS_H_
