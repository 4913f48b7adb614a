#include "runtime/control/open_calls.h"

#include "absl/strings/str_cat.h"
#include "runtime/control/errors.h"

namespace holon::control {
namespace {

grpc::Status Ending() {
  return grpc::Status(grpc::StatusCode::UNAVAILABLE, "the runtime is ending");
}

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

void OpenCalls::AwaitNone() {
  absl::MutexLock lock(&mutex_, absl::Condition(
                                    +[](int* count) { return *count == 0; }, &count_));
}

grpc::Status OpenCalls::AddStream(Stream* stream) {
  if (streams_end_) return Ending();
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
  if (abandoned_) return Ending();
  return deferred_.size() < kMostDeferred ? grpc::Status::OK
                                          : TooMany(kMostDeferred, "calls of this kind");
}

void OpenCalls::AbandonDeferred() {
  abandoned_ = true;
  for (DeferredCall* call : deferred_) call->Abandon();
}

}  // namespace holon::control
