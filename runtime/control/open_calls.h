#ifndef HOLON_RUNTIME_CONTROL_OPEN_CALLS_H_
#define HOLON_RUNTIME_CONTROL_OPEN_CALLS_H_

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/status.h"
#include "runtime/control/access.h"
#include "runtime/control/peer_kind.h"

namespace holon::control {

// What a completion queue hands back. Passed to gRPC as static_cast<Tag*>(…): what comes out of a
// void* must be what went in.
class Tag {
 public:
  virtual ~Tag() = default;
  // `ok` is the queue's: false where the operation did not happen.
  virtual void Complete(bool ok) = 0;
};

// A stream that is open.
class Stream {
 public:
  virtual ~Stream() = default;
  // There may be news to send.
  virtual void Poke() = 0;
  // Sends the news that there are, then ends. The server ends.
  virtual void End() = 0;
};

// A unary call whose answer comes from another thread.
class DeferredCall {
 public:
  virtual ~DeferredCall() = default;
  // Answers UNAVAILABLE, unless it is answered.
  virtual void Abandon() = 0;
};

// The calls of one endpoint and their bounds. For the queue's thread, but for AwaitNone.
class OpenCalls {
 public:
  // More streams, or deferred calls, get RESOURCE_EXHAUSTED (TOO_MANY_CALLS).
  static constexpr size_t kMostStreams = 1024;
  static constexpr size_t kMostDeferred = 256;

  // Told who has shown what a call over TCP must show, at each call: "tcp 127.0.0.1:4711".
  using Proven = std::function<void(const std::string& peer)>;

  OpenCalls(PeerKind kind, Access access, Proven proven)
      : kind_(kind), access_(std::move(access)), proven_(std::move(proven)) {}

  PeerKind kind() const { return kind_; }
  // OK, or why the call is refused: see Access.
  grpc::Status Check(const grpc::ServerContext& context) const;

  // A call waits for a client, or is in service.
  void Begin();
  void End();
  // Blocks until no call is left. They end by themselves once gRPC's Shutdown has returned: it
  // cancels those in flight, and Abandon has answered the deferred ones.
  void AwaitNone();

  // OK, or RESOURCE_EXHAUSTED.
  grpc::Status AddStream(Stream* stream);
  void RemoveStream(Stream* stream) { streams_.erase(stream); }
  void PokeStreams();
  // Ends the streams, and those that begin later.
  void EndStreams();

  // OK, or RESOURCE_EXHAUSTED.
  grpc::Status CheckDeferred() const;
  void AddDeferred(DeferredCall* call) { deferred_.insert(call); }
  void RemoveDeferred(DeferredCall* call) { deferred_.erase(call); }
  // Answers the calls that wait for an answer, and those that begin later.
  void AbandonDeferred();

 private:
  const PeerKind kind_;
  const Access access_;
  const Proven proven_;
  std::set<Stream*> streams_;
  std::set<DeferredCall*> deferred_;
  bool streams_end_ = false;
  bool abandoned_ = false;
  absl::Mutex mutex_;
  int count_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace holon::control

#endif  // HOLON_RUNTIME_CONTROL_OPEN_CALLS_H_
