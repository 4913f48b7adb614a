#ifndef HOLON_CTL_LIFECYCLE_RUNTIME_WATCH_H_
#define HOLON_CTL_LIFECYCLE_RUNTIME_WATCH_H_

#include <optional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/client_context.h"
#include "holon/v1/runtime_control.pb.h"
#include "runtime/base/unique_fd.h"
#include "runtime/probe/control_client.h"

namespace holon::ctl {

// The runtime's stream of states as a descriptor that can stand in a poll set. A thread of its own
// reads; every method is for one other thread. Where no thread is to be had the stream has ended
// from the beginning.
class RuntimeWatch {
 public:
  explicit RuntimeWatch(probe::ControlClient& client);
  ~RuntimeWatch();
  RuntimeWatch(const RuntimeWatch&) = delete;
  RuntimeWatch& operator=(const RuntimeWatch&) = delete;

  // Readable when there is news since the last Take.
  int fd() const { return event_.get(); }

  struct News {
    std::optional<holon::v1::RuntimeStatusResponse> status;  // The newest.
    bool ended = false;                                      // Nothing more will come.
  };
  News Take();

 private:
  void Read();
  void End();

  base::UniqueFd event_;
  grpc::ClientContext context_;
  probe::ControlClient& client_;
  absl::Mutex mutex_;
  News news_ ABSL_GUARDED_BY(mutex_);
  std::optional<std::thread> thread_;
};

}  // namespace holon::ctl

#endif  // HOLON_CTL_LIFECYCLE_RUNTIME_WATCH_H_
