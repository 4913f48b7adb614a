#include "runtime/daemon/generation.h"

#include <unistd.h>

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "runtime/base/cgroup.h"
#include "runtime/base/duration.h"
#include "runtime/base/process.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/uuid.h"
#include "runtime/base/wake.h"
#include "runtime/config/control_token.h"
#include "runtime/config/fingerprint.h"
#include "runtime/control/errors.h"
#include "runtime/daemon/crash_report.h"
#include "runtime/daemon/run_watch.h"
#include "runtime/probe/control_client.h"
#include "runtime/state/daemon_record.h"
#include "runtime/state/failures.h"
#include "runtime/state/lifecycle_lock.h"
#include "runtime/state/process_text.h"

namespace holon::daemon {
namespace {

// What may wait for the worker: the calls of both endpoints that are answered later, and besides
// them one reload on a signal and the lines of start, stop and stability.
constexpr size_t kMostWaitingJobs = 2 * control::OpenCalls::kMostDeferred + 16;

v1::Failure ToWire(const state::v1::FailureRecord& record) {
  v1::Failure failure;
  *failure.mutable_occurred_at() = record.occurred_at();
  failure.set_phase(record.phase() == state::kStartupFailure    ? v1::FAILURE_PHASE_STARTUP
                    : record.phase() == state::kShutdownFailure ? v1::FAILURE_PHASE_SHUTDOWN
                                                                : v1::FAILURE_PHASE_RUNTIME);
  failure.set_summary(record.summary());
  failure.set_detail_hint(record.detail_hint());
  *failure.mutable_log_excerpt() = record.log_excerpt();
  failure.set_instance_id(record.instance_id());
  failure.set_ended(record.ended());
  if (record.has_occurred_after()) *failure.mutable_occurred_after() = record.occurred_after();
  if (record.has_occurred_before()) *failure.mutable_occurred_before() = record.occurred_before();

  return failure;
}

// Who started this runtime: with its command line where it says so of itself.
std::string StarterText(const std::string& lifecycle_lock, pid_t parent) {
  const std::optional<state::v1::LifecycleHolder> holder =
      state::ReadLifecycleHolder(lifecycle_lock);
  if (!holder.has_value() || holder->identity().pid() != parent || holder->caller().empty()) {
    return state::ProcessText(parent);
  }
  return absl::StrCat("pid ", parent, ": ", holder->caller());
}

absl::Duration DrainOf(const v1::EffectiveConfig& values) {
  return absl::Milliseconds(values.drain().timeout_ms());
}

}  // namespace

Generation::Generation(StartupConfig startup, std::optional<base::HandedSocket> handed,
                       ProcessLogger& logger, base::Clock& clock, Host host)
    : paths_(startup.inputs.home),
      first_config_(startup.configuration.values),
      ephemeral_(startup.ephemeral),
      startup_configuration_(std::move(startup.configuration)),
      handed_(std::move(handed)),
      logger_(logger),
      clock_(clock),
      host_(std::move(host)),
      audit_([this] { return instance_->Here(paths_.audit_log); }, logger_, clock_),
      worker_(kMostWaitingJobs) {}

absl::Status Generation::Start() {
  worker_.Post([this] { announced_.WaitForNotification(); });
  return worker_.Start();
}

std::optional<Refusal> Generation::Claim(int interrupt_fd) {
  const std::string& socket_path = first_config_.socket_path();
  if (handed_.has_value() && handed_->path != socket_path) {
    return Refusal{base::ExitCode::kUsage,
                   absl::StrCat("the service manager hands down the socket ", handed_->path,
                                ", but socket_path is ", socket_path,
                                "; make ListenStream= of the unit and socket_path the same")};
  }
  Refusal refusal;
  instance_ = Instance::Claim(paths_, socket_path, std::move(handed_), interrupt_fd, &refusal);
  if (!instance_.has_value()) return refusal;
  // Not before it is ours: another runtime's log is not disturbed.
  logger_.Open(paths_.log, instance_->HoldsHome());
  Advance(Stage::kClaimed);
  return std::nullopt;
}

absl::Status Generation::Announce() {
  HOLON_RETURN_IF_ERROR(control_addr_.Open());
  model_.emplace(Self());
  audit_.SetGeneration(model_->instance_id());
  HOLON_RETURN_IF_ERROR(StartServing());
  if (!Advance(Stage::kAnswering)) model_->BeginDraining();
  host_.begin_step("reading the fingerprint key");
  HOLON_ASSIGN_OR_RETURN(config::FingerprintKey key, config::EnsureFingerprintKey(paths_.home));
  Configure(std::move(key));
  HOLON_RETURN_IF_ERROR(control_addr_.ReadToken(paths_.home, *instance_, host_.begin_step));
  HOLON_RETURN_IF_ERROR(instance_->RemoveOldRuntime(host_.begin_step));
  // Not before: the report of an earlier generation may only now have been recorded.
  NameCrashReport(instance_->home_fd(), paths_.crash_report.substr(paths_.home.size() + 1),
                  model_->instance_id());
  HOLON_RETURN_IF_ERROR(instance_->Announce(Record(), host_.begin_step));
  HOLON_RETURN_IF_ERROR(StartHealing());
  if (!Advance(Stage::kAnnounced)) return absl::CancelledError("asked to stop while it started");
  announced_.Notify();
  worker_.Post([this, parent = getppid()] {
    audit_.Record("start", "", StarterText(paths_.lifecycle_lock, parent), "");
  });
  LogAnnounced();
  return absl::OkStatus();
}

// From here on calls come.
absl::Status Generation::StartServing() {
  model_->SetStartup("starting", 0, 0);
  server_.emplace(*model_, *this, control_addr_.access());
  model_->OnChange([this] { server_->Publish(); });
  acceptor_.emplace(*model_, logger_, host_.accepted);
  HOLON_RETURN_IF_ERROR(server_->Start());
  HOLON_ASSIGN_OR_RETURN(base::UniqueFd socket, instance_->Listen());
  HOLON_RETURN_IF_ERROR(acceptor_->Start(std::move(socket), control_addr_.TakeSocket(),
                                         !config::ControlTokenRequired(first_config_)));
  logger_.OnHealth([this](const LogHealth& health) {
    model_->Count([&](v1::Counters* counts) { counts->set_log_lines_lost(health.lines_lost); });
    model_->SetDegraded("log", health.trouble);
  });
  return absl::OkStatus();
}

void Generation::Configure(config::FingerprintKey key) {
  config_.emplace(std::move(startup_configuration_), std::move(key));
  model_->SetConfig(config_->fingerprint(), config_->described(), first_config_.http_addr());
  reloader_.emplace(*config_, *model_, logger_, audit_,
                    [this] { return instance_->UpdateRecord(Record()); });
}

absl::Status Generation::StartHealing() {
  HOLON_ASSIGN_OR_RETURN(base::Wake wake, base::Wake::Create());
  healer_.emplace(
      *instance_, RunWatch(paths_, first_config_.socket_path()), std::move(wake), *model_, logger_,
      clock_,
      Healer::Host{[this](base::UniqueFd bound) { acceptor_->Replace(std::move(bound)); },
                   [this](const std::string& reason) {
                     host_.request_drain({reason, "the runtime itself", std::nullopt, ""});
                   }});
  return healer_->Start();
}

v1::RuntimeStatusResponse Generation::Self() const {
  v1::RuntimeStatusResponse self;
  self.set_contract_version(probe::kContractVersion);
  self.set_version(HOLON_VERSION);
  self.set_instance_id(base::RandomUuid());
  self.set_pid(getpid());
  self.set_home_dir(paths_.home);
  if (absl::StatusOr<base::FileInfo> home = instance_->home(); home.ok()) {
    self.set_home_device(home->device);
    self.set_home_inode(home->inode);
  }
  self.set_socket_path(first_config_.socket_path());
  self.set_http_addr(first_config_.http_addr());
  self.set_control_addr(control_addr_.text());
  self.set_ephemeral(ephemeral_);
  *self.mutable_started_at() = state::ToTimestamp(clock_.Now());
  return self;
}

state::v1::DaemonRecord Generation::Record() const {
  const v1::RuntimeStatusResponse self = model_->Status();
  state::v1::DaemonRecord record;
  record.set_format(state::kRecordFormat);
  *record.mutable_identity() = state::ToRecord(base::OwnIdentity());
  record.set_instance_id(self.instance_id());
  record.set_home_dir(self.home_dir());
  record.set_socket_path(self.socket_path());
  record.set_http_addr(self.http_addr());
  record.set_control_addr(self.control_addr());
  *record.mutable_started_at() = self.started_at();
  record.set_config_fingerprint(self.config_fingerprint());
  record.set_version(self.version());
  record.set_contract_version(self.contract_version());
  record.set_cgroup(base::CgroupOf(getpid()));
  if (std::optional<uint64_t> kills = base::OomKills(record.cgroup())) record.set_oom_kills(*kills);
  const config::Configuration current = config_->current();
  state::SetOverrides(current.overrides, &record);
  record.set_config_file(current.explicit_config_file);
  record.set_ephemeral(self.ephemeral());
  return record;
}

void Generation::LogAnnounced() {
  logger_.Info("answering", {{"pid", absl::StrCat(getpid())},
                             {"generation", model_->instance_id()},
                             {"socket", first_config_.socket_path()},
                             {"version", HOLON_VERSION},
                             {"fingerprint", config_->fingerprint()}});
  control_addr_.Announce(logger_, *model_);
}

// What there is to recover before work can be done.
bool Generation::Recover() {
  model_->SetStartup("reading state", 0, 0);
  host_.begin_step("reading state");
  absl::StatusOr<state::v1::FailureHistory> failures = state::ReadFailures(paths_.failures);
  if (!failures.ok()) {
    logger_.Warning("the failure history cannot be read",
                    {{"why", std::string(failures.status().message())}});
  } else if (std::optional<state::v1::FailureRecord> latest = state::LatestFailure(*failures)) {
    model_->SetLastFailure(ToWire(*latest));
  }
  model_->BecomeReady();
  if (model_->phase() != v1::PHASE_READY) return false;
  logger_.Info("ready");
  return true;
}

void Generation::Serve(base::UniqueFd connection, control::PeerKind kind) {
  server_->Serve(std::move(connection), kind);
}

void Generation::BeginDraining(const control::ShutdownOrder& order, absl::Duration drain) {
  {
    absl::MutexLock lock(&mutex_);
    draining_ = true;
    if (stage_ < Stage::kAnswering) return;
  }
  // Clients that ask meanwhile are told DRAINING; streams end with that as their last message.
  model_->BeginDraining();
  if (stage() == Stage::kAnnounced) healer_->End();
  AuditLater("stop", order.reason, order.caller, order.seen);
  logger_.Info("draining", {{"reason", order.reason},
                            {"caller", order.caller},
                            {"seen", order.seen},
                            {"deadline", base::FormatDuration(drain)}});
}

void Generation::End(absl::Duration grace) {
  if (healer_.has_value()) {
    healer_->End();
    healer_->Join();
  }
  if (!announced_.HasBeenNotified()) announced_.Notify();
  worker_.Flush();  // Audit lines.
  if (stage() >= Stage::kAnswering) {
    logger_.Info("stopped", {{"generation", model_->instance_id()}});
  }
  (void)logger_.Flush(absl::InfiniteDuration());
  // All disks have been waited for: what follows is short, and until then we have answered.
  absl::Status withdrawn = instance_.has_value() ? instance_->Withdraw() : absl::OkStatus();
  if (!withdrawn.ok()) {
    logger_.Error("files were left", {{"why", std::string(withdrawn.message())}});
  }
  logger_.OnHealth(nullptr);
  // A client that does not read would keep gRPC from ending for ever.
  if (acceptor_.has_value()) acceptor_->EndConnectionsAfter(grace);
  if (server_.has_value()) server_->Shutdown(grace);
  if (acceptor_.has_value()) acceptor_->Stop();
}

void Generation::WithdrawAtOnce() {
  if (stage() != Stage::kNew) (void)instance_->WithdrawAtOnce();
}

void Generation::MarkStable() {
  worker_.Post([this] {
    absl::Status status =
        state::RecordStable(instance_->Here(paths_.failures), model_->instance_id(), clock_.Now());
    if (!status.ok()) {
      logger_.Warning("older failures could not be cleared",
                      {{"why", std::string(status.message())}});
    }
  });
}

void Generation::AuditLater(const std::string& action, const std::string& reason,
                            const std::string& caller, const std::string& seen) {
  worker_.Post(
      [this, action, reason, caller, seen] { audit_.Record(action, reason, caller, seen); });
}

absl::Duration Generation::configured_drain() const {
  return DrainOf(stage() == Stage::kAnnounced ? config_->current().values : first_config_);
}

void Generation::ReloadOnSignal(int sender_pid) {
  // Signals that come while one waits are the same wish.
  if (stage() != Stage::kAnnounced || reload_waits_.exchange(true)) return;
  v1::ReloadRequest request;
  request.mutable_caller()->set_pid(sender_pid);
  request.mutable_caller()->set_command("SIGHUP");
  worker_.Post([this, request] {
    reload_waits_ = false;
    v1::ReloadResponse response;
    grpc::Status status = reloader_->Reload(request, "", &response);
    if (!status.ok()) logger_.Warning("reload refused", {{"why", status.error_message()}});
    healer_->Wake();
  });
}

void Generation::CompareConfig(const v1::CompareConfigRequest& request,
                               control::Reply<v1::CompareConfigResponse> reply) {
  worker_.Post([this, request, reply = std::move(reply)]() mutable {
    if (!config_.has_value()) return;  // The start has failed: the call is answered as dropped.
    v1::CompareConfigResponse response;
    grpc::Status status = config_->Compare(request, &response);
    reply(std::move(status), std::move(response));
  });
}

void Generation::Reload(const v1::ReloadRequest& request,
                        control::Reply<v1::ReloadResponse> reply) {
  const std::string seen = reply.peer().empty() ? UnixPeers() : reply.peer();
  worker_.Post([this, request, seen, reply = std::move(reply)]() mutable {
    if (!reloader_.has_value()) return;
    v1::ReloadResponse response;
    grpc::Status status = reloader_->Reload(request, seen, &response);
    // Healing writes what the record should hold, and tries again until it can.
    if (stage() == Stage::kAnnounced) healer_->Wake();
    reply(std::move(status), std::move(response));
  });
}

void Generation::MakePermanent(const v1::MakePermanentRequest& request,
                               control::Reply<v1::MakePermanentResponse> reply) {
  const std::string seen = reply.peer().empty() ? UnixPeers() : reply.peer();
  worker_.Post([this, request, seen, reply = std::move(reply)]() mutable {
    if (!config_.has_value()) return;  // The start has failed: the call is answered as dropped.
    if (!host_.make_permanent()) {
      reply(control::Error(grpc::StatusCode::FAILED_PRECONDITION, control::kDraining,
                           "the last user of the runtime has gone; it is about to drain"));
      return;
    }
    v1::MakePermanentResponse response;
    response.set_instance_id(model_->instance_id());
    if (model_->Status().ephemeral()) {
      model_->SetEphemeral(false);
      absl::Status recorded = instance_->UpdateRecord(Record());
      if (!recorded.ok()) {
        logger_.Warning("the record could not be updated",
                        {{"why", std::string(recorded.message())}});
      }
      audit_.Record("make_permanent", "", control::CallerText(request.caller()), seen);
      logger_.Info("permanent from now on", {{"caller", control::CallerText(request.caller())}});
    }
    reply(grpc::Status::OK, std::move(response));
  });
}

void Generation::RequestShutdown(const control::ShutdownOrder& order) {
  host_.request_drain(order);
}

std::string Generation::UnixPeers() const { return acceptor_->UnixPeers(); }

void Generation::PeerIsProven(const std::string& peer) { acceptor_->PeerIsProven(peer); }

bool Generation::Advance(Stage stage) {
  absl::MutexLock lock(&mutex_);
  stage_ = stage;
  return !draining_;
}

Generation::Stage Generation::stage() const {
  absl::MutexLock lock(&mutex_);
  return stage_;
}

}  // namespace holon::daemon
