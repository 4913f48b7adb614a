#include "runtime/daemon/instance.h"

#include <unistd.h>

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/file.h"
#include "runtime/base/lock_holder.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/unix_socket.h"
#include "runtime/config/text.h"
#include "runtime/probe/prober.h"
#include "runtime/state/daemon_record.h"
#include "runtime/state/json_file.h"
#include "runtime/state/process_text.h"
#include "runtime/state/stale_files.h"

namespace holon::daemon {
namespace {

// Somebody may just be cleaning up after a dead runtime.
constexpr absl::Duration kLockWait = absl::Seconds(1);
// More than a record ever has.
constexpr size_t kMaxContent = 1 << 20;

std::string HolderText(const state::HomePaths& paths) {
  absl::StatusOr<state::v1::DaemonRecord> record = state::ReadDaemonRecord(paths.daemon_record);
  const pid_t recorded = record.ok() ? record->identity().pid() : 0;
  std::optional<base::ProcessIdentity> holder = state::FindRuntime(paths, recorded);
  if (!holder.has_value()) return "a process that cannot be seen from here";
  return absl::StrCat(
      "pid ", holder->pid,
      holder->pid == recorded ? absl::StrCat(", generation ", record->instance_id()) : "");
}

Refusal Refuse(base::ExitCode exit_code, const std::string& message) {
  return Refusal{exit_code, message};
}

std::optional<Refusal> RefuseForLock(const state::HomePaths& paths, const absl::Status& status) {
  if (status.ok()) return std::nullopt;
  if (absl::IsCancelled(status)) {
    return Refuse(base::ExitCode::kInterrupted, "interrupted while waiting for the lock");
  }
  if (absl::IsUnavailable(status)) {
    absl::StatusOr<state::Hold> hold = state::HoldOf(paths);
    const std::string taker = state::DescribeTaker(paths);
    const bool runtime = !hold.ok() || *hold == state::Hold::kRuntime || taker.empty();
    return Refuse(base::ExitCode::kFailed, runtime
                                               ? absl::StrCat("another runtime serves ", paths.home,
                                                              " already (", HolderText(paths), ")")
                                               : taker);
  }
  return Refuse(base::ExitCodeFor(status), std::string(status.message()));
}

// The process on record lives, and its lock file is lost: a runtime from before the lock on
// the home, which held nothing but that file.
std::optional<Refusal> RefuseForRecord(const state::HomePaths& paths) {
  absl::StatusOr<state::v1::DaemonRecord> record = state::ReadDaemonRecord(paths.daemon_record);
  if (!record.ok() || !base::SameFile(record->home_dir(), paths.home)) return std::nullopt;
  absl::Status known = state::CheckFormat(*record);
  if (!known.ok()) return Refuse(base::ExitCode::kFailed, std::string(known.message()));
  if (base::Judge(state::FromRecord(record->identity())) != base::IdentityVerdict::kAlive ||
      !base::HoldsLockNamed(record->identity().pid(), base::NameOf(paths.instance_lock))) {
    return std::nullopt;
  }
  return Refuse(
      base::ExitCode::kUnknown,
      absl::StrCat("pid ", record->identity().pid(), ", generation ", record->instance_id(),
                   ", lives and has lost its lock on ", paths.home));
}

// A lock that was lost is fresh for us, while its old holder lives on: look before believing it.
std::optional<Refusal> RefuseForSighting(const state::HomePaths& paths,
                                         const absl::StatusOr<probe::Sighting>& sighting) {
  if (absl::IsCancelled(sighting.status())) {
    return Refuse(base::ExitCode::kInterrupted, "interrupted while looking for another runtime");
  }
  if (!sighting.ok()) {
    return Refuse(base::ExitCodeFor(sighting.status()), std::string(sighting.status().message()));
  }
  if (sighting->seen.peer_is_service_manager) {
    return Refuse(base::ExitCode::kUnknown,
                  absl::StrCat("systemd listens on ", sighting->socket_path,
                               "; start the runtime through systemd"));
  }
  switch (sighting->verdict) {
    case probe::Verdict::kStopped:
    case probe::Verdict::kStale:
      return std::nullopt;
    case probe::Verdict::kRunning:
    case probe::Verdict::kStarting:
    case probe::Verdict::kStopping:
      return Refuse(base::ExitCode::kFailed,
                    absl::StrCat("another runtime serves ", paths.home, " already (pid ",
                                 sighting->answer->pid(), ", generation ",
                                 sighting->answer->instance_id(), ")"));
    default:
      return Refuse(base::ExitCode::kUnknown, sighting->detail);
  }
}

// The home of a living Holon whose socket stands at the path of ours; empty: there is none. It
// answers, or holds its home while it does not.
std::string OtherHomeOf(const probe::Sighting& sighting, const state::HomePaths& paths) {
  if (sighting.answer.has_value() && sighting.seen.handshake != probe::Handshake::kOurs) {
    return sighting.answer->home_dir();
  }
  if (sighting.seen.handshake == probe::Handshake::kStranger || !sighting.peer.has_value()) {
    return "";
  }
  for (const base::MarkedDirectory& home : base::MarkedDirectoriesOf(sighting.peer->pid)
                                               .value_or(std::vector<base::MarkedDirectory>())) {
    if (!base::SameFile(home.path, paths.home)) return home.path;
  }
  return "";
}

// Two homes that are configured with one socket would displace each other's for ever: what another
// Holon serves is left to it. FAILED_PRECONDITION: it is.
absl::Status CheckSocketIsFree(const state::InstanceLock& lock, const state::HomePaths& paths,
                               const std::string& socket_path, const base::FileInfo& own) {
  HOLON_ASSIGN_OR_RETURN(base::FileInfo there, base::Look(socket_path));
  if (there.type != base::FileType::kSocket || there.SameFile(own)) return absl::OkStatus();
  HOLON_ASSIGN_OR_RETURN(probe::Sighting sighting, probe::LookBeside(lock, paths, socket_path));
  const std::string other = OtherHomeOf(sighting, paths);
  if (other.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      socket_path, " is the socket of another Holon, whose home is ", config::OneLine(other), " (",
      state::ProcessText(sighting.peer->pid), "); give one of the two another socket_path"));
}

// A file with another content is somebody else's by now.
absl::Status RemoveOwn(const std::string& path, const std::string& content) {
  absl::StatusOr<std::string> present = base::ReadFile(path, kMaxContent);
  const bool truncated = present.ok() && absl::StartsWith(content, *present);
  return truncated ? base::RemoveFile(path) : absl::OkStatus();
}

}  // namespace

