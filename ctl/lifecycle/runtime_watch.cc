#include "ctl/lifecycle/runtime_watch.h"

#include <utility>

#include "runtime/base/thread.h"

namespace holon::ctl {

std::unique_ptr<RuntimeWatch> RuntimeWatch::Create(probe::ControlClient& client) {
  absl::StatusOr<base::Wake> wake = base::Wake::Create();
  if (!wake.ok()) return nullptr;
  std::unique_ptr<RuntimeWatch> watch(new RuntimeWatch(client, *std::move(wake)));
  absl::StatusOr<std::thread> thread = base::StartThread([&watch = *watch] { watch.Read(); });
  if (!thread.ok()) return nullptr;
  watch->thread_ = *std::move(thread);
  return watch;
}

RuntimeWatch::~RuntimeWatch() {
  context_.TryCancel();
  if (thread_.joinable()) thread_.join();
}

void RuntimeWatch::Read() {
  auto stream = client_.Watch(&context_);
  holon::v1::WatchRuntimeStatusResponse response;
  while (stream->Read(&response)) {
    {
      absl::MutexLock lock(&mutex_);
      news_.status = std::move(*response.mutable_status());
    }
    news_came_.Signal();
  }
  stream->Finish();
  {
    absl::MutexLock lock(&mutex_);
    news_.ended = true;
  }
  news_came_.Signal();
}

RuntimeWatch::News RuntimeWatch::Take() {
  news_came_.Clear();
  absl::MutexLock lock(&mutex_);
  return news_;
}

}  // namespace holon::ctl
