#ifndef HOLON_RUNTIME_DAEMON_WORKER_H_
#define HOLON_RUNTIME_DAEMON_WORKER_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"

namespace holon::daemon {

// A thread for work that may block: runs jobs one after the other, in the order in which they were
// posted. Post and Flush may be called from any thread, Start and Stop from one.
class Worker {
 public:
  using Job = absl::AnyInvocable<void()>;

  // At most `capacity` jobs wait.
  explicit Worker(size_t capacity) : capacity_(capacity) {}
  ~Worker() { Stop(); }

  // RESOURCE_EXHAUSTED: no thread can be had. Jobs may be posted before.
  absl::Status Start();

  // False: too many jobs wait, or Stop was called; the job is dropped. Does not block.
  bool Post(Job job);

  // Waits until every job that was posted before this call has run. False: the time is over.
  bool Flush(absl::Duration timeout = absl::InfiniteDuration());

  // Takes no further job, runs those that wait, and ends the thread. Idempotent.
  void Stop();

 private:
  void Run();

  const size_t capacity_;
  std::thread thread_;
  // Not absl::Mutex, whose time-outs follow the wall clock.
  std::mutex mutex_;  // Of all that follows.
  std::condition_variable posted_;
  std::condition_variable ran_;
  std::deque<Job> jobs_;
  uint64_t posted_count_ = 0;
  uint64_t ran_count_ = 0;
  bool stopping_ = false;
};

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_WORKER_H_
