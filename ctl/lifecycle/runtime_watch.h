#ifndef HOLON_CTL_LIFECYCLE_RUNTIME_WATCH_H_
#define HOLON_CTL_LIFECYCLE_RUNTIME_WATCH_H_

#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/client_context.h"
#include "holon/v1/runtime_control.pb.h"
#include "runtime/base/wake.h"
#include "runtime/probe/control_client.h"

namespace holon::ctl {

// The runtime's stream of states as a descriptor that can stand in a poll set. A thread of its own
// reads; every method is for one other thread.
class RuntimeWatch {
 public:
  // null: no thread or no descriptor is to be had.
  static std::unique_ptr<RuntimeWatch> Create(probe::ControlClient& client);
  ~RuntimeWatch();
  RuntimeWatch(const RuntimeWatch&) = delete;
  RuntimeWatch& operator=(const RuntimeWatch&) = delete;

  // Readable when there is news since the last Take.
  int fd() const { return news_came_.fd(); }

  struct News {
    std::optional<holon::v1::RuntimeStatusResponse> status;  // The newest.
    bool ended = false;                                      // Nothing more will come.
  };
  News Take();

 private:
  RuntimeWatch(probe::ControlClient& client, base::Wake wake)
      : news_came_(std::move(wake)), client_(client) {}
  void Read();

  base::Wake news_came_;
  grpc::ClientContext context_;
  probe::ControlClient& client_;
  absl::Mutex mutex_;
  News news_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace holon::ctl

#endif  // HOLON_CTL_LIFECYCLE_RUNTIME_WATCH_H_
