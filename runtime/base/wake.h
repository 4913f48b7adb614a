#ifndef HOLON_RUNTIME_BASE_WAKE_H_
#define HOLON_RUNTIME_BASE_WAKE_H_

#include "absl/status/statusor.h"
#include "runtime/base/unique_fd.h"

namespace holon::base {

// Wakes a loop that waits on descriptors (an eventfd). Thread-safe but for its destruction.
class Wake {
 public:
  static absl::StatusOr<Wake> Create();

  // Readable from Signal to Clear.
  int fd() const { return fd_.get(); }
  void Signal();
  void Clear();

 private:
  explicit Wake(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_WAKE_H_
