#include "ctl/lifecycle/home_watch.h"

#include <sys/inotify.h>

#include <algorithm>
#include <utility>

#include "runtime/base/file.h"

namespace holon::ctl {
namespace {

std::string Essence(holon::v1::RuntimeStatusResponse status) {
  status.clear_counters();  // A look counts as a connection; it must not be news.
  return status.SerializeAsString();
}

// Home, run directory and the socket's, or the nearest parent that exists: its appearance is the
// first sign of a start.
std::vector<std::string> DirectoriesOf(const World& world) {
  std::vector<std::string> directories;
  for (std::string directory :
       {world.paths.home, world.paths.run, base::DirectoryOf(world.socket_path)}) {
    while (directory != "/") {
      absl::StatusOr<base::FileInfo> info = base::LookThrough(directory);
      if (info.ok() && info->type == base::FileType::kDirectory) break;
      directory = base::DirectoryOf(directory);
    }
    directories.push_back(directory);
  }
  return directories;
}

}  // namespace

// The end of the process and the news on its stream are all that is waited for.
bool HomeWatch::TellsOfItself(const probe::Sighting& sighting) const {
  return scope_ == Scope::kRuntime && probe::Answers(sighting.verdict) &&
         sighting.process.has_value() && sighting.client != nullptr;
}

// An instance costs the kernel milliseconds to take down, so it is kept as long as it will do.
bool HomeWatch::WatchDirectories() {
  std::vector<std::string> wanted = DirectoriesOf(world_);
  if (inotify_.has_value() && wanted == watched_ && !lost_) return false;
  watched_ = std::move(wanted);
  lost_ = false;
  absl::StatusOr<base::Inotify> created = base::Inotify::Create();
  if (!created.ok()) {
    inotify_.reset();
    return false;
  }
  inotify_.emplace(*std::move(created));
  for (const std::string& directory : watched_) {
    absl::Status watching = inotify_->Watch(
        directory, IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF);
    lost_ = lost_ || !watching.ok();
  }
  if (lost_) inotify_.reset();
  return !lost_;
}

// Whether anything that was watched has changed.
bool HomeWatch::TakeEvents() {
  const std::vector<base::Inotify::Event> events = inotify_->Read();
  for (const base::Inotify::Event& event : events) {
    if ((event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) != 0) lost_ = true;
  }
  return !events.empty();
}

Waited HomeWatch::AwaitChange(probe::Sighting& sighting, absl::Duration deadline,
                              const std::string& doing) {
  absl::StatusOr<base::ProcessHandle> process = absl::NotFoundError("nobody");
  if (sighting.process.has_value()) process = base::ProcessHandle::Open(*sighting.process);
  // A process that cannot be opened has ended since, or can never be opened from here: the next
  // look tells, and must not come at once each time.
  const bool tells = TellsOfItself(sighting) && process.ok();
  // What happened before the watch began is seen by one more look.
  if (!tells && WatchDirectories()) return Waited::kReady;
  if (sighting.answer.has_value() && sighting.client != nullptr &&
      (stream_ == nullptr || stream_instance_ != sighting.answer->instance_id())) {
    stream_.reset();
    client_ = std::move(sighting.client);
    stream_ = RuntimeWatch::Create(*client_);
    stream_instance_ = sighting.answer->instance_id();
  }
  if (sighting.answer.has_value()) seen_status_ = Essence(*sighting.answer);
  while (true) {
    const bool stream_open = stream_ != nullptr;
    std::vector<int> fds;
    const bool watching = inotify_.has_value() && !(tells && stream_open);
    if (watching) fds.push_back(inotify_->fd());
    if (process.ok()) fds.push_back(process->fd());
    if (stream_open) fds.push_back(stream_->fd());
    if (also_ >= 0) fds.push_back(also_);
    const bool answers = probe::Answers(sighting.verdict);
    const bool blind = (answers ? !stream_open || !process.ok() : !watching) ||
                       probe::StatusExitCode(sighting.verdict) == base::ExitCode::kUnknown;
    const absl::Duration limit =
        blind ? std::min(deadline, world_.clock.Uptime() + kBlindInterval) : deadline;
    size_t ready = 0;
    Waited waited = WaitVisibly(world_, fds, limit, doing, &ready);
    if (waited == Waited::kTimedOut && limit < deadline) return Waited::kReady;
    if (waited != Waited::kReady || fds[ready] == also_) return waited;
    if (stream_open) {
      const RuntimeWatch::News news = stream_->Take();
      if (news.ended) stream_.reset();
      // The stream begins with what is known already.
      if (news.status.has_value() && Essence(*news.status) != seen_status_) return Waited::kReady;
    }
    if (process.ok() && process->Exited()) return Waited::kReady;
    if (watching && TakeEvents()) return Waited::kReady;
  }
}

}  // namespace holon::ctl
