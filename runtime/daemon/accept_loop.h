#ifndef HOLON_RUNTIME_DAEMON_ACCEPT_LOOP_H_
#define HOLON_RUNTIME_DAEMON_ACCEPT_LOOP_H_

#include <optional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "runtime/base/logger.h"
#include "runtime/base/unique_fd.h"
#include "runtime/base/wake.h"
#include "runtime/control/listener.h"
#include "runtime/control/runtime_model.h"

namespace holon::daemon {

// Accepts connections on a thread of its own. Public methods may be called from any thread, Start
// and Stop from one.
class AcceptLoop {
 public:
  AcceptLoop(control::RuntimeModel& model, base::Logger& logger, control::Listener::Admit admit);
  ~AcceptLoop();

  // RESOURCE_EXHAUSTED: no thread or descriptor is left.
  absl::Status Start(base::UniqueFd socket);
  // Listens on `socket` from now on.
  void Replace(base::UniqueFd socket);
  // Ends the thread. Idempotent.
  void Stop();
  std::string RecentPeers() const;

 private:
  void Run(control::Listener listener);

  control::RuntimeModel& model_;
  base::Logger& logger_;
  const control::Listener::Admit admit_;
  std::optional<base::Wake> wake_;
  std::thread thread_;
  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  base::UniqueFd replacement_ ABSL_GUARDED_BY(mutex_);
  std::string recent_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_ACCEPT_LOOP_H_
