#ifndef HOLON_RUNTIME_DAEMON_GENERATION_H_
#define HOLON_RUNTIME_DAEMON_GENERATION_H_

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "runtime/base/clock.h"
#include "runtime/base/unique_fd.h"
#include "runtime/base/unix_socket.h"
#include "runtime/control/acceptor.h"
#include "runtime/control/control_server.h"
#include "runtime/control/reply.h"
#include "runtime/control/runtime_control.h"
#include "runtime/control/runtime_model.h"
#include "runtime/daemon/audit.h"
#include "runtime/daemon/control_addr.h"
#include "runtime/daemon/healer.h"
#include "runtime/daemon/instance.h"
#include "runtime/daemon/live_config.h"
#include "runtime/daemon/process_logger.h"
#include "runtime/daemon/reloader.h"
#include "runtime/daemon/startup.h"
#include "runtime/daemon/worker.h"
#include "runtime/state/home.h"

namespace holon::daemon {

// One generation of a runtime: from its claim on the home to the withdrawal. Owns what it serves
// with: server, acceptor, healing, and a worker for calls that wait for the disk.
//
// Claim, Announce, Recover and End wait for the disk and are called in this order by one thread,
// the life thread. The other methods do not wait, and may be called from any thread.
class Generation final : public control::RuntimeHost {
 public:
  // How a generation talks to its Daemon. Called from any thread; must not block.
  struct Host {
    std::function<void(const std::string& step)> begin_step;  // Of the start.
    std::function<void(const control::ShutdownOrder& order)> request_drain;
    // A connection was accepted; Serve takes it.
    std::function<void(base::UniqueFd connection, control::PeerKind kind)> accepted;
    // False: the last user has gone, so that an ephemeral runtime ends.
    std::function<bool()> make_permanent;
  };

  Generation(StartupConfig startup, std::optional<base::HandedSocket> handed, ProcessLogger& logger,
             base::Clock& clock, Host host);

  // Starts the worker. RESOURCE_EXHAUSTED: no thread can be had.
  absl::Status Start();

  // Takes the home. `interrupt_fd` ends the wait for its lock.
  std::optional<Refusal> Claim(int interrupt_fd);
  // Answers, and then writes who answers: calls come while it waits for the disk. CANCELLED:
  // BeginDraining was called before it was done.
  absl::Status Announce();
  // False: BeginDraining was called before, so it never becomes ready.
  bool Recover();
  // Ends everything, and removes what Claim and Announce made. After a failure of theirs, too.
  void End(absl::Duration grace);

  // Answers the calls of an accepted connection.
  void Serve(base::UniqueFd connection, control::PeerKind kind);
  // Seen as `stopping` from now on; reloads are refused and nothing is healed.
  void BeginDraining(const control::ShutdownOrder& order, absl::Duration drain);
  // The failures of earlier generations are history from now on.
  void MarkStable();
  void ReloadOnSignal(int sender_pid);
  // Removes the files beside whatever Announce and End are at. Waits for the disk.
  void WithdrawAtOnce();
  absl::Duration configured_drain() const;

  void CompareConfig(const v1::CompareConfigRequest& request,
                     control::Reply<v1::CompareConfigResponse> reply) override;
  void Reload(const v1::ReloadRequest& request, control::Reply<v1::ReloadResponse> reply) override;
  void MakePermanent(const v1::MakePermanentRequest& request,
                     control::Reply<v1::MakePermanentResponse> reply) override;
  void RequestShutdown(const control::ShutdownOrder& order) override;
  std::string UnixPeers() const override;
  void PeerIsProven(const std::string& peer) override;

 private:
  enum class Stage { kNew, kClaimed, kAnswering, kAnnounced };

  v1::RuntimeStatusResponse Self() const;
  state::v1::DaemonRecord Record() const;
  absl::Status StartServing();
  absl::Status StartHealing();
  void Configure(config::FingerprintKey key);
  void AuditLater(const std::string& action, const std::string& reason, const std::string& caller,
                  const std::string& seen);
  void LogAnnounced();
  // False: BeginDraining was called before.
  bool Advance(Stage stage);
  Stage stage() const;

  const state::HomePaths paths_;
  const v1::EffectiveConfig first_config_;
  const bool ephemeral_;  // At first.
  config::Configuration startup_configuration_;
  std::optional<base::HandedSocket> handed_;
  ProcessLogger& logger_;
  base::Clock& clock_;
  const Host host_;
  Audit audit_;
  std::atomic<bool> reload_waits_ = false;  // One on a signal.

  ControlAddr control_addr_{first_config_};

  mutable absl::Mutex mutex_;
  Stage stage_ ABSL_GUARDED_BY(mutex_) = Stage::kNew;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;

  // Made by the life thread; others use them once the stage says so.
  std::optional<Instance> instance_;            // From kClaimed.
  std::optional<control::RuntimeModel> model_;  // From kAnswering, as are server and acceptor.
  std::optional<control::ControlServer> server_;
  std::optional<control::Acceptor> acceptor_;
  std::optional<LiveConfig> config_;  // From kAnnounced, as are those below.
  std::optional<Reloader> reloader_;
  std::optional<Healer> healer_;
  // The worker's first job waits for it: all others find what Announce makes, or that it failed.
  absl::Notification announced_;
  Worker worker_;  // Last: what it still does needs the others.
};

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_GENERATION_H_
