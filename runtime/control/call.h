// The life of a call on a completion queue. One thread drives the queue, so everything in here runs
// on that thread and needs no lock. (The callback API would be shorter, but its threads wake up
// several times a second in an idle server.)
#ifndef HOLON_RUNTIME_CONTROL_CALL_H_
#define HOLON_RUNTIME_CONTROL_CALL_H_

#include <cstdint>
#include <functional>
#include <set>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/async_stream.h"
#include "grpcpp/support/async_unary_call.h"
#include "runtime/control/access.h"

namespace holon::control {

// What a completion queue hands back.
class Tag {
 public:
  virtual ~Tag() = default;
  // `ok` is the queue's: false where the operation did not happen.
  virtual void Complete(bool ok) = 0;
};

// How many calls there are, waiting or in service. Thread-safe.
class LiveCalls {
 public:
  void Begin() {
    absl::MutexLock lock(&mutex_);
    ++count_;
  }
  void End() {
    absl::MutexLock lock(&mutex_);
    --count_;
  }
  void AwaitNone() {
    absl::MutexLock lock(&mutex_, absl::Condition(
                                      +[](int* count) { return *count == 0; }, &count_));
  }

 private:
  absl::Mutex mutex_;
  int count_ ABSL_GUARDED_BY(mutex_) = 0;
};

// One unary call, waiting or in service. Owns itself: gone after its last completion.
template <typename Request, typename Response>
class UnaryCall final : public Tag {
 public:
  using Writer = grpc::ServerAsyncResponseWriter<Response>;
  // How the generated service is asked for the next call.
  using Listen = std::function<void(grpc::ServerContext*, Request*, Writer*, void* tag)>;
  struct Handler {
    std::function<grpc::Status(const Request&, Response*)> serve;
    // Once the answer has been handed to the network; may be empty.
    std::function<void()> answered;
  };

  static void Serve(const Access& access, LiveCalls* calls, Listen listen, Handler handler) {
    new UnaryCall(access, calls, std::move(listen), std::move(handler));
  }

  void Complete(bool ok) override {
    if (answering_) {
      if (status_ok_ && handler_.answered) handler_.answered();
      delete this;
      return;
    }
    if (!ok) {  // The server is shutting down.
      delete this;
      return;
    }
    Serve(access_, calls_, listen_, handler_);
    Response response;
    grpc::Status status = access_.Check(context_);
    if (status.ok()) status = handler_.serve(request_, &response);
    answering_ = true;
    status_ok_ = status.ok();
    if (status.ok()) {
      writer_.Finish(response, status, this);
    } else {
      writer_.FinishWithError(status, this);
    }
  }

 private:
  UnaryCall(const Access& access, LiveCalls* calls, Listen listen, Handler handler)
      : access_(access),
        calls_(calls),
        listen_(std::move(listen)),
        handler_(std::move(handler)),
        writer_(&context_) {
    calls_->Begin();
    listen_(&context_, &request_, &writer_, this);
  }
  ~UnaryCall() override { calls_->End(); }

  const Access& access_;
  LiveCalls* const calls_;
  const Listen listen_;
  const Handler handler_;
  grpc::ServerContext context_;
  Request request_;
  Writer writer_;
  bool answering_ = false;
  bool status_ok_ = false;
};

// A stream that can be told that there is news.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void Poke() = 0;
};

// The streams that are open.
using Watchers = std::set<Watcher*>;

// One server stream that sends the present value first and the newest value after every change,
// merged while the client is slower than the changes.
template <typename Request, typename Response>
class WatchCall final : public Tag, public Watcher {
 public:
  using Writer = grpc::ServerAsyncWriter<Response>;
  using Listen = std::function<void(grpc::ServerContext*, Request*, Writer*, void* tag)>;
  struct Snapshot {
    Response value;
    bool last = false;  // Nothing will follow.
  };
  struct Handler {
    std::function<Snapshot(const Request&)> snapshot;
    // False: `next` is no news after `previous`.
    std::function<bool(const Response& previous, const Response& next)> differs;
  };

  static void Serve(const Access& access, LiveCalls* calls, Watchers* watchers, Listen listen,
                    Handler handler) {
    new WatchCall(access, calls, watchers, std::move(listen), std::move(handler));
  }

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
        } else if (news_) {
          Poke();
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

  void Poke() override {
    news_ = true;
    if (state_ != State::kWaiting) return;
    news_ = false;
    Snapshot next = handler_.snapshot(request_);
    if (written_any_ && !next.last && !handler_.differs(previous_, next.value)) return;
    previous_ = std::move(next.value);
    written_any_ = true;
    last_written_ = next.last;
    state_ = State::kWriting;
    writer_.Write(previous_, this);
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

  WatchCall(const Access& access, LiveCalls* calls, Watchers* watchers, Listen listen,
            Handler handler)
      : access_(access),
        calls_(calls),
        watchers_(watchers),
        listen_(std::move(listen)),
        handler_(std::move(handler)),
        writer_(&context_),
        done_tag_(this) {
    calls_->Begin();
    context_.AsyncNotifyWhenDone(&done_tag_);
    listen_(&context_, &request_, &writer_, this);
  }
  ~WatchCall() override { calls_->End(); }

  void Begin() {
    Serve(access_, calls_, watchers_, listen_, handler_);
    state_ = State::kWaiting;
    watchers_->insert(this);
    grpc::Status status = access_.Check(context_);
    if (status.ok()) {
      Poke();
    } else {
      Finish(status);
    }
  }

  void Done() {
    done_ = gone_ = true;
    if (state_ == State::kWaiting) Finish(grpc::Status::CANCELLED);
    DeleteIfOver();
  }

  void Finish(const grpc::Status& status) {
    watchers_->erase(this);
    state_ = State::kFinishing;
    writer_.Finish(status, this);
  }

  void DeleteIfOver() {
    if (done_ && finished_) delete this;
  }

  const Access& access_;
  LiveCalls* const calls_;
  Watchers* const watchers_;
  const Listen listen_;
  const Handler handler_;
  grpc::ServerContext context_;
  Request request_;
  Writer writer_;
  DoneTag done_tag_;
  State state_ = State::kListening;
  Response previous_;
  bool written_any_ = false;
  bool last_written_ = false;
  bool news_ = false;
  bool gone_ = false;
  bool done_ = false;
  bool finished_ = false;
};

}  // namespace holon::control

#endif  // HOLON_RUNTIME_CONTROL_CALL_H_
