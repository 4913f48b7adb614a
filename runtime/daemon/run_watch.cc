#include "runtime/daemon/run_watch.h"

#include <sys/inotify.h>

#include <utility>

#include "runtime/base/file.h"
#include "runtime/config/control_token.h"

namespace holon::daemon {
namespace {

// IN_CLOSE_WRITE also fires when the holder of a lock file closes it.
constexpr uint32_t kEntries = IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE |
                              IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_MASK_ADD;
// Of the directories above the home: one that is moved takes the home with it.
constexpr uint32_t kAbove = IN_MOVE_SELF | IN_ONLYDIR | IN_MASK_ADD;
// truncate(2) neither opens nor closes. Watched at the file: the folder's log is written all the
// time.
constexpr uint32_t kContent = IN_MODIFY;

}  // namespace

RunWatch::RunWatch(const state::HomePaths& paths, const std::string& socket_path)
    : home_(paths.home), contents_({paths.pid_file, paths.daemon_record}) {
  for (const std::string& path :
       {paths.pid_file, paths.daemon_record, paths.instance_lock, socket_path}) {
    directories_.insert(base::DirectoryOf(path));
    names_.insert(base::NameOf(path));
  }
  names_.insert(base::NameOf(paths.run));
  names_.insert(base::NameOf(config::ControlTokenPath(paths.home)));
}

absl::Status RunWatch::Watch() {
  if (!inotify_.has_value()) {
    absl::StatusOr<base::Inotify> created = base::Inotify::Create();
    if (!created.ok()) return created.status();
    inotify_.emplace(*std::move(created));
  }
  absl::Status first;
  for (const std::string& directory : directories_) {
    first.Update(inotify_->Watch(directory, kEntries));
  }
  first.Update(inotify_->Watch(home_, kEntries));
  for (std::string above = base::DirectoryOf(home_); above != "/" && above != ".";
       above = base::DirectoryOf(above)) {
    // One that may not be watched, such as another user's, is done without.
    (void)inotify_->Watch(above, kAbove);
  }
  for (const std::string& path : contents_) first.Update(inotify_->Watch(path, kContent));
  return first;
}

void RunWatch::End() { inotify_.reset(); }

bool RunWatch::Take() {
  bool ours = false;
  for (const base::Inotify::Event& event : inotify_->Read()) {
    ours = ours || event.name.empty() || names_.count(event.name) > 0;
  }
  return ours;
}

}  // namespace holon::daemon
