#ifndef HOLON_RUNTIME_PROBE_CONTROL_CLIENT_H_
#define HOLON_RUNTIME_PROBE_CONTROL_CLIENT_H_

#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/status.h"
#include "grpcpp/support/sync_stream.h"
#include "holon/v1/runtime_control.grpc.pb.h"
#include "runtime/base/unique_fd.h"

namespace holon::probe {

// The contract that this code speaks.
inline constexpr int kContractMajor = 1;
inline constexpr char kContractVersion[] = "1.0";

// A runtime's control service over one connection that is already open. Every call blocks up to its
// time-out on the monotonic clock, or until `interrupt_fd` is readable: CANCELLED then.
// Thread-safe.
class ControlClient {
 public:
  // Takes a connected, non-blocking descriptor. `interrupt_fd` (-1: none) must outlive the calls.
  explicit ControlClient(base::UniqueFd fd, int interrupt_fd = -1);

  grpc::Status RuntimeStatus(absl::Duration timeout, v1::RuntimeStatusResponse* response);
  grpc::Status CompareConfig(absl::Duration timeout, const v1::CompareConfigRequest& request,
                             v1::CompareConfigResponse* response);
  grpc::Status Reload(absl::Duration timeout, const v1::ReloadRequest& request,
                      v1::ReloadResponse* response);
  grpc::Status MakePermanent(absl::Duration timeout, const v1::MakePermanentRequest& request,
                             v1::MakePermanentResponse* response);
  grpc::Status Shutdown(absl::Duration timeout, const v1::ShutdownRequest& request,
                        v1::ShutdownResponse* response);

  // The stream of states; `context` must outlive it, and cancels it from any thread.
  std::unique_ptr<grpc::ClientReader<v1::WatchRuntimeStatusResponse>> Watch(
      grpc::ClientContext* context);

 private:
  using Call = absl::FunctionRef<grpc::Status(grpc::ClientContext* context)>;
  grpc::Status Within(absl::Duration timeout, Call call);

  const int interrupt_fd_;
  std::unique_ptr<v1::RuntimeControl::Stub> stub_;
};

// The reason of the ErrorInfo in a status's details; empty where there is none.
std::string ErrorReason(const grpc::Status& status);

}  // namespace holon::probe

#endif  // HOLON_RUNTIME_PROBE_CONTROL_CLIENT_H_
