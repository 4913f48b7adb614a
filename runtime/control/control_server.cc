#include "runtime/control/control_server.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "google/protobuf/util/message_differencer.h"
#include "grpc/grpc.h"
#include "grpc/support/log.h"
#include "grpc/support/time.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"

namespace holon::control {
namespace {

// More than any request of ours needs.
constexpr int kMaxRequestBytes = 2 << 20;

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

bool KnownService(const std::string& service) {
  return service.empty() || service == v1::RuntimeControl::service_full_name() ||
         service == grpc::health::v1::Health::service_full_name();
}

HealthCheckResponse HealthOf(const RuntimeModel& model) {
  HealthCheckResponse response;
  response.set_status(model.phase() == v1::PHASE_READY ? HealthCheckResponse::SERVING
                                                       : HealthCheckResponse::NOT_SERVING);
  return response;
}

}  // namespace

// Brings Publish() over to the queue's thread.
class ControlServer::PublishTag final : public Tag {
 public:
  explicit PublishTag(ControlServer* server) : server_(server) {}
  void Complete(bool) override {
    {
      absl::MutexLock lock(&server_->mutex_);
      server_->publishing_ = false;
    }
    // A poked watcher may leave the set.
    const Watchers watchers = server_->watchers_;
    for (Watcher* watcher : watchers) watcher->Poke();
  }

 private:
  ControlServer* server_;
};

ControlServer::ControlServer(RuntimeModel& model, RuntimeHost& host, Access access,
                             std::string control_addr)
    : model_(model),
      control_(model, host),
      access_(std::move(access)),
      control_addr_(std::move(control_addr)),
      publish_tag_(std::make_unique<PublishTag>(this)) {}

ControlServer::~ControlServer() { Shutdown(absl::ZeroDuration()); }

absl::Status ControlServer::Start() {
  gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      grpc::InsecureServerCredentials());
  int port = 0;
  if (!control_addr_.empty()) {
    builder.AddListeningPort(control_addr_, grpc::InsecureServerCredentials(), &port);
  }
  builder.SetMaxReceiveMessageSize(kMaxRequestBytes);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.RegisterService(&service_);
  builder.RegisterService(&health_);
  // Only reflection is served by gRPC's own threads: one of them, that sleeps until it is needed.
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::CQ_TIMEOUT_MSEC,
                              std::numeric_limits<int>::max());
  queue_ = builder.AddCompletionQueue();
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || (!control_addr_.empty() && port == 0)) {
    return absl::UnavailableError(absl::StrCat("cannot listen on control_addr ", control_addr_,
                                               "; is the port taken? See: ss -ltnp"));
  }
  ServeRuntimeControl();
  ServeHealth();
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

void ControlServer::ServeRuntimeControl() {
  auto* queue = queue_.get();
  auto* service = &service_;
  UnaryCall<grpc::ByteBuffer, grpc::ByteBuffer>::Serve(
      access_, &calls_,
      [=](auto* context, auto* request, auto* writer, void* tag) {
        service->RequestRuntimeStatus(context, request, writer, queue, queue, tag);
      },
      {[this](const grpc::ByteBuffer&, grpc::ByteBuffer* response) {
         grpc::Slice bytes(control_.RuntimeStatus());
         *response = grpc::ByteBuffer(&bytes, 1);
         return grpc::Status::OK;
       },
       nullptr});
  UnaryCall<v1::ReadinessRequest, v1::ReadinessResponse>::Serve(
      access_, &calls_,
      [=](auto* context, auto* request, auto* writer, void* tag) {
        service->RequestReadiness(context, request, writer, queue, queue, tag);
      },
      {[this](const auto& request, auto* response) {
         return control_.Readiness(request, response);
       },
       nullptr});
  UnaryCall<v1::CompareConfigRequest, v1::CompareConfigResponse>::Serve(
      access_, &calls_,
      [=](auto* context, auto* request, auto* writer, void* tag) {
        service->RequestCompareConfig(context, request, writer, queue, queue, tag);
      },
      {[this](const auto& request, auto* response) {
         return control_.CompareConfig(request, response);
       },
       nullptr});
  UnaryCall<v1::ReloadRequest, v1::ReloadResponse>::Serve(
      access_, &calls_,
      [=](auto* context, auto* request, auto* writer, void* tag) {
        service->RequestReload(context, request, writer, queue, queue, tag);
      },
      {[this](const auto& request, auto* response) { return control_.Reload(request, response); },
       nullptr});
  UnaryCall<v1::ShutdownRequest, v1::ShutdownResponse>::Serve(
      access_, &calls_,
      [=](auto* context, auto* request, auto* writer, void* tag) {
        service->RequestShutdown(context, request, writer, queue, queue, tag);
      },
      {[this](const auto& request, auto* response) { return control_.Shutdown(request, response); },
       [this] { control_.BeginShutdown(); }});
  using Watch = WatchCall<v1::WatchRuntimeStatusRequest, v1::WatchRuntimeStatusResponse>;
  Watch::Serve(access_, &calls_, &watchers_,
               [=](auto* context, auto* request, auto* writer, void* tag) {
                 service->RequestWatchRuntimeStatus(context, request, writer, queue, queue, tag);
               },
               {[this](const auto&) {
                  Watch::Snapshot snapshot{control_.Watch(), false};
                  snapshot.last = snapshot.value.last();
                  return snapshot;
                },
                [](const auto& previous, const auto& next) {
                  return !google::protobuf::util::MessageDifferencer::Equals(previous, next);
                }});
}

