#include "runtime/probe/control_client.h"

#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpc/support/log.h"
#include "grpc/support/time.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/create_channel_posix.h"
#include "grpcpp/security/credentials.h"
#include "runtime/base/thread.h"
#include "runtime/base/wait.h"
#include "runtime/base/wake.h"

namespace holon::probe {
namespace {

// Large enough for a status with every value at its longest.
constexpr int kMaxMessageBytes = 16 << 20;

// A deadline on the wall clock would jump with it.
gpr_timespec After(absl::Duration timeout) {
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_nanos(absl::ToInt64Nanoseconds(timeout), GPR_TIMESPAN));
}

// With its last channel gRPC takes its threads down, and waits for ever for one that it could not
// have. So there is always one more, which connects to nothing.
void HoldEngine() {
  [[gnu::used]] static const auto* held = new std::shared_ptr<grpc::Channel>(
      grpc::CreateChannel("unix:/dev/null/none", grpc::InsecureChannelCredentials()));
}

// Cancels a call that blocks once a descriptor is readable; a call of gRPC waits for no descriptor.
// Without a thread or a descriptor the call's time-out is all there is.
class CancelOnInterrupt {
 public:
  CancelOnInterrupt(int interrupt_fd, grpc::ClientContext& context) {
    if (interrupt_fd < 0) return;
    absl::StatusOr<base::Wake> over = base::Wake::Create();
    if (!over.ok()) return;
    over_.emplace(*std::move(over));
    absl::StatusOr<std::thread> thread = base::StartThread([this, interrupt_fd, &context] {
      const auto ready = base::WaitReadable({over_->fd(), interrupt_fd}, absl::InfiniteDuration());
      if (ready == 1u) context.TryCancel();
    });
    if (thread.ok()) thread_ = *std::move(thread);
  }
  ~CancelOnInterrupt() {
    if (!thread_.joinable()) return;
    over_->Signal();
    thread_.join();
  }
  CancelOnInterrupt(const CancelOnInterrupt&) = delete;
  CancelOnInterrupt& operator=(const CancelOnInterrupt&) = delete;

 private:
  std::optional<base::Wake> over_;
  std::thread thread_;
};

}  // namespace

ControlClient::ControlClient(base::UniqueFd fd, int interrupt_fd) : interrupt_fd_(interrupt_fd) {
  HoldEngine();
  // What gRPC says of a peer that talks nonsense is no message for whoever typed a command.
  gpr_set_log_function([](gpr_log_func_args*) {});
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  stub_ = v1::RuntimeControl::NewStub(
      grpc::CreateCustomInsecureChannelFromFd("holon", fd.Release(), arguments));
}

grpc::Status ControlClient::Within(absl::Duration timeout, Call call) {
  grpc::ClientContext context;
  context.set_deadline(After(timeout));
  const CancelOnInterrupt cancel(interrupt_fd_, context);
  return call(&context);
}

grpc::Status ControlClient::RuntimeStatus(absl::Duration timeout,
                                          v1::RuntimeStatusResponse* response) {
  return Within(timeout, [&](grpc::ClientContext* context) {
    return stub_->RuntimeStatus(context, v1::RuntimeStatusRequest(), response);
  });
}

grpc::Status ControlClient::CompareConfig(absl::Duration timeout,
                                          const v1::CompareConfigRequest& request,
                                          v1::CompareConfigResponse* response) {
  return Within(timeout, [&](grpc::ClientContext* context) {
    return stub_->CompareConfig(context, request, response);
  });
}

grpc::Status ControlClient::Reload(absl::Duration timeout, const v1::ReloadRequest& request,
                                   v1::ReloadResponse* response) {
  return Within(timeout, [&](grpc::ClientContext* context) {
    return stub_->Reload(context, request, response);
  });
}

grpc::Status ControlClient::MakePermanent(absl::Duration timeout,
                                          const v1::MakePermanentRequest& request,
                                          v1::MakePermanentResponse* response) {
  return Within(timeout, [&](grpc::ClientContext* context) {
    return stub_->MakePermanent(context, request, response);
  });
}

grpc::Status ControlClient::Shutdown(absl::Duration timeout, const v1::ShutdownRequest& request,
                                     v1::ShutdownResponse* response) {
  return Within(timeout, [&](grpc::ClientContext* context) {
    return stub_->Shutdown(context, request, response);
  });
}

std::unique_ptr<grpc::ClientReader<v1::WatchRuntimeStatusResponse>> ControlClient::Watch(
    grpc::ClientContext* context) {
  return stub_->WatchRuntimeStatus(context, v1::WatchRuntimeStatusRequest());
}

std::string ErrorReason(const grpc::Status& status) {
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  if (!details.ParseFromString(status.error_details())) return "";
  for (const google::protobuf::Any& detail : details.details()) {
    if (detail.UnpackTo(&info)) return info.reason();
  }
  return "";
}

}  // namespace holon::probe
