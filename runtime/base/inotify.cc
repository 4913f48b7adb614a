#include "runtime/base/inotify.h"

#include <errno.h>
#include <sys/inotify.h>

#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"

namespace holon::base {

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

void Inotify::DestroyAside(Inotify inotify) {
  std::thread([taken = std::move(inotify)] {}).detach();
}

}  // namespace holon::base
