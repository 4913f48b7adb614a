#ifndef HOLON_RUNTIME_DAEMON_NOTIFIER_H_
#define HOLON_RUNTIME_DAEMON_NOTIFIER_H_

#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "runtime/base/notify.h"

namespace holon::daemon {

// Tells the service manager, or the holonctl that started us, how far the runtime is (sd_notify).
// What its full queue refuses is kept, one value a key, until Retry gets it through. Thread-safe;
// never blocks.
class Notifier {
 public:
  // How soon Retry is worth a call.
  static constexpr absl::Duration kRetryAfter = absl::Milliseconds(50);

  // `refused` is called when something waits for Retry.
  Notifier(std::string socket, std::function<void()> refused)
      : sender_(std::move(socket)), refused_(std::move(refused)) {}

  // For example {{"READY", "1"}, {"STATUS", "ready"}}. Control characters in values become spaces.
  void Tell(std::initializer_list<std::pair<const char*, std::string>> values);
  // Sends again what was refused.
  void Retry();
  // Something was refused and waits.
  bool pending() const;

 private:
  void SendPending() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const base::NotifySender sender_;
  const std::function<void()> refused_;
  mutable absl::Mutex mutex_;
  std::map<std::string, std::string> pending_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_NOTIFIER_H_
