#include "runtime/daemon/worker.h"

#include <utility>

#include "runtime/base/status_macros.h"
#include "runtime/base/thread.h"

namespace holon::daemon {

absl::Status Worker::Start() {
  HOLON_ASSIGN_OR_RETURN(thread_, base::StartThread([this] { Run(); }));
  return absl::OkStatus();
}

bool Worker::Post(Job job) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (stopping_ || jobs_.size() >= capacity_) return false;
    jobs_.push_back(std::move(job));
    ++posted_count_;
  }
  posted_.notify_one();
  return true;
}

bool Worker::Flush(absl::Duration timeout) {
  std::unique_lock<std::mutex> lock(mutex_);
  auto flushed = [this, target = posted_count_] { return ran_count_ >= target; };
  if (timeout == absl::InfiniteDuration()) {
    ran_.wait(lock, flushed);
    return true;
  }
  return ran_.wait_for(lock, absl::ToChronoNanoseconds(timeout), flushed);
}

void Worker::Stop() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  posted_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Worker::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    posted_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;  // What it holds goes before it counts as run.
    lock.lock();
    ++ran_count_;
    ran_.notify_all();
  }
}

}  // namespace holon::daemon
