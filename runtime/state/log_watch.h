#ifndef HOLON_RUNTIME_STATE_LOG_WATCH_H_
#define HOLON_RUNTIME_STATE_LOG_WATCH_H_

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/base/inotify.h"

namespace holon::state {

// Wakes whoever follows a log when something is written to its folder, or when the folder itself,
// or one above it, comes or goes. One thread.
class LogWatch {
 public:
  explicit LogWatch(const std::string& path);

  // Begins to watch. Read the log after it, not before. RESOURCE_EXHAUSTED where the kernel grants
  // no watch.
  absl::Status Begin();

  // Readable when there is news; changes with every call of Take. -1 before Begin.
  int fd() const { return inotify_.has_value() ? inotify_->fd() : -1; }

  // Takes the news. Read the log after it.
  absl::Status Take();

 private:
  absl::Status WatchNearest();

  const std::string folder_;
  std::string watched_;  // The folder, or the nearest one above it that exists.
  std::optional<base::Inotify> inotify_;
};

}  // namespace holon::state

#endif  // HOLON_RUNTIME_STATE_LOG_WATCH_H_