std::optional<Instance> Instance::Claim(const state::HomePaths& paths,
                                        const std::string& socket_path,
                                        std::optional<base::HandedSocket> handed, int interrupt_fd,
                                        Refusal* refusal) {
  auto refused = [refusal](std::optional<Refusal> reason) {
    if (reason.has_value()) *refusal = *std::move(reason);
    return reason.has_value();
  };
  absl::StatusOr<state::InstanceLock> lock =
      state::InstanceLock::Acquire(paths, kLockWait, interrupt_fd);
  if (refused(RefuseForLock(paths, lock.status()))) return std::nullopt;
  // Under socket activation we are the listener; probing it would reach ourselves.
  if (!handed.has_value() &&
      refused(RefuseForSighting(
          paths, probe::LookBeside(*lock, paths, socket_path, {.interrupt_fd = interrupt_fd})))) {
    return std::nullopt;
  }
  if (refused(RefuseForRecord(paths))) return std::nullopt;
  absl::Status marked = lock->Mark();
  if (!marked.ok()) {
    *refusal = Refuse(base::ExitCode::kFailed, std::string(marked.message()));
    return std::nullopt;
  }
  return Instance(*std::move(lock), paths, socket_path, std::move(handed));
}

absl::StatusOr<base::UniqueFd> Instance::Listen() {
  if (handed_.has_value()) return std::move(handed_->fd);
  absl::MutexLock disk(&files_->disk);
  HOLON_RETURN_IF_ERROR(CheckNotWithdrawn());
  HOLON_ASSIGN_OR_RETURN(base::UniqueFd socket, base::ListenAt(socket_path_));
  HOLON_ASSIGN_OR_RETURN(base::FileInfo file, base::Look(socket_path_));
  absl::MutexLock lock(&files_->mutex);
  files_->socket = file;
  return socket;
}

absl::Status Instance::Announce(const state::v1::DaemonRecord& record, const Step& step) {
  absl::MutexLock disk(&files_->disk);
  step("writing the record");
  HOLON_RETURN_IF_ERROR(WriteRecord(record));
  step("writing the pid file");
  HOLON_RETURN_IF_ERROR(CheckNotWithdrawn());
  return base::WriteFileAtomically(paths_.pid_file, pid_text_, 0600, base::Durability::kWhole);
}

absl::Status Instance::RemoveOldRuntime(const Step& step) {
  step("looking at what an earlier runtime left");
  absl::MutexLock disk(&files_->disk);
  std::vector<std::string> removed;
  return state::RemoveLeftovers(files_->lock, paths_, socket_path_, state::Vanished::kRecord,
                                &removed);
}

std::string Instance::PidText() { return absl::StrCat(getpid(), "\n"); }

absl::Status Instance::CheckNotWithdrawn() const {
  absl::MutexLock lock(&files_->mutex);
  return files_->withdrawn ? absl::CancelledError("the runtime has ended at once")
                           : absl::OkStatus();
}

