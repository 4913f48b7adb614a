#include "runtime/control/runtime_control.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "runtime/config/text.h"
#include "runtime/control/errors.h"

namespace holon::control {
namespace {

constexpr size_t kMaxReasonBytes = 1024;
constexpr absl::Duration kMaxDrain = absl::Hours(1);

// Callers' words go into the log: one line of printable text.
std::string Printable(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return absl::ascii_iscntrl(c); }, ' ');
  // Cut within a character it would be none.
  return config::ToUtf8(text.substr(0, kMaxReasonBytes));
}

}  // namespace

std::string CallerText(const v1::Caller& caller) {
  return Printable(absl::StrCat("pid ", caller.pid(), ": ", caller.command()));
}

grpc::Status RuntimeControl::Readiness(const v1::ReadinessRequest&,
                                       v1::ReadinessResponse* response) {
  *response = model_.Readiness();
  return grpc::Status::OK;
}

v1::WatchRuntimeStatusResponse RuntimeControl::Watch() const {
  v1::WatchRuntimeStatusResponse response;
  *response.mutable_status() = model_.Status();
  response.set_last(response.status().phase() == v1::PHASE_DRAINING);
  return response;
}

grpc::Status RuntimeControl::CompareConfig(const v1::CompareConfigRequest& request,
                                           v1::CompareConfigResponse* response) {
  if (request.expected_case() == v1::CompareConfigRequest::EXPECTED_NOT_SET) {
    return Error(grpc::StatusCode::INVALID_ARGUMENT, kInvalidArgument,
                 "send the fingerprint or the configuration to compare with");
  }
  return host_.CompareConfig(request, response);
}

grpc::Status RuntimeControl::Reload(const v1::ReloadRequest& request,
                                    v1::ReloadResponse* response) {
  grpc::Status status = CheckGeneration(request.expected_instance_id());
  if (!status.ok()) return status;
  if (model_.phase() == v1::PHASE_DRAINING) {
    return Error(grpc::StatusCode::FAILED_PRECONDITION, kDraining, "the runtime is draining");
  }
  return host_.Reload(request, response);
}

grpc::Status RuntimeControl::Shutdown(const v1::ShutdownRequest& request,
                                      v1::ShutdownResponse* response) {
  grpc::Status status = CheckGeneration(request.expected_instance_id());
  if (!status.ok()) return status;
  if (request.reason().size() > kMaxReasonBytes) {
    return Error(grpc::StatusCode::INVALID_ARGUMENT, kInvalidArgument,
                 absl::StrCat("reason has ", request.reason().size(), " bytes; ", kMaxReasonBytes,
                              " are allowed"));
  }
  ShutdownOrder order{Printable(request.reason()), CallerText(request.caller()), std::nullopt};
  if (request.has_drain_deadline()) {
    absl::Duration drain = absl::Seconds(request.drain_deadline().seconds()) +
                           absl::Nanoseconds(request.drain_deadline().nanos());
    if (drain < absl::ZeroDuration() || drain > kMaxDrain) {
      return Error(grpc::StatusCode::INVALID_ARGUMENT, kInvalidArgument,
                   absl::StrCat("drain_deadline is ", absl::FormatDuration(drain),
                                "; 0 s to 1 h are allowed"));
    }
    order.drain = drain;
  }
  const v1::RuntimeStatusResponse self = model_.Status();
  response->set_pid(self.pid());
  response->set_home_dir(self.home_dir());
  response->set_instance_id(self.instance_id());
  response->set_shutdown_requested(true);
  order_ = std::move(order);
  return grpc::Status::OK;
}

void RuntimeControl::BeginShutdown() {
  if (!order_.has_value()) return;
  host_.RequestShutdown(*order_);
  order_.reset();
}

grpc::Status RuntimeControl::CheckGeneration(const std::string& expected) const {
  const std::string actual = model_.instance_id();
  if (expected.empty() || expected == actual) return grpc::Status::OK;
  return Error(grpc::StatusCode::FAILED_PRECONDITION, kGenerationMismatch,
               absl::StrCat("this runtime is generation ", actual, ", not ", expected,
                            "; nothing was changed"),
               {{"expected_instance_id", expected}, {"instance_id", actual}});
}

}  // namespace holon::control
