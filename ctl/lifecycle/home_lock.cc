#include "ctl/lifecycle/home_lock.h"

#include <sys/inotify.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "runtime/base/duration.h"
#include "runtime/base/file_lock.h"
#include "runtime/base/inotify.h"
#include "runtime/base/pending.h"

namespace holon::ctl {
namespace {

NextStep StillLocked(const World& world) {
  NextStep next = NextFor(world.call, Situation::kHomeLocked);
  next.advice = "wait until it has ended, or give this command a longer --timeout";
  return next;
}

HomeLock Refused(Outcome outcome) { return {std::nullopt, false, std::move(outcome)}; }

Outcome LockFailure(const absl::Status& status) {
  return Failure(base::ExitCodeFor(status),
                 absl::IsPermissionDenied(status) ? "PERMISSION_DENIED" : "LOCK_FAILED",
                 std::string(status.message()));
}

}  // namespace

HomeLock TakeHomeLock(World& world, const std::string& command, absl::Duration timeout,
                      const std::function<bool(const std::string&)>& may_go_beside) {
  const std::string& path = world.paths.lifecycle_lock;
  absl::StatusOr<state::LifecycleLock> lock =
      state::LifecycleLock::TryAcquire(path, {command, world.self, world.clock.Now()});
  if (lock.ok()) return {*std::move(lock), false, {}};
  if (!absl::IsUnavailable(lock.status())) return Refused(LockFailure(lock.status()));

  auto pending =
      base::Pending<base::FileLock>::Start([path] { return base::FileLock::Wait(path); });
  if (!pending.ok()) return Refused(LockFailure(pending.status()));
  absl::StatusOr<base::Inotify> changes = base::Inotify::Create();
  if (changes.ok()) {
    (void)changes->Watch(world.paths.run, IN_CREATE | IN_MOVED_TO | IN_DELETE);
  }
  const absl::Duration end = world.clock.Uptime() + timeout;
  while (true) {
    std::optional<state::v1::LifecycleHolder> holder = state::ReadLifecycleHolder(path);
    if (may_go_beside && may_go_beside(holder.has_value() ? holder->command() : "")) {
      return {std::nullopt, true, {}};
    }
    const std::string who =
        holder.has_value() ? state::HolderText(*holder, world.clock.Now()) : "another holonctl";
    std::vector<int> fds = {pending->fd()};
    if (may_go_beside && changes.ok()) fds.push_back(changes->fd());
    size_t ready = 0;
    switch (WaitVisibly(world, fds, end, absl::StrCat("waiting for ", who), &ready)) {
      case Waited::kInterrupted:
        return Refused(
            Failure(base::ExitCode::kInterrupted, "INTERRUPTED",
                    absl::StrCat("interrupted while waiting for ", who, "; nothing was done")));
      case Waited::kTimedOut:
        return Refused(Failure(base::ExitCode::kTimeout, "LOCK_TIMEOUT",
                               absl::StrCat(who, " still works on ", world.paths.home, " after ",
                                            base::FormatDuration(timeout), "; nothing was done"),
                               StillLocked(world)));
      case Waited::kReady:
        break;
    }
    if (ready == 1) {
      changes->Read();
      continue;
    }
    absl::StatusOr<base::FileLock> taken = pending->Take();
    if (!taken.ok()) return Refused(LockFailure(taken.status()));
    return {
        state::LifecycleLock::Adopt(*std::move(taken), {command, world.self, world.clock.Now()}),
        false,
        {}};
  }
}

}  // namespace holon::ctl
