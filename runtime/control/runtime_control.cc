#include "runtime/control/runtime_control.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/config/text.h"
#include "runtime/control/errors.h"

namespace holon::control {
namespace {

constexpr size_t kMaxReasonBytes = 1024;
constexpr absl::Duration kMaxDrain = absl::Hours(1);

// Text of a stranger, for log and audit: one line, printable, bounded.
std::string Printable(absl::string_view text) {
  return config::OneLine(text.substr(0, kMaxReasonBytes));
}

// OK, or INVALID_ARGUMENT.
grpc::Status ReadOrder(const v1::ShutdownRequest& request, ShutdownOrder* order) {
  if (request.reason().size() > kMaxReasonBytes) {
    return Error(grpc::StatusCode::INVALID_ARGUMENT, kInvalidArgument,
                 absl::StrCat("reason has ", request.reason().size(), " bytes; ", kMaxReasonBytes,
                              " are allowed"));
  }
  order->reason = Printable(request.reason());
  order->caller = CallerText(request.caller());
  if (!request.has_drain_deadline()) return grpc::Status::OK;
  const absl::Duration drain = absl::Seconds(request.drain_deadline().seconds()) +
                               absl::Nanoseconds(request.drain_deadline().nanos());
  if (drain < absl::ZeroDuration() || drain > kMaxDrain) {
    return Error(grpc::StatusCode::INVALID_ARGUMENT, kInvalidArgument,
                 absl::StrCat("drain_deadline is ", absl::FormatDuration(drain),
                              "; 0 s to 1 h are allowed"));
  }
  order->drain = drain;
  return grpc::Status::OK;
}

}  // namespace

std::string CallerText(const v1::Caller& caller) {
  return Printable(absl::StrCat("pid ", caller.pid(), ": ", caller.command()));
}

v1::WatchRuntimeStatusResponse RuntimeControl::Watch(uint64_t* revision) const {
  v1::WatchRuntimeStatusResponse response;
  *response.mutable_status() = model_.Status(revision);
  response.set_last(response.status().phase() == v1::PHASE_DRAINING);
  return response;
}

void RuntimeControl::CompareConfig(const v1::CompareConfigRequest& request,
                                   Reply<v1::CompareConfigResponse> reply) const {
  if (request.expected_case() == v1::CompareConfigRequest::EXPECTED_NOT_SET) {
    reply(Error(grpc::StatusCode::INVALID_ARGUMENT, kInvalidArgument,
                "send the fingerprint or the configuration to compare with"));
  } else {
    host_.CompareConfig(request, std::move(reply));
  }
}

void RuntimeControl::Reload(const v1::ReloadRequest& request,
                            Reply<v1::ReloadResponse> reply) const {
  grpc::Status status = CheckServing(request.expected_instance_id());
  if (status.ok()) {
    host_.Reload(request, std::move(reply));
  } else {
    reply(status);
  }
}

void RuntimeControl::MakePermanent(const v1::MakePermanentRequest& request,
                                   Reply<v1::MakePermanentResponse> reply) const {
  grpc::Status status = CheckServing(request.expected_instance_id());
  if (status.ok()) {
    host_.MakePermanent(request, std::move(reply));
  } else {
    reply(status);
  }
}

absl::AnyInvocable<void()> RuntimeControl::Shutdown(const v1::ShutdownRequest& request,
                                                    Reply<v1::ShutdownResponse> reply) const {
  ShutdownOrder order;
  grpc::Status status = CheckGeneration(request.expected_instance_id());
  if (status.ok()) status = ReadOrder(request, &order);
  if (!status.ok()) {
    reply(status);
    return nullptr;
  }
  order.seen = reply.peer().empty() ? host_.UnixPeers() : reply.peer();
  const v1::RuntimeStatusResponse self = model_.Status();
  v1::ShutdownResponse response;
  response.set_pid(self.pid());
  response.set_home_dir(self.home_dir());
  response.set_instance_id(self.instance_id());
  response.set_shutdown_requested(true);
  reply(grpc::Status::OK, std::move(response));
  return [this, order = std::move(order)] { host_.RequestShutdown(order); };
}

grpc::Status RuntimeControl::CheckServing(const std::string& expected_instance) const {
  grpc::Status status = CheckGeneration(expected_instance);
  if (!status.ok() || model_.phase() != v1::PHASE_DRAINING) return status;
  return Error(grpc::StatusCode::FAILED_PRECONDITION, kDraining, "the runtime is draining");
}

grpc::Status RuntimeControl::CheckGeneration(const std::string& expected) const {
  const std::string actual = model_.instance_id();
  if (expected.empty() || expected == actual) return grpc::Status::OK;
  const std::string other = config::Excerpt(expected);
  return Error(
      grpc::StatusCode::FAILED_PRECONDITION, kGenerationMismatch,
      absl::StrCat("this runtime is generation ", actual, ", not ", other, "; nothing was changed"),
      {{"expected_instance_id", other}, {"instance_id", actual}});
}

}  // namespace holon::control
