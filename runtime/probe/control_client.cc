#include "runtime/probe/control_client.h"

#include <memory>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpc/support/log.h"
#include "grpc/support/time.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/create_channel_posix.h"
#include "grpcpp/security/credentials.h"

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

}  // namespace

ControlClient::ControlClient(base::UniqueFd fd) {
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

grpc::Status ControlClient::RuntimeStatus(absl::Duration timeout,
                                          v1::RuntimeStatusResponse* response) {
  grpc::ClientContext context;
  context.set_deadline(After(timeout));
  return stub_->RuntimeStatus(&context, v1::RuntimeStatusRequest(), response);
}

grpc::Status ControlClient::CompareConfig(absl::Duration timeout,
                                          const v1::CompareConfigRequest& request,
                                          v1::CompareConfigResponse* response) {
  grpc::ClientContext context;
  context.set_deadline(After(timeout));
  return stub_->CompareConfig(&context, request, response);
}

grpc::Status ControlClient::Reload(absl::Duration timeout, const v1::ReloadRequest& request,
                                   v1::ReloadResponse* response) {
  grpc::ClientContext context;
  context.set_deadline(After(timeout));
  return stub_->Reload(&context, request, response);
}

grpc::Status ControlClient::Shutdown(absl::Duration timeout, const v1::ShutdownRequest& request,
                                     v1::ShutdownResponse* response) {
  grpc::ClientContext context;
  context.set_deadline(After(timeout));
  return stub_->Shutdown(&context, request, response);
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
