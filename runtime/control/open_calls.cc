#include "runtime/control/open_calls.h"

#include "absl/strings/str_cat.h"
#include "runtime/control/errors.h"
#include "runtime/control/peer_text.h"

namespace holon::control {
namespace {

grpc::Status TooMany(size_t most, const char* what) {
  return Error(grpc::StatusCode::RESOURCE_EXHAUSTED, kTooManyCalls,
               absl::StrCat(most, " ", what, " are open; try again later"));
}

}  // namespace

void OpenCalls::Begin() {
  absl::MutexLock lock(&mutex_);
  ++count_;
}

void OpenCalls::End() {
  absl::MutexLock lock(&mutex_);
  --count_;
}

grpc::Status OpenCalls::Check(const grpc::ServerContext& context) const {
  grpc::Status status = access_.Check(context);
  if (status.ok() && kind_ == PeerKind::kTcp) proven_(TcpPeerText(context.peer()));
  return status;
}

void OpenCalls::AwaitNone() {
  absl::MutexLock lock(&mutex_, absl::Condition(
                                    +[](int* count) { return *count == 0; }, &count_));
}

grpc::Status OpenCalls::AddStream(Stream* stream) {
  if (streams_end_) return EndingError();
  if (streams_.size() >= kMostStreams) return TooMany(kMostStreams, "streams");
  streams_.insert(stream);
  return grpc::Status::OK;
}

// A stream may leave the set when it is poked or ended.
void OpenCalls::PokeStreams() {
  const std::set<Stream*> streams = streams_;
  for (Stream* stream : streams) stream->Poke();
}

void OpenCalls::EndStreams() {
  streams_end_ = true;
  const std::set<Stream*> streams = streams_;
  for (Stream* stream : streams) stream->End();
}

grpc::Status OpenCalls::CheckDeferred() const {
  if (abandoned_) return EndingError();
  return deferred_.size() < kMostDeferred ? grpc::Status::OK
                                          : TooMany(kMostDeferred, "calls of this kind");
}

void OpenCalls::AbandonDeferred() {
  abandoned_ = true;
  for (DeferredCall* call : deferred_) call->Abandon();
}

}  // namespace holon::control
