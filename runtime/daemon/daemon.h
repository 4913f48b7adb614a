#ifndef HOLON_RUNTIME_DAEMON_DAEMON_H_
#define HOLON_RUNTIME_DAEMON_DAEMON_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "runtime/base/clock.h"
#include "runtime/base/exit_code.h"
#include "runtime/base/notify.h"
#include "runtime/base/retry.h"
#include "runtime/base/signals.h"
#include "runtime/base/unique_fd.h"
#include "runtime/control/acceptor.h"
#include "runtime/control/control_server.h"
#include "runtime/control/runtime_control.h"
#include "runtime/control/runtime_model.h"
#include "runtime/daemon/audit.h"
#include "runtime/daemon/instance.h"
#include "runtime/daemon/live_config.h"
#include "runtime/daemon/process_logger.h"
#include "runtime/daemon/run_watch.h"
#include "runtime/daemon/startup.h"
#include "runtime/daemon/supervision.h"
#include "runtime/state/home.h"

namespace holon::daemon {

// Descriptors, beside those that are open, without which a runtime cannot even answer.
inline constexpr uint64_t kLeastDescriptors = 24;

// One runtime from its claim on the home to its last breath. The thread that calls Run accepts
// connections and takes signals; the server's own thread answers calls.
class Daemon final : public control::RuntimeHost {
 public:
  Daemon(StartupConfig startup, Supervision supervision, base::SignalFd& signals,
         ProcessLogger& logger, base::Clock& clock);

  // Claims, announces, recovers, serves, drains and withdraws. Blocks until the runtime has ended.
  base::ExitCode Run();

  void CompareConfig(const v1::CompareConfigRequest& request,
                     control::Reply<v1::CompareConfigResponse> reply) override;
  void Reload(const v1::ReloadRequest& request, control::Reply<v1::ReloadResponse> reply) override;
  void RequestShutdown(const control::ShutdownOrder& order) override;

 private:
  base::ExitCode Fail(base::ExitCode code, const std::string& message);
  absl::Status Announce();
  // Binds control_addr and makes its token, where there is one.
  absl::Status OpenControlAddr();
  grpc::Status ReloadNow(const v1::ReloadRequest& request, const std::string& peer,
                         v1::ReloadResponse* response);
  void Recover();
  void Serve();
  void MarkStable();
  void TakeSignal();
  // Puts back what is missing from the run directory, and looks after it from now on.
  void Heal();
  bool DrainRequested();
  void Drain();
  state::v1::DaemonRecord Record() const;

  const state::HomePaths paths_;
  const std::string socket_path_;
  const v1::EffectiveConfig first_config_;
  base::SignalFd& signals_;
  const base::NotifySender notify_;
  const absl::Duration watchdog_;  // Silence that the service manager puts up with.
  std::optional<base::HandedSocket> handed_;
  ProcessLogger& logger_;
  base::Clock& clock_;
  base::UniqueFd wake_;  // Readable when another thread asks for a drain, or for healing.

  Audit audit_;
  std::optional<Instance> instance_;
  std::optional<LiveConfig> config_;
  std::optional<control::RuntimeModel> model_;
  std::optional<control::ControlServer> server_;
  std::optional<control::Acceptor> acceptor_;
  base::UniqueFd tcp_socket_;  // Until the acceptor has it.
  std::string control_addr_;   // As bound; empty: none.
  std::optional<control::Access> tcp_access_;
  RunWatch run_watch_;
  base::Retry heal_retry_;
  config::Configuration startup_configuration_;

  absl::Mutex reload_mutex_;
  absl::Mutex mutex_;
  std::optional<control::ShutdownOrder> order_ ABSL_GUARDED_BY(mutex_);
  absl::Duration drain_end_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteDuration();  // Uptime.
};

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_DAEMON_H_
