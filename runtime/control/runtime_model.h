#ifndef HOLON_RUNTIME_CONTROL_RUNTIME_MODEL_H_
#define HOLON_RUNTIME_CONTROL_RUNTIME_MODEL_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "holon/v1/runtime_control.pb.h"

namespace holon::control {

// What this runtime says of itself: the one truth behind status, readiness, health and their
// streams. Thread-safe.
class RuntimeModel {
 public:
  // `self` holds everything that is known before the runtime answers: identity, paths,
  // configuration. The phase begins as STARTING.
  explicit RuntimeModel(v1::RuntimeStatusResponse self);

  // Called after every change, from the thread that made it, without a lock held. Set it before
  // there is a second thread: before a server or an acceptor starts.
  void OnChange(std::function<void()> listener) { listener_ = std::move(listener); }

  void SetStartup(const std::string& step, uint64_t done, uint64_t total);
  void BecomeReady();
  void BeginDraining();
  void SetConfig(const std::string& fingerprint, const std::vector<v1::ConfigValue>& config,
                 const std::string& http_addr);
  void SetEphemeral(bool ephemeral);
  void SetLastFailure(const v1::Failure& failure);
  // Why a ready runtime is not healthy: one reason for each cause, a word such as "log". Empty:
  // that cause is gone. Saying the same again changes nothing.
  void SetDegraded(const std::string& cause, const std::string& reason);
  void Count(const std::function<void(v1::Counters*)>& change);

  // `revision`: what revision() was then; may be null.
  v1::RuntimeStatusResponse Status(uint64_t* revision = nullptr) const;
  // The same as bytes: nothing but the counters is serialised anew while nothing changes.
  std::string SerializedStatus() const;
  v1::ReadinessResponse Readiness() const;
  v1::Phase phase() const;
  std::string instance_id() const;
  // From 1. Grows with every change that watchers want to see; counters are none.
  uint64_t revision() const;

 private:
  // Where nothing changes, nobody hears of it.
  void Change(const std::function<void(v1::RuntimeStatusResponse*)>& change)
      ABSL_LOCKS_EXCLUDED(mutex_);

  mutable absl::Mutex mutex_;
  v1::RuntimeStatusResponse status_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> degraded_ ABSL_GUARDED_BY(mutex_);  // Reasons by cause.
  uint64_t revision_ ABSL_GUARDED_BY(mutex_) = 1;
  // Without the counters, of serialized_revision_.
  mutable std::string serialized_ ABSL_GUARDED_BY(mutex_);
  mutable uint64_t serialized_revision_ ABSL_GUARDED_BY(mutex_) = 0;
  std::function<void()> listener_;
};

}  // namespace holon::control

#endif  // HOLON_RUNTIME_CONTROL_RUNTIME_MODEL_H_
