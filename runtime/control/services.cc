#include "runtime/control/services.h"

#include <optional>
#include <utility>

#include "runtime/control/bidi_call.h"
#include "runtime/control/reflection.h"
#include "runtime/control/unary_call.h"
#include "runtime/control/watch_call.h"

namespace holon::control {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

std::vector<std::string> ServiceNames() {
  return {v1::RuntimeControl::service_full_name(), grpc::health::v1::Health::service_full_name(),
          grpc::reflection::v1::ServerReflection::service_full_name(),
          grpc::reflection::v1alpha::ServerReflection::service_full_name()};
}

// The ones that health speaks of.
bool KnownService(const std::string& service) {
  return service.empty() || service == v1::RuntimeControl::service_full_name() ||
         service == grpc::health::v1::Health::service_full_name();
}

HealthCheckResponse HealthOf(v1::Phase phase) {
  HealthCheckResponse response;
  response.set_status(phase == v1::PHASE_READY ? HealthCheckResponse::SERVING
                                               : HealthCheckResponse::NOT_SERVING);
  return response;
}

// A method that answers at once.
template <typename Request, typename Response, typename Listen, typename Answer>
UnaryMethod<Request, Response> Immediate(Listen listen, Answer answer) {
  return {listen, [answer](const Request& request, Reply<Response> reply) {
            Response response;
            grpc::Status status = answer(request, &response);
            reply(std::move(status), std::move(response));
            return nullptr;
          }};
}

// A method whose answer comes from another thread.
template <typename Request, typename Response, typename Listen, typename Hand>
UnaryMethod<Request, Response> Deferred(Listen listen, Hand hand) {
  return {listen,
          [hand](const Request& request, Reply<Response> reply) {
            hand(request, std::move(reply));
            return nullptr;
          },
          true};
}

}  // namespace

template <typename Method>
const Method& Services::Keep(Method method) {
  auto kept = std::make_shared<const Method>(std::move(method));
  methods_.push_back(kept);
  return *kept;
}

void Services::Register(grpc::ServerBuilder& builder) {
  builder.RegisterService(&runtime_);
  builder.RegisterService(&health_);
  builder.RegisterService(&reflection_);
  builder.RegisterService(&reflection_alpha_);
}

void Services::Serve(grpc::ServerCompletionQueue* queue, OpenCalls& calls) {
  ServeStatus(queue, calls);
  ServeConfiguration(queue, calls);
  ServeShutdown(queue, calls);
  ServeHealth(queue, calls);
  ServeReflection(queue, calls);
}

void Services::ServeStatus(grpc::ServerCompletionQueue* queue, OpenCalls& calls) {
  UnaryCall<grpc::ByteBuffer, grpc::ByteBuffer>::Serve(
      Keep(Immediate<grpc::ByteBuffer, grpc::ByteBuffer>(
          [this, queue](auto* context, auto* request, auto* writer, void* tag) {
            runtime_.RequestRuntimeStatus(context, request, writer, queue, queue, tag);
          },
          [this](const grpc::ByteBuffer&, grpc::ByteBuffer* response) {
            grpc::Slice bytes(control_.RuntimeStatus());
            *response = grpc::ByteBuffer(&bytes, 1);
            return grpc::Status::OK;
          })),
      calls);
  UnaryCall<v1::ReadinessRequest, v1::ReadinessResponse>::Serve(
      Keep(Immediate<v1::ReadinessRequest, v1::ReadinessResponse>(
          [this, queue](auto* context, auto* request, auto* writer, void* tag) {
            runtime_.RequestReadiness(context, request, writer, queue, queue, tag);
          },
          [this](const v1::ReadinessRequest&, v1::ReadinessResponse* response) {
            *response = control_.Readiness();
            return grpc::Status::OK;
          })),
      calls);
  using Watch = WatchMethod<v1::WatchRuntimeStatusRequest, v1::WatchRuntimeStatusResponse>;
  WatchCall<v1::WatchRuntimeStatusRequest, v1::WatchRuntimeStatusResponse>::Serve(
      Keep(Watch{[this, queue](auto* context, auto* request, auto* writer, void* tag) {
                   runtime_.RequestWatchRuntimeStatus(context, request, writer, queue, queue, tag);
                 },
                 [this](const auto&, uint64_t seen) -> std::optional<Watch::News> {
                   if (model_.revision() == seen) return std::nullopt;
                   Watch::News news;
                   news.value = control_.Watch(&news.revision);
                   news.last = news.value.last();
                   return news;
                 }}),
      calls);
}

