#include "runtime/daemon/daemon.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/base/cgroup.h"
#include "runtime/base/duration.h"
#include "runtime/base/process.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/tcp_socket.h"
#include "runtime/base/uuid.h"
#include "runtime/base/wait.h"
#include "runtime/config/control_token.h"
#include "runtime/config/formats.h"
#include "runtime/config/text.h"
#include "runtime/daemon/crash_report.h"
#include "runtime/daemon/drain_watchdog.h"
#include "runtime/probe/control_client.h"
#include "runtime/state/daemon_record.h"
#include "runtime/state/failures.h"

namespace holon::daemon {
namespace {

// What calls in flight may take to end once no work is left. Short, because an idle client that
// does not poll its connection keeps gRPC waiting for all of it.
constexpr absl::Duration kServerGrace = absl::Milliseconds(100);
// A generation that has been ready for so long is stable: failures before it are history.
constexpr absl::Duration kStableAfter = absl::Seconds(2);
// Whoever removes a directory file by file shall find it empty at the end.
constexpr absl::Duration kSettle = absl::Milliseconds(10);
// What the watchdog grants on top of the drain deadline.
constexpr absl::Duration kWatchdogGrace = absl::Seconds(1);

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

std::string ParentText() {
  // Its name alone: whatever else it was started with may hold a secret.
  return absl::StrCat("pid ", getppid(), ": ", config::ToUtf8(base::CommandNameOf(getppid())));
}

std::string ChangedPaths(const v1::ReloadResponse& response) {
  return absl::StrJoin(response.applied(), ", ",
                       [](std::string* out, const v1::ConfigDifference& difference) {
                         absl::StrAppend(out, difference.path());
                       });
}

absl::Duration ConfiguredDrain(const config::Configuration& configuration) {
  return absl::Milliseconds(configuration.values.drain().timeout_ms());
}

}  // namespace

Daemon::Daemon(StartupConfig startup, Supervision supervision, base::SignalFd& signals,
               ProcessLogger& logger, base::Clock& clock)
    : paths_(startup.inputs.home),
      socket_path_(startup.configuration.values.socket_path()),
      first_config_(startup.configuration.values),
      signals_(signals),
      notify_(std::move(supervision.notify_socket)),
      watchdog_(supervision.watchdog),
      handed_(std::move(supervision.socket)),
      logger_(logger),
      clock_(clock),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      audit_(paths_.audit_log, logger_, clock_),
      run_watch_(paths_, socket_path_),
      startup_configuration_(std::move(startup.configuration)) {}

base::ExitCode Daemon::Run() {
  Refusal refusal;
  if (handed_.has_value() && handed_->path != socket_path_) {
    return Fail(base::ExitCode::kUsage,
                absl::StrCat("the service manager hands down the socket ", handed_->path,
                             ", but socket_path is ", socket_path_,
                             "; make ListenStream= of the unit and socket_path the same"));
  }
  instance_ = Instance::Claim(paths_, socket_path_, std::move(handed_), signals_.fd(), &refusal);
  if (!instance_.has_value()) return Fail(refusal.exit_code, refusal.message);
  logger_.Open(paths_.log);  // Not before it is ours: another runtime's log is not disturbed.
  absl::Status announced = Announce();
  if (!announced.ok()) {
    (void)instance_->Withdraw();
    return Fail(base::ExitCodeFor(announced), std::string(announced.message()));
  }
  Recover();
  Serve();
  Drain();
  return base::ExitCode::kDone;
}

base::ExitCode Daemon::Fail(base::ExitCode code, const std::string& message) {
  logger_.Error(message);
  notify_.Send({{"STATUS", message}});
  return code;
}

state::v1::DaemonRecord Daemon::Record() const {
  const v1::RuntimeStatusResponse self = model_->Status();
  state::v1::DaemonRecord record;
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
  return record;
}

absl::Status Daemon::Announce() {
  HOLON_ASSIGN_OR_RETURN(config::FingerprintKey key, config::EnsureFingerprintKey(paths_.home));
  HOLON_RETURN_IF_ERROR(OpenControlAddr());
  config_.emplace(std::move(startup_configuration_), std::move(key));

  v1::RuntimeStatusResponse self;
  self.set_contract_version(probe::kContractVersion);
  self.set_version(HOLON_VERSION);
  self.set_instance_id(base::RandomUuid());
  self.set_pid(getpid());
  self.set_home_dir(paths_.home);
  self.set_socket_path(socket_path_);
  self.set_http_addr(first_config_.http_addr());
  self.set_control_addr(control_addr_);
  *self.mutable_started_at() = state::ToTimestamp(clock_.Now());
  self.set_config_fingerprint(config_->fingerprint());
  const std::vector<v1::ConfigValue> described = config_->described();
  self.mutable_config()->Assign(described.begin(), described.end());
  NameCrashReport(paths_.crash_report, self.instance_id());
  audit_.SetGeneration(self.instance_id());
  model_.emplace(std::move(self));

  HOLON_ASSIGN_OR_RETURN(base::UniqueFd socket, instance_->Announce(Record()));
  server_.emplace(*model_, *this, tcp_access_);
  model_->OnChange([this] { server_->Publish(); });
  logger_.OnHealth([this](const LogHealth& health) {
    model_->Count([&](v1::Counters* counts) { counts->set_log_lines_lost(health.lines_lost); });
    model_->SetDegraded("log", health.trouble);
  });
  HOLON_RETURN_IF_ERROR(server_->Start());
  acceptor_.emplace(*model_, logger_, [this](base::UniqueFd connection, control::PeerKind kind) {
    server_->Serve(std::move(connection), kind);
  });
  HOLON_RETURN_IF_ERROR(acceptor_->Start(std::move(socket), std::move(tcp_socket_)));
  audit_.Record("start", "", ParentText(), "");
  logger_.Info("answering", {{"pid", absl::StrCat(getpid())},
                             {"generation", model_->instance_id()},
                             {"socket", socket_path_},
                             {"version", HOLON_VERSION},
                             {"fingerprint", config_->fingerprint()}});
  if (!control_addr_.empty()) {
    logger_.Info("answering on TCP, without encryption", {{"control_addr", control_addr_}});
  }
  if (!control_addr_.empty() && !config::ControlTokenRequired(first_config_)) {
    constexpr char kOpen[] =
        "control_auth_mode is disabled: every user of this machine can control this runtime";
    logger_.Warning(kOpen, {{"control_addr", control_addr_}});
    model_->SetDegraded("control_auth_mode", kOpen);
  }
  return absl::OkStatus();
}

absl::Status Daemon::OpenControlAddr() {
  if (first_config_.control_addr().empty()) return absl::OkStatus();
  const std::optional<config::HostPort> address =
      config::ParseHostPort(first_config_.control_addr());
  HOLON_ASSIGN_OR_RETURN(base::TcpListener listener,
                         base::ListenOnTcp(address->host, address->port));
  tcp_socket_ = std::move(listener.fd);
  control_addr_ = first_config_.control_addr();
  if (address->port == 0) {
    control_addr_ =
        absl::StrCat(control_addr_.substr(0, control_addr_.rfind(':')), ":", listener.port);
  }
  tcp_access_ = control::Access::Open();
  if (!config::ControlTokenRequired(first_config_)) return absl::OkStatus();
  std::string token = first_config_.control_token();
  if (config::ControlTokenIsMade(first_config_)) {
    HOLON_ASSIGN_OR_RETURN(token, config::EnsureControlToken(paths_.home));
  }
  tcp_access_ = control::Access::WithToken(token);
  return absl::OkStatus();
}

// What there is to recover before work can be done.
void Daemon::Recover() {
  model_->SetStartup("reading state", 0, 0);
  notify_.Send({{"STATUS", "reading state"}});
  absl::StatusOr<state::v1::FailureHistory> failures = state::ReadFailures(paths_.failures);
  if (!failures.ok()) {
    logger_.Warning("the failure history cannot be read",
                    {{"why", std::string(failures.status().message())}});
  } else if (std::optional<state::v1::FailureRecord> latest = state::LatestFailure(*failures)) {
    model_->SetLastFailure(ToWire(*latest));
  }
  model_->BecomeReady();
  notify_.Send({{"READY", "1"}, {"STATUS", "ready"}, {"MAINPID", absl::StrCat(getpid())}});
  logger_.Info("ready");
}

void Daemon::Serve() {
  Heal();  // What was lost before anybody watched.
  const absl::Duration stable_at = clock_.Uptime() + kStableAfter;
  bool marked = false;
  absl::Duration alive_at = watchdog_ == absl::InfiniteDuration() ? watchdog_ : clock_.Uptime();
  while (true) {
    absl::Duration next = heal_retry_.at();
    if (!marked) next = std::min(next, stable_at);
    next = std::min(next, alive_at);
    std::optional<size_t> ready =
        base::WaitReadable({wake_.get(), signals_.fd(), run_watch_.fd()},
                           std::max(next - clock_.Uptime(), absl::ZeroDuration()));
    if (!marked && clock_.Uptime() >= stable_at) {
      marked = true;
      MarkStable();
    }
    if (clock_.Uptime() >= heal_retry_.at()) Heal();
    if (clock_.Uptime() >= alive_at) {
      // From this loop, so that a hung one is found out.
      notify_.Send({{"WATCHDOG", "1"}});
      alive_at = clock_.Uptime() + watchdog_ / 2;
    }
    if (!ready.has_value()) continue;
    if (*ready == 0) {
      if (DrainRequested()) return;
      eventfd_t count;
      eventfd_read(wake_.get(), &count);
      heal_retry_.Due(clock_.Uptime());
    }
    if (*ready == 1) TakeSignal();
    if (*ready == 2 && run_watch_.Take()) heal_retry_.Due(clock_.Uptime() + kSettle);
  }
}

void Daemon::Heal() {
  absl::Status watched = run_watch_.Watch();
  Healed healed = instance_->Heal();
  if (healed.socket.valid()) acceptor_->Replace(std::move(healed.socket));
  for (const Healed::File& file : healed.files) {
    logger_.Warning("put back what was lost", {{"path", file.path}, {"displaced", file.displaced}});
  }
  if (!healed.files.empty()) {
    const uint64_t files = healed.files.size();
    model_->Count([files](v1::Counters* counters) {
      counters->set_files_healed(counters->files_healed() + files);
    });
    watched = run_watch_.Watch();  // The new ones.
  }
  const bool blind = run_watch_.fd() < 0 || absl::IsResourceExhausted(watched);
  if (healed.status.ok() && !blind) {
    heal_retry_.Succeeded();
  } else {
    heal_retry_.Failed(clock_.Uptime());
  }
  model_->SetDegraded("heal", healed.status.ok() ? ""
                                                 : absl::StrCat("the run directory is damaged: ",
                                                                healed.status.message()));
  model_->SetDegraded("inotify",
                      blind ? absl::StrCat("no inotify, so the run directory is not looked after: ",
                                           watched.message())
                            : "");
}

// Whoever started us, and whether or not it watches: this generation has shown that it lives.
void Daemon::MarkStable() {
  absl::Status status = state::RecordStable(paths_.failures, model_->instance_id(), clock_.Now());
  if (!status.ok()) {
    logger_.Warning("older failures could not be cleared",
                    {{"why", std::string(status.message())}});
  }
}

void Daemon::TakeSignal() {
  std::optional<base::SignalFd::Received> received = signals_.Read();
  if (!received.has_value()) return;
  const std::string name = base::SignalName(received->signal);
  if (received->signal == SIGHUP) {
    v1::ReloadRequest request;
    request.mutable_caller()->set_pid(received->sender_pid);
    request.mutable_caller()->set_command("SIGHUP");
    v1::ReloadResponse response;
    grpc::Status status = ReloadNow(request, "", &response);
    if (!status.ok()) logger_.Warning("reload refused", {{"why", status.error_message()}});
    return;
  }
  RequestShutdown({name, absl::StrCat("pid ", received->sender_pid, " uid ", received->sender_uid),
                   std::nullopt, ""});
}

void Daemon::RequestShutdown(const control::ShutdownOrder& order) {
  absl::Duration drain = order.drain.value_or(ConfiguredDrain(config_->current()));
  {
    absl::MutexLock lock(&mutex_);
    drain_end_ = std::min(drain_end_, clock_.Uptime() + drain);
    if (!order_.has_value()) order_ = order;
  }
  eventfd_write(wake_.get(), 1);
}

bool Daemon::DrainRequested() {
  absl::MutexLock lock(&mutex_);
  return order_.has_value();
}

void Daemon::Drain() {
  control::ShutdownOrder order;
  absl::Duration drain;
  {
    absl::MutexLock lock(&mutex_);
    order = *order_;
    drain = std::max(drain_end_ - clock_.Uptime(), absl::ZeroDuration());
  }
  EndProcessAfter(drain + kWatchdogGrace, signals_, [this] { (void)instance_->Withdraw(); });
  const std::string peers = order.peer.empty() ? acceptor_->RecentPeers() : order.peer;
  audit_.Record("stop", order.reason, order.caller, peers);
  logger_.Info("draining", {{"reason", order.reason},
                            {"caller", order.caller},
                            {order.peer.empty() ? "recent_connections" : "peer", peers},
                            {"deadline", base::FormatDuration(drain)}});
  notify_.Send({{"STOPPING", "1"},
                {"STATUS", absl::StrCat("stopping: ", order.reason, " (", order.caller, ")")}});
  // Whoever asks meanwhile is told DRAINING; streams end with that as their last message.
  model_->BeginDraining();
  run_watch_.End();
  server_->Shutdown(std::min(drain, kServerGrace));
  absl::Status withdrawn = instance_->Withdraw();
  if (!withdrawn.ok()) {
    logger_.Error("files were left", {{"why", std::string(withdrawn.message())}});
  }
  acceptor_->Stop();
  logger_.Info("stopped", {{"generation", model_->instance_id()}});
}

void Daemon::CompareConfig(const v1::CompareConfigRequest& request,
                           control::Reply<v1::CompareConfigResponse> reply) {
  v1::CompareConfigResponse response;
  grpc::Status status = config_->Compare(request, &response);
  reply(std::move(status), std::move(response));
}

void Daemon::Reload(const v1::ReloadRequest& request, control::Reply<v1::ReloadResponse> reply) {
  v1::ReloadResponse response;
  grpc::Status status = ReloadNow(request, reply.peer(), &response);
  reply(std::move(status), std::move(response));
}

grpc::Status Daemon::ReloadNow(const v1::ReloadRequest& request, const std::string& peer,
                               v1::ReloadResponse* response) {
  // SIGHUP reloads on the thread that takes signals, a call on the server's.
  absl::MutexLock lock(&reload_mutex_);
  grpc::Status status = config_->Reload(request, response);
  if (!status.ok()) return status;
  response->set_instance_id(model_->instance_id());
  if (response->applied().empty()) return status;
  const config::Configuration current = config_->current();
  logger_.Configure(current.values.log());
  audit_.Record("reload", ChangedPaths(*response), control::CallerText(request.caller()), peer);
  model_->Count([](v1::Counters* counters) { counters->set_reloads(counters->reloads() + 1); });
  model_->SetConfig(config_->fingerprint(), config_->described(), current.values.http_addr());
  absl::Status recorded = instance_->UpdateRecord(Record());
  if (!recorded.ok()) {
    logger_.Warning("the record could not be updated", {{"why", std::string(recorded.message())}});
  }
  // Healing writes what the record should hold, and tries again until it can.
  eventfd_write(wake_.get(), 1);
  for (const v1::ConfigDifference& difference : response->applied()) {
    logger_.Info("configuration changed", {{"path", difference.path()},
                                           {"from", difference.actual()},
                                           {"to", difference.expected()}});
  }
  return status;
}

}  // namespace holon::daemon
