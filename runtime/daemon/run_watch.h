#ifndef HOLON_RUNTIME_DAEMON_RUN_WATCH_H_
#define HOLON_RUNTIME_DAEMON_RUN_WATCH_H_

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "runtime/base/inotify.h"
#include "runtime/state/home.h"

namespace holon::daemon {

// Notices when something happens to the files by which a runtime is found. Sleeps while only
// others' files change: a log that is written wakes nobody. One thread.
class RunWatch {
 public:
  RunWatch(const state::HomePaths& paths, const std::string& socket_path);

  // Watches what stands at the paths now; again after every Take, because a replaced file or
  // directory takes its watch with it. The kernel may refuse: the message says why.
  absl::Status Watch();

  // Watches no longer.
  void End();

  // Readable when something has happened; -1 where the kernel has refused.
  int fd() const { return inotify_.has_value() ? inotify_->fd() : -1; }
  // Whether one of the files may no longer be as it was. Does not block.
  bool Take();

 private:
  const std::string home_;
  std::set<std::string> directories_;  // Of the files.
  std::set<std::string> names_;        // Of the files, and of the run directory.
  std::vector<std::string> contents_;  // Files that must not be truncated.
  std::optional<base::Inotify> inotify_;
};

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_RUN_WATCH_H_
