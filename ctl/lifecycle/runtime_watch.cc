#include "ctl/lifecycle/runtime_watch.h"

#include <sys/eventfd.h>

#include <utility>

#include "runtime/base/thread.h"

namespace holon::ctl {

RuntimeWatch::RuntimeWatch(probe::ControlClient& client)
    : event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), client_(client) {
  absl::StatusOr<std::thread> thread = base::StartThread([this] { Read(); });
  if (thread.ok()) {
    thread_ = *std::move(thread);
    return;
  }
  End();
}

RuntimeWatch::~RuntimeWatch() {
  context_.TryCancel();
  if (thread_.has_value()) thread_->join();
}

void RuntimeWatch::Read() {
  auto stream = client_.Watch(&context_);
  holon::v1::WatchRuntimeStatusResponse response;
  while (stream->Read(&response)) {
    {
      absl::MutexLock lock(&mutex_);
      news_.status = std::move(*response.mutable_status());
    }
    eventfd_write(event_.get(), 1);
  }
  stream->Finish();
  End();
}

void RuntimeWatch::End() {
  {
    absl::MutexLock lock(&mutex_);
    news_.ended = true;
  }
  eventfd_write(event_.get(), 1);
}

RuntimeWatch::News RuntimeWatch::Take() {
  eventfd_t count;
  eventfd_read(event_.get(), &count);
  absl::MutexLock lock(&mutex_);
  return news_;
}

}  // namespace holon::ctl
