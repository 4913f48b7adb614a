// Tells ThreadSanitizer of the locks in libraries that Debian built without it. The linker puts
// these in the place of each call from our own code (--wrap); without them everything that an
// absl::Mutex guards would be called a race.
#include <sanitizer/tsan_interface.h>

#include "absl/synchronization/mutex.h"
#include "grpcpp/completion_queue.h"

namespace {
char queue;  // Stands for all completion queues: what is begun there happens before what comes out.
}  // namespace

// Weak where a program has no gRPC: nobody calls it there.
extern "C" {

#define HOLON_LOCK(name)                   \
  void __real_##name(absl::Mutex* mutex);  \
  void __wrap_##name(absl::Mutex* mutex) { \
    __real_##name(mutex);                  \
    __tsan_acquire(mutex);                 \
  }
#define HOLON_UNLOCK(name)                 \
  void __real_##name(absl::Mutex* mutex);  \
  void __wrap_##name(absl::Mutex* mutex) { \
    __tsan_release(mutex);                 \
    __real_##name(mutex);                  \
  }

HOLON_LOCK(_ZN4absl7debian35Mutex4LockEv)
HOLON_LOCK(_ZN4absl7debian35Mutex10ReaderLockEv)
HOLON_UNLOCK(_ZN4absl7debian35Mutex6UnlockEv)
HOLON_UNLOCK(_ZN4absl7debian35Mutex12ReaderUnlockEv)

__attribute__((weak)) void __real__ZN4absl7debian312Notification6NotifyEv(void* notification);
void __wrap__ZN4absl7debian312Notification6NotifyEv(void* notification) {
  __tsan_release(notification);
  __real__ZN4absl7debian312Notification6NotifyEv(notification);
}

__attribute__((weak)) void __real__ZNK4absl7debian312Notification19WaitForNotificationEv(
    const void* notification);
void __wrap__ZNK4absl7debian312Notification19WaitForNotificationEv(const void* notification) {
  __real__ZNK4absl7debian312Notification19WaitForNotificationEv(notification);
  __tsan_acquire(const_cast<void*>(notification));
}

__attribute__((weak)) int __real__ZN4grpc15CompletionQueue17AsyncNextInternalEPPvPb12gpr_timespec(
    void* self, void** tag, bool* ok, gpr_timespec deadline);
int __wrap__ZN4grpc15CompletionQueue17AsyncNextInternalEPPvPb12gpr_timespec(void* self, void** tag,
                                                                            bool* ok,
                                                                            gpr_timespec deadline) {
  const int result = __real__ZN4grpc15CompletionQueue17AsyncNextInternalEPPvPb12gpr_timespec(
      self, tag, ok, deadline);
  __tsan_acquire(&queue);
  return result;
}

__attribute__((weak)) void
__real__ZN4grpc5Alarm11SetInternalEPNS_15CompletionQueueE12gpr_timespecPv(void* self, void* to,
                                                                          gpr_timespec deadline,
                                                                          void* tag);
void __wrap__ZN4grpc5Alarm11SetInternalEPNS_15CompletionQueueE12gpr_timespecPv(
    void* self, void* to, gpr_timespec deadline, void* tag) {
  __tsan_release(&queue);
  __real__ZN4grpc5Alarm11SetInternalEPNS_15CompletionQueueE12gpr_timespecPv(self, to, deadline,
                                                                            tag);
}

}  // extern "C"
