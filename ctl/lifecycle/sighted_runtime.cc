#include "ctl/lifecycle/sighted_runtime.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ctl/lifecycle/cleanup.h"
#include "ctl/lifecycle/decisions.h"
#include "runtime/base/status_macros.h"
#include "runtime/state/instance_lock.h"
#include "runtime/state/stale_files.h"

namespace holon::ctl {
namespace {

constexpr absl::Duration kRpcTimeout = absl::Seconds(2);

// Blocks until the lock of the home is free, and gives it back.
absl::StatusOr<bool> AwaitRelease(const state::HomePaths& paths, bool may_change) {
  if (!may_change) {
    // The directory's lock needs no right to write.
    HOLON_RETURN_IF_ERROR(base::DirectoryLock::Wait(paths.home).status());
    return true;
  }
  HOLON_RETURN_IF_ERROR(state::InstanceLock::Wait(paths).status());
  return true;
}

}  // namespace

std::string InstanceOf(const probe::Sighting& sighting) {
  if (sighting.answer.has_value()) return sighting.answer->instance_id();
  return sighting.record.has_value() ? sighting.record->instance_id() : "";
}

std::string RuntimeName(const probe::Sighting& sighting) {
  return sighting.process.has_value() ? absl::StrCat("pid ", sighting.process->pid)
                                      : absl::StrCat("generation ", InstanceOf(sighting));
}

std::string SightedRuntime::Name() const { return RuntimeName(sighting_); }

absl::StatusOr<std::string> SightedRuntime::RequestShutdown() {
  holon::v1::ShutdownRequest request;
  holon::v1::ShutdownResponse response;
  request.set_reason(spec_.reason);
  request.mutable_caller()->set_pid(getpid());
  request.mutable_caller()->set_command(world_.self);
  request.set_expected_instance_id(sighting_.answer->instance_id());
  if (spec_.drain.has_value()) {
    request.mutable_drain_deadline()->set_seconds(absl::ToInt64Seconds(*spec_.drain));
    request.mutable_drain_deadline()->set_nanos(
        static_cast<int32_t>(absl::ToInt64Nanoseconds(*spec_.drain % absl::Seconds(1))));
  }
  grpc::Status status = sighting_.client->Shutdown(kRpcTimeout, request, &response);
  // Nobody polls this connection any more, and an open one would hold up the end of the server.
  sighting_.client.reset();
  if (status.ok()) return absl::StrCat("accepted by generation ", response.instance_id());
  absl::Status failed = JudgeShutdownError(status);
  // Where the process is known, its own end tells.
  if (absl::IsUnavailable(failed) && !process_.has_value()) HOLON_RETURN_IF_ERROR(LookAgain());
  return failed;
}

absl::Status SightedRuntime::LookAgain() {
  absl::StatusOr<probe::Sighting> now = world_.Look(probe::Want::kVerdict);
  if (!now.ok()) return absl::OkStatus();
  if (probe::IsDead(now->verdict)) {
    return absl::NotFoundError(absl::StrCat(Name(), " has ended by itself"));
  }
  if (probe::Answers(now->verdict) && InstanceOf(*now) != InstanceOf(sighting_)) {
    return absl::AbortedError(absl::StrCat("generation ", InstanceOf(*now), " runs by now"));
  }
  return absl::OkStatus();
}

absl::Status SightedRuntime::Unproven() {
  HOLON_RETURN_IF_ERROR(LookAgain());
  return absl::FailedPreconditionError(
      absl::StrCat("no signal was sent, because the process of the runtime is not proven: ",
                   sighting_.unproven));
}

absl::Status SightedRuntime::Terminate() {
  if (!process_.has_value()) return Unproven();
  HOLON_RETURN_IF_ERROR(process_->Signal(SIGTERM));
  absl::Status resumed = process_->Signal(SIGCONT);
  return absl::IsNotFound(resumed) ? absl::OkStatus() : resumed;
}

absl::Status SightedRuntime::Kill() {
  if (!process_.has_value()) return Unproven();
  absl::Status sent = process_->SignalGroup(SIGKILL);
  killed_ = killed_ || sent.ok();
  return sent;
}

// Readable once the runtime has ended.
absl::StatusOr<int> SightedRuntime::EndFd() {
  if (process_.has_value()) return process_->fd();
  if (!released_.has_value()) {
    HOLON_ASSIGN_OR_RETURN(
        base::Pending<bool> pending,
        base::Pending<bool>::Start([paths = world_.paths, may_change = may_change_] {
          return AwaitRelease(paths, may_change);
        }));
    released_.emplace(std::move(pending));
  }
  return released_->fd();
}

// Whether the runtime has ended, once the descriptor is readable.
absl::StatusOr<bool> SightedRuntime::Ended() {
  if (process_.has_value()) return true;
  absl::StatusOr<bool> released = released_->Take();
  released_.reset();
  // A home that is gone has no runtime.
  if (absl::IsNotFound(released.status())) return true;
  HOLON_RETURN_IF_ERROR(released.status());
  HOLON_ASSIGN_OR_RETURN(probe::Sighting now, world_.Look(probe::Want::kVerdict));
  return !probe::IsLive(now.verdict) || InstanceOf(now) != InstanceOf(sighting_);
}

absl::Status SightedRuntime::AwaitExit(absl::Duration timeout, const std::string& doing) {
  const absl::Duration end = world_.clock.Uptime() + timeout;
  while (true) {
    HOLON_ASSIGN_OR_RETURN(int fd, EndFd());
    Waited waited = WaitVisibly(world_, {fd}, end, doing);
    if (waited == Waited::kReady) {
      HOLON_ASSIGN_OR_RETURN(bool ended, Ended());
      if (ended) return absl::OkStatus();
      // It lives without the lock, and nothing tells of its end.
      waited = WaitVisibly(world_, {}, std::min(end, world_.clock.Uptime() + kLookAgain), doing);
    }
    if (waited == Waited::kInterrupted) return absl::CancelledError("interrupted");
    if (world_.clock.Uptime() >= end) return absl::DeadlineExceededError("still alive");
  }
}

absl::StatusOr<std::string> SightedRuntime::Verify() {
  if (process_.has_value() && !process_->Exited()) {
    return absl::InternalError(absl::StrCat(Name(), " still lives"));
  }
  if (may_change_) {
    return CleanUpAfter(world_, sighting_.socket_path,
                        killed_ ? state::Vanished::kKnown : state::Vanished::kRecord);
  }
  return DescribeLeft(world_.paths, sighting_.socket_path);
}

std::string DescribeLeft(const state::HomePaths& paths, const std::string& socket_path) {
  const std::vector<std::string> left = state::LeftoverFiles(paths, socket_path);
  return absl::StrCat("it has ended; the home is not ours to change, so nothing was removed",
                      left.empty() ? "" : absl::StrCat("; left: ", absl::StrJoin(left, ", ")));
}

}  // namespace holon::ctl
