#ifndef HOLON_RUNTIME_DAEMON_LIVE_CONFIG_H_
#define HOLON_RUNTIME_DAEMON_LIVE_CONFIG_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/support/status.h"
#include "holon/v1/runtime_control.pb.h"
#include "runtime/config/configuration.h"
#include "runtime/config/fingerprint.h"

namespace holon::daemon {

// The configuration in force, and how it changes while the runtime lives. Thread-safe.
class LiveConfig {
 public:
  LiveConfig(config::Configuration configuration, config::FingerprintKey key);

  config::Configuration current() const;
  std::vector<v1::ConfigValue> described() const;
  std::string fingerprint() const;

  grpc::Status Compare(const v1::CompareConfigRequest& request,
                       v1::CompareConfigResponse* response) const;

  // Puts HOT changes into force and names the rest. INVALID_ARGUMENT: nothing has changed. Waits
  // for the disk; the others do not wait for it.
  grpc::Status Reload(const v1::ReloadRequest& request, v1::ReloadResponse* response);

 private:
  const config::FingerprintKey key_;
  absl::Mutex reload_mutex_;  // One reload at a time.
  mutable absl::Mutex mutex_;
  config::Configuration current_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_LIVE_CONFIG_H_
