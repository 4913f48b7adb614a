#ifndef HOLON_RUNTIME_CONTROL_RUNTIME_CONTROL_H_
#define HOLON_RUNTIME_CONTROL_RUNTIME_CONTROL_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "grpcpp/support/status.h"
#include "holon/v1/runtime_control.pb.h"
#include "runtime/control/reply.h"
#include "runtime/control/runtime_model.h"

namespace holon::control {

// What a caller wants ended, and why.
struct ShutdownOrder {
  std::string reason;                   // As claimed: one printable line of bounded length.
  std::string caller;                   // Likewise: "pid 12: holonctl stop".
  std::optional<absl::Duration> drain;  // Not given: as configured.
  // Who may have asked, as the kernel says: the caller over TCP, or who was connected to the Unix
  // socket, where a call cannot be told from others of open connections.
  std::string seen;
};

// "pid 12: holonctl stop", printable and bounded, as the caller claims.
std::string CallerText(const v1::Caller& caller);

// What the services ask of the runtime they stand for. Called on a queue's thread, of which there
// is one for each kind of connection: must not block. What touches the disk answers from another
// thread.
class RuntimeHost {
 public:
  virtual ~RuntimeHost() = default;
  virtual void CompareConfig(const v1::CompareConfigRequest& request,
                             Reply<v1::CompareConfigResponse> reply) = 0;
  virtual void Reload(const v1::ReloadRequest& request, Reply<v1::ReloadResponse> reply) = 0;
  virtual void MakePermanent(const v1::MakePermanentRequest& request,
                             Reply<v1::MakePermanentResponse> reply) = 0;
  // Begins to drain; more than once is fine, the earliest deadline stands.
  virtual void RequestShutdown(const ShutdownOrder& order) = 0;
  // "pid 12 uid 0, pid 13 uid 0": who is connected to the Unix socket, as the kernel says.
  virtual std::string UnixPeers() const = 0;
  // "tcp 127.0.0.1:4711" has shown the control token. At each of its calls.
  virtual void PeerIsProven(const std::string& peer) = 0;
};

// holon.v1.RuntimeControl without the network: checks requests and translates. Stateless.
class RuntimeControl {
 public:
  RuntimeControl(const RuntimeModel& model, RuntimeHost& host) : model_(model), host_(host) {}

  // A RuntimeStatusResponse as bytes: it is asked for far more often than it changes.
  std::string RuntimeStatus() const { return model_.SerializedStatus(); }
  v1::ReadinessResponse Readiness() const { return model_.Readiness(); }
  v1::WatchRuntimeStatusResponse Watch(uint64_t* revision) const;
  void CompareConfig(const v1::CompareConfigRequest& request,
                     Reply<v1::CompareConfigResponse> reply) const;
  void Reload(const v1::ReloadRequest& request, Reply<v1::ReloadResponse> reply) const;
  void MakePermanent(const v1::MakePermanentRequest& request,
                     Reply<v1::MakePermanentResponse> reply) const;
  // Answers. The result gives the order, and is to be called once the answer is on its way; null
  // where the call was refused.
  absl::AnyInvocable<void()> Shutdown(const v1::ShutdownRequest& request,
                                      Reply<v1::ShutdownResponse> reply) const;

 private:
  // OK: it is the generation that is meant, and it does not drain.
  grpc::Status CheckServing(const std::string& expected_instance) const;
  grpc::Status CheckGeneration(const std::string& expected) const;

  const RuntimeModel& model_;
  RuntimeHost& host_;
};

}  // namespace holon::control

#endif  // HOLON_RUNTIME_CONTROL_RUNTIME_CONTROL_H_
