#ifndef HOLON_RUNTIME_CONTROL_WATCH_CALL_H_
#define HOLON_RUNTIME_CONTROL_WATCH_CALL_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "grpcpp/server_context.h"
#include "grpcpp/support/async_stream.h"
#include "runtime/control/errors.h"
#include "runtime/control/open_calls.h"

namespace holon::control {

// How the streams of one watching method are taken and fed. Outlives them.
template <typename Request, typename Response>
struct WatchMethod {
  using Writer = grpc::ServerAsyncWriter<Response>;
  struct News {
    Response value;
    uint64_t revision = 0;  // Never 0.
    bool last = false;      // Nothing will follow.
  };

  // Asks the generated service for the next call.
  std::function<void(grpc::ServerContext*, Request*, Writer*, void* tag)> listen;
  // The present value; nullopt: it is that of revision `seen`.
  std::function<std::optional<News>(const Request&, uint64_t seen)> news;
};

// A server stream that sends the present value first and the newest value after every change,
// merged while the client is slower than the changes. On the queue's thread. Owns itself.
template <typename Request, typename Response>
class WatchCall final : public Tag, public Stream {
 public:
  using Method = WatchMethod<Request, Response>;

  static void Serve(const Method& method, OpenCalls& calls) { new WatchCall(method, calls); }

  void Complete(bool ok) override {
    switch (state_) {
      case State::kListening:
        if (!ok) {  // Shutting down; gRPC never delivers the done tag of a call that did not begin.
          delete this;
          return;
        }
        Begin();
        return;
      case State::kWriting:
        state_ = State::kWaiting;
        if (!ok || gone_) {
          Finish(grpc::Status::CANCELLED);
        } else if (last_written_) {
          Finish(grpc::Status::OK);
        } else {
          Advance();
        }
        return;
      case State::kFinishing:
        finished_ = true;
        DeleteIfOver();
        return;
      case State::kWaiting:
        return;
    }
  }

  void Poke() override { Advance(); }
  void End() override {
    ending_ = true;
    Advance();
  }

 private:
  enum class State { kListening, kWaiting, kWriting, kFinishing };

  // Comes when the client has gone or the call is over, beside the tag of the operation in flight.
  class DoneTag final : public Tag {
   public:
    explicit DoneTag(WatchCall* call) : call_(call) {}
    void Complete(bool) override { call_->Done(); }

   private:
    WatchCall* call_;
  };

  WatchCall(const Method& method, OpenCalls& calls)
      : method_(method), calls_(calls), writer_(&context_), done_tag_(this) {
    calls_.Begin();
    context_.AsyncNotifyWhenDone(static_cast<Tag*>(&done_tag_));
    method_.listen(&context_, &request_, &writer_, static_cast<Tag*>(this));
  }
  ~WatchCall() override { calls_.End(); }

  void Begin() {
    Serve(method_, calls_);
    state_ = State::kWaiting;
    grpc::Status status = calls_.Check(context_);
    if (status.ok()) status = calls_.AddStream(this);
    if (status.ok()) {
      Advance();
    } else {
      Finish(status);
    }
  }

  // Sends what is new, else ends where the server ends.
  void Advance() {
    if (state_ != State::kWaiting) return;
    if (auto news = method_.news(request_, seen_)) {
      seen_ = news->revision;
      last_written_ = news->last;
      value_ = std::move(news->value);
      state_ = State::kWriting;
      writer_.Write(value_, static_cast<Tag*>(this));
    } else if (ending_) {
      Finish(EndingError());
    }
  }

  void Done() {
    done_ = gone_ = true;
    if (state_ == State::kWaiting) Finish(grpc::Status::CANCELLED);
    DeleteIfOver();
  }

  void Finish(const grpc::Status& status) {
    calls_.RemoveStream(this);
    state_ = State::kFinishing;
    writer_.Finish(status, static_cast<Tag*>(this));
  }

  void DeleteIfOver() {
    if (done_ && finished_) delete this;
  }

  const Method& method_;
  OpenCalls& calls_;
  grpc::ServerContext context_;
  Request request_;
  grpc::ServerAsyncWriter<Response> writer_;
  DoneTag done_tag_;
  State state_ = State::kListening;
  Response value_;
  uint64_t seen_ = 0;
  bool last_written_ = false;
  bool ending_ = false;
  bool gone_ = false;
  bool done_ = false;
  bool finished_ = false;
};

}  // namespace holon::control

#endif  // HOLON_RUNTIME_CONTROL_WATCH_CALL_H_
