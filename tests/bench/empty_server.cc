// A server that answers one unary call with nothing, from one thread on one completion queue: the
// floor under what a warm RuntimeStatus may cost. Ends with SIGTERM.
//   empty_server SOCKET
#include <memory>
#include <string>

#include "grpcpp/completion_queue.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "grpcpp/support/async_unary_call.h"
#include "holon/v1/runtime_control.grpc.pb.h"

namespace {

using holon::v1::ReadinessRequest;
using holon::v1::ReadinessResponse;

// One call from its arrival to its end.
class Call {
 public:
  Call(holon::v1::RuntimeControl::AsyncService* service, grpc::ServerCompletionQueue* queue)
      : writer_(&context_) {
    service->RequestReadiness(&context_, &request_, &writer_, queue, queue, this);
  }

  // True when there is nothing more to do.
  bool Advance() {
    if (answered_) return true;
    answered_ = true;
    writer_.Finish(ReadinessResponse(), grpc::Status::OK, this);
    return false;
  }

 private:
  grpc::ServerContext context_;
  ReadinessRequest request_;
  grpc::ServerAsyncResponseWriter<ReadinessResponse> writer_;
  bool answered_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  holon::v1::RuntimeControl::AsyncService service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(std::string("unix:") + argv[1], grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  std::unique_ptr<grpc::ServerCompletionQueue> queue = builder.AddCompletionQueue();
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  new Call(&service, queue.get());
  void* tag;
  bool ok;
  while (queue->Next(&tag, &ok)) {
    std::unique_ptr<Call> call(static_cast<Call*>(tag));
    if (!ok) continue;
    if (call->Advance()) {
      new Call(&service, queue.get());
    } else {
      call.release();
    }
  }
  return 0;
}
