#ifndef HOLON_RUNTIME_CONTROL_BIDI_CALL_H_
#define HOLON_RUNTIME_CONTROL_BIDI_CALL_H_

#include <functional>
#include <utility>

#include "grpcpp/server_context.h"
#include "grpcpp/support/async_stream.h"
#include "runtime/control/errors.h"
#include "runtime/control/open_calls.h"

namespace holon::control {

// How the streams of one method are taken, and what they answer. Outlives them.
template <typename Request, typename Response>
struct BidiMethod {
  using ReaderWriter = grpc::ServerAsyncReaderWriter<Response, Request>;

  // Asks the generated service for the next call.
  std::function<void(grpc::ServerContext*, ReaderWriter*, void* tag)> listen;
  // The answer to one message; must not block.
  std::function<Response(const Request&)> answer;
};

// A stream in both directions that answers each message with one, and ends when the client has sent
// its last. On the queue's thread; an idle one costs its memory and no thread. Owns itself.
template <typename Request, typename Response>
class BidiCall final : public Tag, public Stream {
 public:
  using Method = BidiMethod<Request, Response>;

  static void Serve(const Method& method, OpenCalls& calls) { new BidiCall(method, calls); }

  // Of everything but Read: the beginning, Write and Finish, of which one is open at a time.
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
        if (!ok) {
          Finish(grpc::Status::CANCELLED);
        } else if (ending_) {
          Finish(EndingError());
        } else {
          Read();
        }
        return;
      case State::kFinishing:
        finished_ = true;
        DeleteIfOver();
        return;
      case State::kReading:
        return;
    }
  }

  void Poke() override {}
  void End() override {
    ending_ = true;
    // A Finish beside an open Read is fine, beside an open Write it is not.
    if (state_ == State::kReading) Finish(EndingError());
  }

 private:
  enum class State { kListening, kReading, kWriting, kFinishing };

  // The other tags of a call: what they complete is told to it.
  class SideTag final : public Tag {
   public:
    SideTag(BidiCall* call, void (BidiCall::*told)(bool)) : call_(call), told_(told) {}
    void Complete(bool ok) override { (call_->*told_)(ok); }

   private:
    BidiCall* call_;
    void (BidiCall::*told_)(bool);
  };

  BidiCall(const Method& method, OpenCalls& calls)
      : method_(method),
        calls_(calls),
        stream_(&context_),
        read_tag_(this, &BidiCall::ReadDone),
        done_tag_(this, &BidiCall::CallDone) {
    calls_.Begin();
    context_.AsyncNotifyWhenDone(static_cast<Tag*>(&done_tag_));
    method_.listen(&context_, &stream_, static_cast<Tag*>(this));
  }
  ~BidiCall() override { calls_.End(); }

  void Begin() {
    Serve(method_, calls_);
    grpc::Status status = calls_.Check(context_);
    if (status.ok()) status = calls_.AddStream(this);
    if (status.ok()) {
      Read();
    } else {
      Finish(status);
    }
  }

  void Read() {
    state_ = State::kReading;
    reading_ = true;
    stream_.Read(&request_, static_cast<Tag*>(&read_tag_));
  }

  void ReadDone(bool ok) {
    reading_ = false;
    if (state_ == State::kFinishing) {
      DeleteIfOver();
    } else if (!ok) {  // The client has sent its last message, or has gone.
      Finish(grpc::Status::OK);
    } else {
      response_ = method_.answer(request_);
      state_ = State::kWriting;
      stream_.Write(response_, static_cast<Tag*>(this));
    }
  }

  // The client has gone or the call is over. An operation that is open fails by itself.
  void CallDone(bool) {
    done_ = true;
    DeleteIfOver();
  }

  void Finish(const grpc::Status& status) {
    calls_.RemoveStream(this);
    state_ = State::kFinishing;
    stream_.Finish(status, static_cast<Tag*>(this));
  }

  void DeleteIfOver() {
    if (done_ && finished_ && !reading_) delete this;
  }

  const Method& method_;
  OpenCalls& calls_;
  grpc::ServerContext context_;
  grpc::ServerAsyncReaderWriter<Response, Request> stream_;
  SideTag read_tag_;
  SideTag done_tag_;
  State state_ = State::kListening;
  Request request_;
  Response response_;
  bool ending_ = false;
  bool reading_ = false;
  bool done_ = false;
  bool finished_ = false;
};

}  // namespace holon::control

#endif  // HOLON_RUNTIME_CONTROL_BIDI_CALL_H_
