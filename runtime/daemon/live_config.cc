#include "runtime/daemon/live_config.h"

#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "runtime/config/diff.h"
#include "runtime/config/reload.h"
#include "runtime/config/wanted.h"
#include "runtime/control/errors.h"

namespace holon::daemon {
namespace {

// Errors travel in HTTP/2 headers, of which a client takes 8 KiB.
constexpr size_t kMaxMessageBytes = 3000;

grpc::Status InvalidConfig(const std::vector<config::Fault>& faults) {
  std::string message;
  for (const config::Fault& fault : faults) {
    const std::string text = config::FaultText(fault);
    if (message.size() + text.size() > kMaxMessageBytes) {
      absl::StrAppend(&message, "; and more: ", faults.size(), " faults in all");
      break;
    }
    absl::StrAppend(&message, message.empty() ? "" : "; ", text);
  }
  return control::Error(grpc::StatusCode::INVALID_ARGUMENT, control::kInvalidConfig, message,
                        {{"faults", absl::StrCat(faults.size())}});
}

}  // namespace

LiveConfig::LiveConfig(config::Configuration configuration, config::FingerprintKey key)
    : key_(std::move(key)), current_(std::move(configuration)) {}

config::Configuration LiveConfig::current() const {
  absl::MutexLock lock(&mutex_);
  return current_;
}

std::vector<v1::ConfigValue> LiveConfig::described() const {
  return config::Describe(current(), key_);
}

std::string LiveConfig::fingerprint() const { return config::Fingerprint(described()); }

grpc::Status LiveConfig::Compare(const v1::CompareConfigRequest& request,
                                 v1::CompareConfigResponse* response) const {
  const config::Configuration actual = current();
  const config::Side actual_side{"the runtime", config::Describe(actual, key_)};
  response->set_actual_fingerprint(config::Fingerprint(actual_side.values));
  if (request.expected_case() == v1::CompareConfigRequest::kFingerprint) {
    response->set_expected_fingerprint(request.fingerprint());
  } else {
    std::vector<config::Fault> faults;
    const config::Configuration expected = config::FromMessage(request.config(), actual, &faults);
    if (!faults.empty()) return InvalidConfig(faults);
    const config::Side expected_side{"the caller", config::Describe(expected, key_)};
    response->set_expected_fingerprint(config::Fingerprint(expected_side.values));
    for (const v1::ConfigDifference& difference : config::Diff(expected_side, actual_side)) {
      *response->add_differences() = difference;
    }
  }
  // Where names of one file differ, fingerprints do, too.
  const bool same_values = request.expected_case() == v1::CompareConfigRequest::kConfig &&
                           response->differences().empty();
  response->set_match(same_values ||
                      response->actual_fingerprint() == response->expected_fingerprint());
  return grpc::Status::OK;
}

grpc::Status LiveConfig::Reload(const v1::ReloadRequest& request, v1::ReloadResponse* response) {
  absl::MutexLock reload(&reload_mutex_);
  const config::Configuration present = current();
  const config::LoadResult target = config::Load(config::ReloadInputs(
      present, {request.overrides().begin(), request.overrides().end()}, request.reset()));
  if (!target.faults.empty()) return InvalidConfig(target.faults);
  const config::Side wanted{"the reload", config::Describe(target.configuration, key_)};
  const config::Side before{"the runtime", config::Describe(present, key_)};
  for (const v1::ConfigDifference& difference : config::Diff(wanted, before)) {
    *(difference.apply() == v1::APPLY_HOT ? response->add_applied() : response->add_refused()) =
        difference;
  }
  config::Configuration reloaded = config::Reloaded(present, target.configuration);
  response->set_config_fingerprint(config::Fingerprint(config::Describe(reloaded, key_)));
  absl::MutexLock lock(&mutex_);
  current_ = std::move(reloaded);
  return grpc::Status::OK;
}

}  // namespace holon::daemon
