#ifndef HOLON_RUNTIME_CONTROL_RUNTIME_CONTROL_H_
#define HOLON_RUNTIME_CONTROL_RUNTIME_CONTROL_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/support/status.h"
#include "holon/v1/runtime_control.pb.h"
#include "runtime/control/runtime_model.h"

namespace holon::control {

// What a caller wants ended, and why.
struct ShutdownOrder {
  std::string reason;
  std::string caller;                   // As claimed.
  std::optional<absl::Duration> drain;  // Not given: as configured.
};

// "pid 12: holonctl stop", printable and bounded, as the caller claims.
std::string CallerText(const v1::Caller& caller);

// What the services ask of the runtime they stand for. Called on the queue's thread; must not block
// for long.
class RuntimeHost {
 public:
  virtual ~RuntimeHost() = default;
  virtual grpc::Status CompareConfig(const v1::CompareConfigRequest& request,
                                     v1::CompareConfigResponse* response) = 0;
  virtual grpc::Status Reload(const v1::ReloadRequest& request, v1::ReloadResponse* response) = 0;
  // Begins to drain; more than once is fine, the earliest deadline stands.
  virtual void RequestShutdown(const ShutdownOrder& order) = 0;
};

// holon.v1.RuntimeControl without the network: checks requests and translates. One thread.
class RuntimeControl {
 public:
  RuntimeControl(const RuntimeModel& model, RuntimeHost& host) : model_(model), host_(host) {}

  // A RuntimeStatusResponse as bytes: it is asked for far more often than it changes.
  std::string RuntimeStatus() const { return model_.SerializedStatus(); }
  grpc::Status Readiness(const v1::ReadinessRequest& request, v1::ReadinessResponse* response);
  v1::WatchRuntimeStatusResponse Watch() const;
  grpc::Status CompareConfig(const v1::CompareConfigRequest& request,
                             v1::CompareConfigResponse* response);
  grpc::Status Reload(const v1::ReloadRequest& request, v1::ReloadResponse* response);
  // Only checks and remembers the order; BeginShutdown carries it out once the answer is on its
  // way.
  grpc::Status Shutdown(const v1::ShutdownRequest& request, v1::ShutdownResponse* response);
  void BeginShutdown();

 private:
  grpc::Status CheckGeneration(const std::string& expected) const;

  const RuntimeModel& model_;
  RuntimeHost& host_;
  std::optional<ShutdownOrder> order_;
};

}  // namespace holon::control

#endif  // HOLON_RUNTIME_CONTROL_RUNTIME_CONTROL_H_
