#ifndef HOLON_RUNTIME_BASE_PENDING_H_
#define HOLON_RUNTIME_BASE_PENDING_H_

#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/base/thread.h"
#include "runtime/base/wait.h"
#include "runtime/base/wake.h"

namespace holon::base {

// A call that blocks, on a thread of its own, as a descriptor that can stand in a poll set:
//
//   auto pending = Pending<FileLock>::Start([path] { return FileLock::Wait(path); });
//   WaitReadable({pending->fd(), interrupts.fd()}, timeout);
//   absl::StatusOr<FileLock> lock = pending->Take();
//
// The call cannot be cancelled. After the destruction of this object it goes on, and its result is
// destroyed as soon as it is there: a lock is given back. Move-only; one thread.
template <typename T>
class Pending {
 public:
  using Call = absl::AnyInvocable<absl::StatusOr<T>()>;

  // RESOURCE_EXHAUSTED: no thread or no descriptor.
  static absl::StatusOr<Pending> Start(Call call) {
    absl::StatusOr<Wake> returned = Wake::Create();
    if (!returned.ok()) return returned.status();
    auto shared = std::make_shared<Shared>(*std::move(returned));
    absl::StatusOr<std::thread> thread =
        StartThread([waiter = std::weak_ptr<Shared>(shared), call = std::move(call)]() mutable {
          absl::StatusOr<T> result = call();
          std::shared_ptr<Shared> owner = waiter.lock();
          if (owner == nullptr) return;
          {
            std::lock_guard<std::mutex> guard(owner->mutex);
            owner->result.emplace(std::move(result));
          }
          owner->returned.Signal();
        });
    if (!thread.ok()) return thread.status();
    thread->detach();
    return Pending(std::move(shared));
  }

  // Readable once the call has returned.
  int fd() const { return shared_->returned.fd(); }

  // What it returned. Once, after fd() is readable.
  absl::StatusOr<T> Take() {
    std::lock_guard<std::mutex> guard(shared_->mutex);
    return *std::exchange(shared_->result, std::nullopt);
  }

 private:
  struct Shared {
    explicit Shared(Wake wake) : returned(std::move(wake)) {}
    Wake returned;
    std::mutex mutex;
    std::optional<absl::StatusOr<T>> result;
  };
  explicit Pending(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  std::shared_ptr<Shared> shared_;
};

// Waits for such a call up to `timeout`, or until `interrupt_fd` (-1: none) is readable:
// UNAVAILABLE with `what`, or CANCELLED.
template <typename T>
absl::StatusOr<T> AwaitCall(typename Pending<T>::Call call, absl::Duration timeout,
                            int interrupt_fd, const std::string& what) {
  absl::StatusOr<Pending<T>> pending = Pending<T>::Start(std::move(call));
  if (!pending.ok()) return pending.status();
  const std::optional<size_t> ready = WaitReadable({pending->fd(), interrupt_fd}, timeout);
  if (!ready.has_value()) return absl::UnavailableError(what);
  if (*ready == 1) return absl::CancelledError("interrupted");
  return pending->Take();
}

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_PENDING_H_
