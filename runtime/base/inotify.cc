#include "runtime/base/inotify.h"

#include <errno.h>
#include <sys/inotify.h>

#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/thread.h"

namespace holon::base {

Inotify::~Inotify() {
  if (!fd_.valid()) return;
  // Without a thread it is closed here, together with the body that was to close it.
  absl::StatusOr<std::thread> closer = StartThread([fd = std::move(fd_)] {});
  if (closer.ok()) closer->detach();
}

absl::StatusOr<Inotify> Inotify::Create() {
  UniqueFd fd(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!fd.valid()) return absl::ErrnoToStatus(errno, "cannot create an inotify instance");
  return Inotify(std::move(fd));
}

absl::Status Inotify::Watch(const std::string& path, uint32_t mask) {
  if (inotify_add_watch(fd_.get(), path.c_str(), mask) < 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot watch ", path));
  }
  return absl::OkStatus();
}

std::vector<Inotify::Event> Inotify::Read() {
  std::vector<Event> events;
  alignas(inotify_event) char buffer[8192];
  while (true) {
    ssize_t got = read(fd_.get(), buffer, sizeof buffer);
    if (got <= 0) return events;
    for (char* at = buffer; at < buffer + got;) {
      const auto* event = reinterpret_cast<const inotify_event*>(at);
      events.push_back({event->mask, event->len > 0 ? event->name : ""});
      at += sizeof(inotify_event) + event->len;
    }
  }
}

}  // namespace holon::base
