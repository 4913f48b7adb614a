#ifndef HOLON_RUNTIME_BASE_THREAD_H_
#define HOLON_RUNTIME_BASE_THREAD_H_

#include <thread>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"

namespace holon::base {

// Starts a thread that runs `body`, with a stack of its own for signal handlers, so that even a
// stack overflow leaves a crash report. RESOURCE_EXHAUSTED: the system grants no more threads
// (RLIMIT_NPROC, pids.max); std::thread would throw. The caller joins or detaches it.
absl::StatusOr<std::thread> StartThread(absl::AnyInvocable<void()> body);

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_THREAD_H_
