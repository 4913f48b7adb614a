#ifndef HOLON_RUNTIME_CONTROL_ENDPOINT_H_
#define HOLON_RUNTIME_CONTROL_ENDPOINT_H_

#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "grpcpp/alarm.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "runtime/base/unique_fd.h"
#include "runtime/control/access.h"
#include "runtime/control/open_calls.h"
#include "runtime/control/peer_kind.h"
#include "runtime/control/services.h"

namespace holon::control {

// A gRPC server for the connections of one kind, with one completion queue and one thread. Public
// methods may be called from any other thread.
//
// Each kind has a server of its own, because gRPC ties nothing to a connection that a call could be
// judged by: all that comes from an external acceptor has the same authentication context, and the
// name of the peer says what the client bound its end to. It also keeps memory, streams and the
// thread of one kind from being used up by the other.
class Endpoint {
 public:
  Endpoint(PeerKind kind, Access access, const RuntimeModel& model, RuntimeControl& control,
           OpenCalls::Proven proven);
  ~Endpoint();

  // RESOURCE_EXHAUSTED: no thread or descriptor is left.
  absl::Status Start();
  // Takes over a connection; closes it where the server does not run. The queue's thread hands it
  // to gRPC, which begins to read on the thread that calls it, for as long as there is something.
  void Serve(base::UniqueFd connection);
  // Streams send what is new.
  void Publish();
  // Streams send what is new and end; none begins any more. Idempotent.
  void EndStreams();
  // As EndStreams; calls in flight have up to `grace`; then the thread ends. Idempotent: a
  // second caller waits for the first.
  void Shutdown(absl::Duration grace);

 private:
  // Brings something over to the queue's thread.
  class Errand final : public Tag {
   public:
    using Body = void (Endpoint::*)();
    Errand(Endpoint* endpoint, Body body) : endpoint_(endpoint), body_(body) {}
    void Complete(bool ok) override;
    // At most one at a time.
    void Send(grpc::CompletionQueue* queue, absl::Duration after);
    void Cancel() { alarm_.Cancel(); }

   private:
    Endpoint* endpoint_;
    Body body_;
    grpc::Alarm alarm_;
  };

  absl::Status Build();
  void Run();
  void HandOver();
  void PublishNow();
  void EndStreamsNow() { calls_.EndStreams(); }
  void AbandonDeferred() { calls_.AbandonDeferred(); }

  OpenCalls calls_;
  Services services_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
  std::thread thread_;
  Errand hand_over_{this, &Endpoint::HandOver};
  Errand publish_{this, &Endpoint::PublishNow};
  Errand end_streams_{this, &Endpoint::EndStreamsNow};
  Errand abandon_{this, &Endpoint::AbandonDeferred};
  absl::Mutex shutdown_mutex_;   // Held for the length of a Shutdown.
  absl::Mutex hand_over_mutex_;  // Held while a connection is handed to gRPC.
  bool takes_ ABSL_GUARDED_BY(hand_over_mutex_) = true;
  absl::Mutex mutex_;  // Held for moments only.
  std::vector<base::UniqueFd> accepted_ ABSL_GUARDED_BY(mutex_);
  bool serving_ ABSL_GUARDED_BY(mutex_) = false;
  bool publishing_ ABSL_GUARDED_BY(mutex_) = false;
  bool streams_end_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace holon::control

#endif  // HOLON_RUNTIME_CONTROL_ENDPOINT_H_
