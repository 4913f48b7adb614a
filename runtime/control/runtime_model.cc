#include "runtime/control/runtime_model.h"

#include <utility>

#include "google/protobuf/util/message_differencer.h"

namespace holon::control {

RuntimeModel::RuntimeModel(v1::RuntimeStatusResponse self) : status_(std::move(self)) {
  status_.set_phase(v1::PHASE_STARTING);
  status_.mutable_activity()->set_state(v1::ACTIVITY_STATE_IDLE);
  status_.mutable_counters();
}

void RuntimeModel::Change(const std::function<void(v1::RuntimeStatusResponse*)>& change) {
  {
    absl::MutexLock lock(&mutex_);
    const v1::RuntimeStatusResponse before = status_;
    change(&status_);
    status_.set_healthy(status_.phase() == v1::PHASE_READY && status_.degraded().empty());
    if (google::protobuf::util::MessageDifferencer::Equals(before, status_)) return;
    ++revision_;
  }
  if (listener_) listener_();
}

void RuntimeModel::SetStartup(const std::string& step, uint64_t done, uint64_t total) {
  Change([&](v1::RuntimeStatusResponse* status) {
    status->mutable_startup()->set_step(step);
    status->mutable_startup()->set_done(done);
    status->mutable_startup()->set_total(total);
  });
}

void RuntimeModel::BecomeReady() {
  Change([](v1::RuntimeStatusResponse* status) {
    // A phase only ever goes forward: a shutdown may have come first.
    if (status->phase() == v1::PHASE_STARTING) status->set_phase(v1::PHASE_READY);
    status->clear_startup();
  });
}

void RuntimeModel::BeginDraining() {
  Change([](v1::RuntimeStatusResponse* status) {
    status->set_phase(v1::PHASE_DRAINING);
    status->clear_startup();
  });
}

void RuntimeModel::SetConfig(const std::string& fingerprint,
                             const std::vector<v1::ConfigValue>& config,
                             const std::string& http_addr) {
  Change([&](v1::RuntimeStatusResponse* status) {
    status->set_config_fingerprint(fingerprint);
    status->set_http_addr(http_addr);
    status->mutable_config()->Assign(config.begin(), config.end());
  });
}

void RuntimeModel::SetEphemeral(bool ephemeral) {
  Change([&](v1::RuntimeStatusResponse* status) { status->set_ephemeral(ephemeral); });
}

void RuntimeModel::SetLastFailure(const v1::Failure& failure) {
  Change([&](v1::RuntimeStatusResponse* status) { *status->mutable_last_failure() = failure; });
}

void RuntimeModel::SetDegraded(const std::string& cause, const std::string& reason) {
  {
    absl::MutexLock lock(&mutex_);
    std::string& present = degraded_[cause];
    if (present == reason) return;
    present = reason;
  }
  Change([this](v1::RuntimeStatusResponse* status) {
    mutex_.AssertHeld();
    status->clear_degraded();
    for (const auto& [cause, why] : degraded_) {
      if (!why.empty()) status->add_degraded(why);
    }
  });
}

void RuntimeModel::Count(const std::function<void(v1::Counters*)>& change) {
  // Counters do not notify: each watching client's own connection would wake it.
  absl::MutexLock lock(&mutex_);
  change(status_.mutable_counters());
}

v1::RuntimeStatusResponse RuntimeModel::Status(uint64_t* revision) const {
  absl::MutexLock lock(&mutex_);
  if (revision != nullptr) *revision = revision_;
  return status_;
}

std::string RuntimeModel::SerializedStatus() const {
  absl::MutexLock lock(&mutex_);
  if (serialized_revision_ != revision_) {
    v1::RuntimeStatusResponse status = status_;
    status.clear_counters();
    serialized_ = status.SerializeAsString();
    serialized_revision_ = revision_;
  }
  // Messages that are written one behind the other are read as one.
  v1::RuntimeStatusResponse counters;
  *counters.mutable_counters() = status_.counters();
  return serialized_ + counters.SerializeAsString();
}

v1::ReadinessResponse RuntimeModel::Readiness() const {
  absl::MutexLock lock(&mutex_);
  v1::ReadinessResponse readiness;
  readiness.set_contract_version(status_.contract_version());
  readiness.set_version(status_.version());
  readiness.set_instance_id(status_.instance_id());
  readiness.set_pid(status_.pid());
  readiness.set_phase(status_.phase());
  readiness.set_healthy(status_.healthy());
  readiness.set_home_dir(status_.home_dir());
  readiness.set_socket_path(status_.socket_path());
  readiness.set_http_addr(status_.http_addr());
  readiness.set_control_addr(status_.control_addr());
  *readiness.mutable_started_at() = status_.started_at();
  readiness.set_config_fingerprint(status_.config_fingerprint());
  *readiness.mutable_config() = status_.config();
  if (status_.has_startup()) *readiness.mutable_startup() = status_.startup();
  *readiness.mutable_degraded() = status_.degraded();
  return readiness;
}

v1::Phase RuntimeModel::phase() const {
  absl::MutexLock lock(&mutex_);
  return status_.phase();
}

std::string RuntimeModel::instance_id() const {
  absl::MutexLock lock(&mutex_);
  return status_.instance_id();
}

uint64_t RuntimeModel::revision() const {
  absl::MutexLock lock(&mutex_);
  return revision_;
}

}  // namespace holon::control