void ControlServer::ServeHealth() {
  auto* queue = queue_.get();
  auto* health = &health_;
  UnaryCall<HealthCheckRequest, HealthCheckResponse>::Serve(
      access_, &calls_,
      [=](auto* context, auto* request, auto* writer, void* tag) {
        health->RequestCheck(context, request, writer, queue, queue, tag);
      },
      {[this](const HealthCheckRequest& request, HealthCheckResponse* response) {
         if (!KnownService(request.service())) {
           return grpc::Status(grpc::StatusCode::NOT_FOUND, "unknown service");
         }
         *response = HealthOf(model_);
         return grpc::Status::OK;
       },
       nullptr});
  using Watch = WatchCall<HealthCheckRequest, HealthCheckResponse>;
  Watch::Serve(access_, &calls_, &watchers_,
               [=](auto* context, auto* request, auto* writer, void* tag) {
                 health->RequestWatch(context, request, writer, queue, queue, tag);
               },
               {[this](const HealthCheckRequest& request) {
                  Watch::Snapshot snapshot{HealthOf(model_), model_.phase() == v1::PHASE_DRAINING};
                  if (!KnownService(request.service())) {
                    snapshot.value.set_status(HealthCheckResponse::SERVICE_UNKNOWN);
                  }
                  return snapshot;
                },
                [](const HealthCheckResponse& previous, const HealthCheckResponse& next) {
                  return previous.status() != next.status();
                }});
}

void ControlServer::Run() {
  void* tag;
  bool ok;
  while (queue_->Next(&tag, &ok)) static_cast<Tag*>(tag)->Complete(ok);
}

void ControlServer::Serve(base::UniqueFd connection) {
  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
  parameters.listener_fd = -1;
  parameters.fd = connection.Release();
  acceptor_->HandleNewConnection(&parameters);
}

void ControlServer::Publish() {
  absl::MutexLock lock(&mutex_);
  if (publishing_ || down_ || queue_ == nullptr) return;
  publishing_ = true;
  alarm_.Set(queue_.get(), gpr_now(GPR_CLOCK_MONOTONIC), static_cast<Tag*>(publish_tag_.get()));
}

void ControlServer::Shutdown(absl::Duration grace) {
  {
    absl::MutexLock lock(&mutex_);
    if (down_) return;
    down_ = true;
  }
  if (!thread_.joinable()) return;
  server_->Shutdown(
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                   gpr_time_from_nanos(absl::ToInt64Nanoseconds(grace), GPR_TIMESPAN)));
  // Whatever is begun on a queue that was shut down aborts the process, and the end of a call is
  // begun when its client's leaving is heard of.
  calls_.AwaitNone();
  queue_->Shutdown();
  thread_.join();
}

}  // namespace holon::control
