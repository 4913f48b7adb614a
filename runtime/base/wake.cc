#include "runtime/base/wake.h"

#include <errno.h>
#include <sys/eventfd.h>

#include <utility>

namespace holon::base {

absl::StatusOr<Wake> Wake::Create() {
  UniqueFd fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd.valid()) return absl::ErrnoToStatus(errno, "cannot create an event descriptor");
  return Wake(std::move(fd));
}

void Wake::Signal() { (void)eventfd_write(fd_.get(), 1); }

void Wake::Clear() {
  eventfd_t count;
  (void)eventfd_read(fd_.get(), &count);
}

}  // namespace holon::base