void Services::ServeConfiguration(grpc::ServerCompletionQueue* queue, OpenCalls& calls) {
  UnaryCall<v1::CompareConfigRequest, v1::CompareConfigResponse>::Serve(
      Keep(Deferred<v1::CompareConfigRequest, v1::CompareConfigResponse>(
          [this, queue](auto* context, auto* request, auto* writer, void* tag) {
            runtime_.RequestCompareConfig(context, request, writer, queue, queue, tag);
          },
          [this](const auto& request, auto reply) {
            control_.CompareConfig(request, std::move(reply));
          })),
      calls);
  UnaryCall<v1::ReloadRequest, v1::ReloadResponse>::Serve(
      Keep(Deferred<v1::ReloadRequest, v1::ReloadResponse>(
          [this, queue](auto* context, auto* request, auto* writer, void* tag) {
            runtime_.RequestReload(context, request, writer, queue, queue, tag);
          },
          [this](const auto& request, auto reply) { control_.Reload(request, std::move(reply)); })),
      calls);
  UnaryCall<v1::MakePermanentRequest, v1::MakePermanentResponse>::Serve(
      Keep(Deferred<v1::MakePermanentRequest, v1::MakePermanentResponse>(
          [this, queue](auto* context, auto* request, auto* writer, void* tag) {
            runtime_.RequestMakePermanent(context, request, writer, queue, queue, tag);
          },
          [this](const auto& request, auto reply) {
            control_.MakePermanent(request, std::move(reply));
          })),
      calls);
}

void Services::ServeShutdown(grpc::ServerCompletionQueue* queue, OpenCalls& calls) {
  UnaryCall<v1::ShutdownRequest, v1::ShutdownResponse>::Serve(
      Keep(UnaryMethod<v1::ShutdownRequest, v1::ShutdownResponse>{
          [this, queue](auto* context, auto* request, auto* writer, void* tag) {
            runtime_.RequestShutdown(context, request, writer, queue, queue, tag);
          },
          [this](const auto& request, auto reply) {
            return control_.Shutdown(request, std::move(reply));
          }}),
      calls);
}

void Services::ServeHealth(grpc::ServerCompletionQueue* queue, OpenCalls& calls) {
  UnaryCall<HealthCheckRequest, HealthCheckResponse>::Serve(
      Keep(Immediate<HealthCheckRequest, HealthCheckResponse>(
          [this, queue](auto* context, auto* request, auto* writer, void* tag) {
            health_.RequestCheck(context, request, writer, queue, queue, tag);
          },
          [this](const HealthCheckRequest& request, HealthCheckResponse* response) {
            if (!KnownService(request.service())) {
              return grpc::Status(grpc::StatusCode::NOT_FOUND, "unknown service");
            }
            *response = HealthOf(model_.phase());
            return grpc::Status::OK;
          })),
      calls);
  using Watch = WatchMethod<HealthCheckRequest, HealthCheckResponse>;
  WatchCall<HealthCheckRequest, HealthCheckResponse>::Serve(
      Keep(Watch{
          [this, queue](auto* context, auto* request, auto* writer, void* tag) {
            health_.RequestWatch(context, request, writer, queue, queue, tag);
          },
          [this](const HealthCheckRequest& request, uint64_t seen) -> std::optional<Watch::News> {
            const v1::Phase phase = model_.phase();
            Watch::News news;
            news.value = HealthOf(phase);
            news.last = phase == v1::PHASE_DRAINING;
            // Only READY or not, and the end, are news.
            news.revision = news.last ? 3 : phase == v1::PHASE_READY ? 2 : 1;
            if (!KnownService(request.service())) {
              news.value.set_status(HealthCheckResponse::SERVICE_UNKNOWN);
              news.revision = news.last ? 3 : 1;
            }
            if (news.revision == seen) return std::nullopt;
            return news;
          }}),
      calls);
}

void Services::ServeReflection(grpc::ServerCompletionQueue* queue, OpenCalls& calls) {
  auto reflect = [names = ServiceNames()](const auto& request) {
    return Reflect(request, names, *google::protobuf::DescriptorPool::generated_pool());
  };
  using grpc::reflection::v1::ServerReflectionRequest;
  using grpc::reflection::v1::ServerReflectionResponse;
  BidiCall<ServerReflectionRequest, ServerReflectionResponse>::Serve(
      Keep(BidiMethod<ServerReflectionRequest, ServerReflectionResponse>{
          [this, queue](auto* context, auto* stream, void* tag) {
            reflection_.RequestServerReflectionInfo(context, stream, queue, queue, tag);
          },
          reflect}),
      calls);
  // The older name of the same: message for message the same bytes.
  namespace alpha = grpc::reflection::v1alpha;
  BidiCall<alpha::ServerReflectionRequest, alpha::ServerReflectionResponse>::Serve(
      Keep(BidiMethod<alpha::ServerReflectionRequest, alpha::ServerReflectionResponse>{
          [this, queue](auto* context, auto* stream, void* tag) {
            reflection_alpha_.RequestServerReflectionInfo(context, stream, queue, queue, tag);
          },
          [reflect](const alpha::ServerReflectionRequest& request) {
            ServerReflectionRequest same;
            (void)same.ParseFromString(request.SerializeAsString());
            alpha::ServerReflectionResponse response;
            (void)response.ParseFromString(reflect(same).SerializeAsString());
            return response;
          }}),
      calls);
}

}  // namespace holon::control