absl::Status Instance::WriteRecord(const state::v1::DaemonRecord& record) {
  HOLON_RETURN_IF_ERROR(CheckNotWithdrawn());
  {
    absl::MutexLock lock(&files_->mutex);
    files_->record = state::ToJson(record);
  }
  return state::WriteDaemonRecord(paths_.daemon_record, record);
}

absl::Status Instance::UpdateRecord(const state::v1::DaemonRecord& record) {
  absl::MutexLock disk(&files_->disk);
  if (files_->lock.file().StillAt(paths_.instance_lock)) return WriteRecord(record);
  absl::MutexLock lock(&files_->mutex);
  files_->record = state::ToJson(record);
  return absl::FailedPreconditionError(
      absl::StrCat(paths_.daemon_record, " is written once ", paths_.instance_lock, " is back"));
}

Healed Instance::Heal(const std::set<std::string>& resting) {
  absl::MutexLock disk(&files_->disk);
  Healed healed;
  healed.status = HealRunDirectory(&healed);
  if (!healed.status.ok()) return healed;
  healed.status = HealLock(paths_.instance_lock, &files_->lock.file(), &healed);
  // Without the lock no file there is ours: its holder may be another runtime.
  if (absl::IsAborted(healed.status)) healed.loss = Healed::Loss::kLock;
  // But a holder that is no runtime does not keep anybody from being answered.
  const bool has_lock = healed.status.ok();
  if (!has_lock && !absl::IsUnavailable(healed.status)) return healed;
  std::string record;
  base::FileInfo socket;
  {
    absl::MutexLock lock(&files_->mutex);
    record = files_->record;
    socket = files_->socket;
  }
  if (has_lock && resting.count(paths_.daemon_record) == 0) {
    healed.status.Update(HealContent(paths_.daemon_record, record, &healed));
  }
  if (has_lock && resting.count(paths_.pid_file) == 0) {
    healed.status.Update(HealContent(paths_.pid_file, pid_text_, &healed));
  }
  if (!token_path_.empty() && resting.count(token_path_) == 0) {
    healed.status.Update(HealContent(token_path_, token_text_, &healed));
  }
  if (handed_.has_value() || resting.count(socket_path_) > 0) return healed;
  absl::Status free = CheckSocketIsFree(files_->lock, paths_, socket_path_, socket);
  healed.status.Update(free.ok() ? HealSocket(socket_path_, &socket, &healed) : free);
  absl::MutexLock lock(&files_->mutex);
  files_->socket = socket;
  return healed;
}

absl::Status Instance::HealRunDirectory(Healed* healed) {
  HOLON_RETURN_IF_ERROR(CheckNotWithdrawn());
  absl::Status checked = CheckHomeStands(paths_.home, files_->lock.home());
  if (absl::IsNotFound(checked)) healed->loss = Healed::Loss::kHome;
  HOLON_RETURN_IF_ERROR(checked);
  HOLON_RETURN_IF_ERROR(base::MakeDirectory(paths_.run, 0700));
  // What stands there may be a link, or open to others: as at the start, nothing is written to it.
  return state::CheckHome(paths_, state::HomeUse::kChange);
}

absl::Status Instance::Withdraw() {
  std::string record;
  base::FileInfo socket;
  {
    absl::MutexLock lock(&files_->mutex);
    files_->withdrawn = true;
    record = files_->record;
    socket = files_->socket;
  }
  absl::Status first = RemoveOwn(Here(paths_.pid_file), pid_text_);
  // Whoever looks at what cannot be removed knows by this that it is nothing of a crash.
  if (!first.ok()) (void)base::EmptyFile(Here(paths_.pid_file));
  first.Update(RemoveOwn(Here(paths_.daemon_record), record));
  // What another process has put in our socket's place is its own.
  const std::string path = Here(socket_path_);
  absl::StatusOr<base::FileInfo> there = base::Look(path);
  if (there.ok() && there->SameFile(socket)) first.Update(base::RemoveFile(path));
  return first;
}

absl::Status Instance::WithdrawAtOnce() {
  absl::Status first = Withdraw();
  // What was just being written is there once its writer is done.
  absl::MutexLock disk(&files_->disk);
  first.Update(Withdraw());
  return first;
}

std::string Instance::Here(const std::string& path) const {
  const base::DirectoryLock& home = files_->lock.home();
  if (home.StillAt(paths_.home) || !absl::StartsWith(path, paths_.home + "/")) return path;
  return absl::StrCat("/proc/self/fd/", home.fd(), path.substr(paths_.home.size()));
}

std::function<bool()> Instance::HoldsHome() const {
  return [files = std::weak_ptr<Files>(files_), path = paths_.home] {
    std::shared_ptr<Files> alive = files.lock();
    return alive != nullptr && alive->lock.home().StillAt(path);
  };
}

}  // namespace holon::daemon
