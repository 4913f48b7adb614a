// The life of a unary call on a completion queue. One thread drives the queue; all but Reply runs
// on it. (The callback API would be shorter, but its threads wake up several times a second in an
// idle server.)
#ifndef HOLON_RUNTIME_CONTROL_UNARY_CALL_H_
#define HOLON_RUNTIME_CONTROL_UNARY_CALL_H_

#include <functional>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/async_unary_call.h"
#include "runtime/control/errors.h"
#include "runtime/control/open_calls.h"
#include "runtime/control/peer_text.h"
#include "runtime/control/reply.h"

namespace holon::control {

// How the calls of one method are taken and served. Outlives them.
template <typename Request, typename Response>
struct UnaryMethod {
  using Writer = grpc::ServerAsyncResponseWriter<Response>;

  // Asks the generated service for the next call.
  std::function<void(grpc::ServerContext*, Request*, Writer*, void* tag)> listen;
  // Answers now, or hands the reply on; must not block. What it returns is done once an answer that
  // is OK has been handed to the network; may be empty.
  std::function<absl::AnyInvocable<void()>(const Request&, Reply<Response>)> serve;
  // Answers may come from another thread, so that many calls can be open.
  bool deferred = false;
};

// One call, waiting or in service. Owns itself: gone after its last completion.
template <typename Request, typename Response>
class UnaryCall final : public Tag, public DeferredCall {
 public:
  using Method = UnaryMethod<Request, Response>;

  static void Serve(const Method& method, OpenCalls& calls) { new UnaryCall(method, calls); }

  void Complete(bool ok) override {
    if (finishing_) {
      if (answered_) answered_();
      calls_.RemoveDeferred(this);
      delete this;
    } else if (!ok) {  // The server is shutting down.
      delete this;
    } else {
      Serve(method_, calls_);
      finishing_ = true;
      Begin();
    }
  }

  void Abandon() override { slot_->Answer(EndingError(), Response()); }

 private:
  // What a Reply holds, because it may outlive the call.
  class Slot {
   public:
    explicit Slot(UnaryCall* call) : call_(call) {}
    void Answer(const grpc::Status& status, const Response& response) {
      absl::MutexLock lock(&mutex_);
      if (UnaryCall* call = std::exchange(call_, nullptr)) call->Finish(status, response);
    }
    bool answered() const {
      absl::MutexLock lock(&mutex_);
      return call_ == nullptr;
    }

   private:
    mutable absl::Mutex mutex_;
    UnaryCall* call_ ABSL_GUARDED_BY(mutex_);  // Null once answered.
  };

  UnaryCall(const Method& method, OpenCalls& calls)
      : method_(method), calls_(calls), writer_(&context_) {
    calls_.Begin();
    method_.listen(&context_, &request_, &writer_, static_cast<Tag*>(this));
  }
  ~UnaryCall() override { calls_.End(); }

  void Begin() {
    slot_ = std::make_shared<Slot>(this);
    grpc::Status status = calls_.Check(context_);
    if (status.ok() && method_.deferred) status = calls_.CheckDeferred();
    if (!status.ok()) {
      slot_->Answer(status, Response());
      return;
    }
    Reply<Response> reply(
        [slot = slot_](const grpc::Status& answer, const Response& response) {
          slot->Answer(answer, response);
        },
        calls_.kind() == PeerKind::kTcp ? TcpPeerText(context_.peer()) : "");
    // The completion that reads it comes on this thread, so later.
    answered_ = method_.serve(request_, std::move(reply));
    if (!slot_->answered()) calls_.AddDeferred(this);
  }

  // On any thread. The call may be gone as soon as gRPC has the operation.
  void Finish(const grpc::Status& status, const Response& response) {
    if (status.ok()) {
      writer_.Finish(response, status, static_cast<Tag*>(this));
    } else {
      writer_.FinishWithError(status, static_cast<Tag*>(this));
    }
  }

  const Method& method_;
  OpenCalls& calls_;
  grpc::ServerContext context_;
  Request request_;
  grpc::ServerAsyncResponseWriter<Response> writer_;
  bool finishing_ = false;
  std::shared_ptr<Slot> slot_;
  absl::AnyInvocable<void()> answered_;
};

}  // namespace holon::control

#endif  // HOLON_RUNTIME_CONTROL_UNARY_CALL_H_
