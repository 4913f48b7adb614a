#ifndef HOLON_RUNTIME_DAEMON_HEALER_H_
#define HOLON_RUNTIME_DAEMON_HEALER_H_

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "runtime/base/clock.h"
#include "runtime/base/logger.h"
#include "runtime/base/retry.h"
#include "runtime/base/unique_fd.h"
#include "runtime/base/wake.h"
#include "runtime/control/runtime_model.h"
#include "runtime/daemon/heal_pace.h"
#include "runtime/daemon/home_loss.h"
#include "runtime/daemon/instance.h"
#include "runtime/daemon/run_watch.h"

namespace holon::daemon {

// Watches the run directory and puts back what is lost from it, on a thread of its own, so that its
// disk delays nobody. Public methods may be called from any thread but Start and Join.
class Healer {
 public:
  struct Host {
    // The socket's file was made anew: listen on this one from now on.
    std::function<void(base::UniqueFd socket)> replace_socket;
    // The home or its lock is another's by now: the runtime must end, for this reason.
    std::function<void(const std::string& reason)> give_up;
  };

  Healer(Instance& instance, RunWatch watch, base::Wake wake, control::RuntimeModel& model,
         base::Logger& logger, base::Clock& clock, Host host);
  ~Healer();

  // RESOURCE_EXHAUSTED: no thread can be had. Begins with a look at what was lost before.
  absl::Status Start();
  // There is something to put back.
  void Wake();
  // Heals no more. Does not wait for what is under way; Join does.
  void End();
  void Join();

 private:
  void Run();
  void HealOnce();
  void Report(const Healed& healed);

  Instance& instance_;
  RunWatch watch_;
  base::Wake wake_;
  control::RuntimeModel& model_;
  base::Logger& logger_;
  base::Clock& clock_;
  const Host host_;
  base::Retry retry_;
  HealPace pace_;
  HomeLoss loss_;
  std::string trouble_;  // What keeps a file from being put back.
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_HEALER_H_
