#include "runtime/state/log_watch.h"

#include <sys/inotify.h>

#include "runtime/base/file.h"
#include "runtime/base/status_macros.h"

namespace holon::state {
namespace {

constexpr uint32_t kNames = IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr uint32_t kLost = IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT;

}  // namespace

LogWatch::LogWatch(const std::string& path) : folder_(base::DirectoryOf(path)) {}

absl::Status LogWatch::Begin() {
  HOLON_ASSIGN_OR_RETURN(base::Inotify fresh, base::Inotify::Create());
  inotify_.emplace(std::move(fresh));
  while (true) {
    HOLON_RETURN_IF_ERROR(WatchNearest());
    if (watched_ == folder_) return absl::OkStatus();
    // What came between the look and the watch is no news to the watch.
    std::string below = folder_;
    while (base::DirectoryOf(below) != watched_) below = base::DirectoryOf(below);
    HOLON_ASSIGN_OR_RETURN(base::FileInfo there, base::LookThrough(below));
    if (there.type != base::FileType::kDirectory) return absl::OkStatus();
  }
}

absl::Status LogWatch::WatchNearest() {
  watched_ = folder_;
  while (true) {
    const uint32_t mask = watched_ == folder_ ? kNames | IN_MODIFY : kNames;
    absl::Status watching = inotify_->Watch(watched_, mask);
    const bool absent = absl::IsNotFound(watching) || absl::IsFailedPrecondition(watching);
    if (!absent || watched_ == "/" || watched_ == ".") return watching;
    watched_ = base::DirectoryOf(watched_);
  }
}

absl::Status LogWatch::Take() {
  bool lost = watched_ != folder_;
  for (const base::Inotify::Event& event : inotify_->Read()) lost |= (event.mask & kLost) != 0;
  return lost ? Begin() : absl::OkStatus();
}

}  // namespace holon::state
