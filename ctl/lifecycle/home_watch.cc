#include "ctl/lifecycle/home_watch.h"

#include <sys/inotify.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "runtime/base/file.h"

namespace holon::ctl {
namespace {

// Where the kernel tells nothing (no inotify left, a suspended process), look again now and then.
constexpr absl::Duration kBlindInterval = absl::Seconds(1);

std::string Essence(holon::v1::RuntimeStatusResponse status) {
  status.clear_counters();  // A look counts as a connection; it must not be news.
  return status.SerializeAsString();
}

}  // namespace

// The run directory, or the nearest parent that exists: its appearance is the first sign of a
// start.
void HomeWatch::WatchDirectories() {
  absl::StatusOr<base::Inotify> created = base::Inotify::Create();
  if (!created.ok()) {
    inotify_.reset();
    return;
  }
  inotify_.emplace(*std::move(created));
  const uint32_t mask = IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF;
  for (std::string directory : {world_.paths.run, base::DirectoryOf(world_.socket_path)}) {
    while (!inotify_->Watch(directory, mask).ok() && directory != "/") {
      directory = base::DirectoryOf(directory);
    }
  }
}

absl::StatusOr<probe::Sighting> HomeWatch::Look() {
  WatchDirectories();
  return world_.Look();
}

Waited HomeWatch::AwaitChange(probe::Sighting& sighting, absl::Duration deadline,
                              const std::string& doing) {
  absl::StatusOr<base::ProcessHandle> process = absl::NotFoundError("nobody");
  if (sighting.process.has_value()) process = base::ProcessHandle::Open(*sighting.process);
  if (sighting.answer.has_value() && sighting.client != nullptr &&
      stream_instance_ != sighting.answer->instance_id()) {
    stream_.reset();
    client_ = std::move(sighting.client);
    stream_ = std::make_unique<RuntimeWatch>(*client_);
    stream_instance_ = sighting.answer->instance_id();
  }
  if (sighting.answer.has_value()) seen_status_ = Essence(*sighting.answer);
  bool stream_open = stream_ != nullptr;
  while (true) {
    std::vector<int> fds;
    if (inotify_.has_value()) fds.push_back(inotify_->fd());
    if (process.ok()) fds.push_back(process->fd());
    if (stream_open) fds.push_back(stream_->fd());
    const bool blind = !inotify_.has_value() || sighting.verdict == probe::Verdict::kUnresponsive ||
                       (probe::Answers(sighting.verdict) && !process.ok());
    const absl::Duration limit =
        blind ? std::min(deadline, world_.clock.Uptime() + kBlindInterval) : deadline;
    Waited waited = WaitVisibly(world_, fds, limit, doing);
    if (waited == Waited::kTimedOut && limit < deadline) return Waited::kReady;
    if (waited != Waited::kReady) return waited;
    if (stream_open) {
      RuntimeWatch::News news = stream_->Take();
      stream_open = !news.ended;
      // The stream begins with what is known already.
      if (news.status.has_value() && Essence(*news.status) != seen_status_) return Waited::kReady;
      if (news.ended && !process.ok()) return Waited::kReady;
    }
    if (process.ok() && process->Exited()) return Waited::kReady;
    if (inotify_.has_value() && !inotify_->Read().empty()) return Waited::kReady;
  }
}

}  // namespace holon::ctl
