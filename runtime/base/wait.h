#ifndef HOLON_RUNTIME_BASE_WAIT_H_
#define HOLON_RUNTIME_BASE_WAIT_H_

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <vector>

#include "absl/time/time.h"

namespace holon::base {

// Blocks until one of the descriptors is readable (or hung up) or `timeout` is over: the index of
// the first one, or nullopt. Negative descriptors are skipped. Signals do not end the wait.
std::optional<size_t> WaitReadable(const std::vector<int>& fds, absl::Duration timeout);

// Blocks until `fd` takes output again, or never will: true. False as soon as `interrupt_fd` is
// readable.
bool WaitWritable(int fd, int interrupt_fd);

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_WAIT_H_
