#include "runtime/control/endpoint.h"

#include <utility>

#include "grpc/grpc.h"
#include "grpc/support/time.h"
#include "grpcpp/resource_quota.h"
#include "runtime/base/descriptor.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/thread.h"

namespace holon::control {
namespace {

// More than any request of ours needs, and what clients take without being told otherwise.
constexpr int kMaxRequestBytes = 2 << 20;
constexpr int kMaxResponseBytes = 4 << 20;
constexpr int kMaxStreamsOfAConnection = 1024;
// Pings that come too early, since the last answer that was sent.
constexpr int kMaxPingStrikes = 10;
// Of all connections of a kind together.
constexpr size_t kMaxBufferBytes = 128 << 20;

// gRPC rounds a deadline up, and what is not over already waits for its timer thread.
gpr_timespec After(absl::Duration wait) {
  if (wait <= absl::ZeroDuration()) return gpr_inf_past(GPR_CLOCK_MONOTONIC);
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_nanos(absl::ToInt64Nanoseconds(wait), GPR_TIMESPAN));
}

void SetLimits(PeerKind kind, grpc::ServerBuilder& builder) {
  grpc::ResourceQuota quota(kind == PeerKind::kUnix ? "unix" : "tcp");
  quota.Resize(kMaxBufferBytes);
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(kMaxRequestBytes);
  builder.SetMaxSendMessageSize(kMaxResponseBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsOfAConnection);
  // Pings tell a client in a second that a runtime is suspended, on a watch that is silent for
  // hours; gRPC's default ends the connection of who sends them. Over TCP, who sends many more than
  // that floods.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 500);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES,
                             kind == PeerKind::kUnix ? 0 : kMaxPingStrikes);
}

}  // namespace

void Endpoint::Errand::Complete(bool ok) {
  if (ok) (endpoint_->*body_)();
}

void Endpoint::Errand::Send(grpc::CompletionQueue* queue, absl::Duration after) {
  alarm_.Set(queue, After(after), static_cast<Tag*>(this));
}

Endpoint::Endpoint(PeerKind kind, Access access, const RuntimeModel& model, RuntimeControl& control,
                   OpenCalls::Proven proven)
    : calls_(kind, std::move(access), std::move(proven)), services_(model, control) {}

Endpoint::~Endpoint() { Shutdown(absl::ZeroDuration()); }

absl::Status Endpoint::Start() {
  HOLON_RETURN_IF_ERROR(Build());
  services_.Serve(queue_.get(), calls_);
  absl::StatusOr<std::thread> thread = base::StartThread([this] { Run(); });
  if (!thread.ok()) {
    // Without a thread nobody else drives the queue: what was begun ends here.
    server_->Shutdown(After(absl::ZeroDuration()));
    queue_->Shutdown();
    Run();
    return thread.status();
  }
  thread_ = *std::move(thread);
  absl::MutexLock lock(&mutex_);
  serving_ = true;
  return absl::OkStatus();
}

absl::Status Endpoint::Build() {
  grpc::ServerBuilder builder;
  acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      grpc::InsecureServerCredentials());
  SetLimits(calls_.kind(), builder);
  services_.Register(builder);
  queue_ = builder.AddCompletionQueue();
  server_ = builder.BuildAndStart();
  if (server_ != nullptr) return absl::OkStatus();
  queue_->Shutdown();
  Run();
  return absl::ResourceExhaustedError("gRPC cannot start a server");
}

void Endpoint::Run() {
  void* tag;
  bool ok;
  while (queue_->Next(&tag, &ok)) static_cast<Tag*>(tag)->Complete(ok);
}

void Endpoint::Serve(base::UniqueFd connection) {
  absl::MutexLock lock(&mutex_);
  if (!serving_) return;
  accepted_.push_back(std::move(connection));
  if (accepted_.size() == 1) hand_over_.Send(queue_.get(), absl::ZeroDuration());
}

void Endpoint::HandOver() {
  std::vector<base::UniqueFd> accepted;
  {
    absl::MutexLock lock(&mutex_);
    accepted.swap(accepted_);
  }
  for (base::UniqueFd& connection : accepted) {
    if (base::HasHungUp(connection.get())) continue;
    // After its Shutdown gRPC would neither serve nor close it.
    absl::MutexLock lock(&hand_over_mutex_);
    if (!takes_) return;
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
    parameters.listener_fd = -1;
    parameters.fd = connection.Release();
    acceptor_->HandleNewConnection(&parameters);
  }
}

void Endpoint::Publish() {
  absl::MutexLock lock(&mutex_);
  if (publishing_ || !serving_) return;
  publishing_ = true;
  publish_.Send(queue_.get(), absl::ZeroDuration());
}

void Endpoint::PublishNow() {
  {
    absl::MutexLock lock(&mutex_);
    publishing_ = false;
  }
  calls_.PokeStreams();
}

void Endpoint::EndStreams() {
  absl::MutexLock lock(&mutex_);
  if (streams_end_ || !serving_) return;
  streams_end_ = true;
  end_streams_.Send(queue_.get(), absl::ZeroDuration());
}

void Endpoint::Shutdown(absl::Duration grace) {
  absl::MutexLock shutdown_lock(&shutdown_mutex_);
  EndStreams();
  {
    absl::MutexLock lock(&mutex_);
    serving_ = false;
    accepted_.clear();
  }
  if (!thread_.joinable()) return;
  {
    absl::MutexLock lock(&hand_over_mutex_);
    takes_ = false;
  }
  // gRPC's Shutdown waits for these calls, too, and does not cancel them.
  abandon_.Send(queue_.get(), grace);
  server_->Shutdown(After(grace));
  // gRPC aborts when an operation starts on a queue after Shutdown(), and a stream's Finish may
  // start late, on its done tag. So the last call ends first.
  calls_.AwaitNone();
  abandon_.Cancel();
  queue_->Shutdown();
  thread_.join();
}

}  // namespace holon::control
