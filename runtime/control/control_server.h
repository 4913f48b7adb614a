#ifndef HOLON_RUNTIME_CONTROL_CONTROL_SERVER_H_
#define HOLON_RUNTIME_CONTROL_CONTROL_SERVER_H_

#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/alarm.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "holon/v1/runtime_control.grpc.pb.h"
#include "runtime/base/unique_fd.h"
#include "runtime/control/access.h"
#include "runtime/control/call.h"
#include "runtime/control/runtime_control.h"
#include "runtime/control/runtime_model.h"

namespace holon::control {

// The gRPC server: RuntimeControl, grpc.health.v1 and reflection, on connections that others
// accept. One thread of its own drives one completion queue; the public methods may be called from
// any other thread.
class ControlServer {
 public:
  // `control_addr` (TCP) is optional: empty for none.
  ControlServer(RuntimeModel& model, RuntimeHost& host, Access access, std::string control_addr);
  ~ControlServer();

  // UNAVAILABLE: control_addr cannot be bound.
  absl::Status Start();
  // Hands over a connection.
  void Serve(base::UniqueFd connection);
  // The model has changed: streams get the news.
  void Publish();
  // Lets streams end, waits up to `grace` for calls in flight, and ends the thread. Idempotent.
  void Shutdown(absl::Duration grace);

 private:
  class PublishTag;

  void ServeRuntimeControl();
  void ServeHealth();
  void Run();

  RuntimeModel& model_;
  RuntimeControl control_;
  const Access access_;
  const std::string control_addr_;
  v1::RuntimeControl::WithRawMethod_RuntimeStatus<v1::RuntimeControl::AsyncService> service_;
  grpc::health::v1::Health::AsyncService health_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
  std::thread thread_;
  LiveCalls calls_;
  Watchers watchers_;  // The queue's thread only.
  std::unique_ptr<PublishTag> publish_tag_;
  absl::Mutex mutex_;
  grpc::Alarm alarm_ ABSL_GUARDED_BY(mutex_);
  bool publishing_ ABSL_GUARDED_BY(mutex_) = false;
  bool down_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace holon::control

#endif  // HOLON_RUNTIME_CONTROL_CONTROL_SERVER_H_
