#ifndef HOLON_RUNTIME_CONTROL_SERVICES_H_
#define HOLON_RUNTIME_CONTROL_SERVICES_H_

#include <memory>
#include <string>
#include <vector>

#include "grpc/health/v1/health.grpc.pb.h"
#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/server_builder.h"
#include "holon/v1/runtime_control.grpc.pb.h"
#include "runtime/control/open_calls.h"
#include "runtime/control/runtime_control.h"
#include "runtime/control/runtime_model.h"

namespace holon::control {

// What an endpoint offers: RuntimeControl, grpc.health.v1 and server reflection. On the queue's
// thread after Serve.
class Services {
 public:
  Services(const RuntimeModel& model, RuntimeControl& control) : model_(model), control_(control) {}

  void Register(grpc::ServerBuilder& builder);
  // Takes the first call of every method. Once, after the server was built.
  void Serve(grpc::ServerCompletionQueue* queue, OpenCalls& calls);

 private:
  template <typename Method>
  const Method& Keep(Method method);

  void ServeStatus(grpc::ServerCompletionQueue* queue, OpenCalls& calls);
  void ServeConfiguration(grpc::ServerCompletionQueue* queue, OpenCalls& calls);
  void ServeShutdown(grpc::ServerCompletionQueue* queue, OpenCalls& calls);
  void ServeHealth(grpc::ServerCompletionQueue* queue, OpenCalls& calls);
  void ServeReflection(grpc::ServerCompletionQueue* queue, OpenCalls& calls);

  const RuntimeModel& model_;
  RuntimeControl& control_;
  v1::RuntimeControl::WithRawMethod_RuntimeStatus<v1::RuntimeControl::AsyncService> runtime_;
  grpc::health::v1::Health::AsyncService health_;
  grpc::reflection::v1::ServerReflection::AsyncService reflection_;
  grpc::reflection::v1alpha::ServerReflection::AsyncService reflection_alpha_;
  std::vector<std::shared_ptr<const void>> methods_;  // Calls hold references to them.
};

}  // namespace holon::control

#endif  // HOLON_RUNTIME_CONTROL_SERVICES_H_
