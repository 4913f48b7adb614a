#include "runtime/probe/prober.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "runtime/base/clock.h"
#include "runtime/base/file.h"
#include "runtime/base/file_lock.h"
#include "runtime/base/inotify.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/unix_socket.h"
#include "runtime/base/wait.h"
#include "runtime/state/daemon_record.h"
#include "runtime/state/stale_files.h"

namespace holon::probe {
namespace {

using base::ConnectOutcome;

// Whoever is asked at the last moment gets this long to answer all the same.
constexpr absl::Duration kLeastPatience = absl::Milliseconds(200);
// What the kernel calls a runtime.
constexpr char kRuntimeProgram[] = "holond";

int MajorOf(const std::string& contract_version) {
  std::vector<std::string> parts = absl::StrSplit(contract_version, '.');
  int major;
  return absl::SimpleAtoi(parts[0], &major) ? major : 0;
}

// gRPC's own words for an answer that came and could not be decoded. The codes alone do not tell:
// the first is also that of a service that does not exist, the second that of a peer that does not
// speak HTTP/2 at all.
bool Undecodable(const grpc::Status& status) {
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
    return status.error_message() == "No message returned for unary request";
  }
  return status.error_code() == grpc::StatusCode::INTERNAL &&
         absl::StrContains(status.error_message(), "serializ");
}

Handshake JudgeAnswer(const grpc::Status& status, const v1::RuntimeStatusResponse& answer,
                      const std::string& home) {
  if (Undecodable(status)) return Handshake::kIncompatible;
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      if (MajorOf(answer.contract_version()) != kContractMajor) return Handshake::kIncompatible;
      return answer.home_dir() == home ? Handshake::kOurs : Handshake::kOtherHome;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return Handshake::kSilent;
    default:
      return Handshake::kNotHolon;
  }
}

// A lock file that was removed from this home, or moved within it, with its folder or without.
bool IsStray(const base::HeldLock& held, const state::HomePaths& paths) {
  if (held.lost) return held.path == paths.instance_lock;
  const std::string folder = base::DirectoryOf(held.path);
  return folder == paths.home || (folder != paths.run && base::DirectoryOf(folder) == paths.home);
}

// A lock file where a home has one, perhaps another home: its holder is a runtime of that home.
bool IsOfSomeHome(const base::HeldLock& held, const state::HomePaths& paths) {
  return base::NameOf(base::DirectoryOf(held.path)) == base::NameOf(paths.run);
}

// One pass over lock, socket and handshake.
class Glance {
 public:
  Glance(const state::HomePaths& paths, const base::Deadline& deadline)
      : paths_(paths), deadline_(deadline) {}

  absl::StatusOr<Sighting> Take(const std::string& given_socket, base::LockState lock);

 private:
  absl::Status Ask(const std::string& socket_path);
  void ReadRecord();
  absl::Status AskRecordedSocket(const std::string& given_socket);
  void FindProcess();
  void Explain();

  const state::HomePaths& paths_;
  const base::Deadline& deadline_;
  // What answers is a gRPC server without our service.
  bool unknown_service_ = false;
  Sighting sighting_;
};

absl::Status Glance::Ask(const std::string& socket_path) {
  Observation& seen = sighting_.seen;
  sighting_.socket_path = socket_path;
  sighting_.answer.reset();
  sighting_.peer.reset();
  unknown_service_ = false;
  seen.peer_is_service_manager = false;
  seen.handshake = Handshake::kNone;
  base::Connection connection = base::ConnectTo(socket_path);
  seen.socket = connection.outcome;
  if (connection.outcome == ConnectOutcome::kDenied) {
    return absl::PermissionDeniedError(
        absl::StrCat("cannot connect to ", socket_path, ": it belongs to another user"));
  }
  if (connection.outcome != ConnectOutcome::kConnected) return absl::OkStatus();
  sighting_.peer = connection.peer;
  auto client = std::make_unique<ControlClient>(std::move(connection.fd));
  v1::RuntimeStatusResponse answer;
  grpc::Status status =
      client->RuntimeStatus(std::max(deadline_.Remaining(), kLeastPatience), &answer);
  seen.handshake = JudgeAnswer(status, answer, paths_.home);
  seen.phase = answer.phase();
  seen.peer_is_service_manager = seen.handshake == Handshake::kSilent &&
                                 (sighting_.peer->uid == 0 || sighting_.peer->uid == geteuid()) &&
                                 base::CommandNameOf(sighting_.peer->pid) == "systemd";
  if (status.ok()) sighting_.answer = std::move(answer);
  if (seen.handshake == Handshake::kOurs) sighting_.client = std::move(client);
  unknown_service_ = seen.handshake == Handshake::kNotHolon &&
                     status.error_code() == grpc::StatusCode::UNIMPLEMENTED;
  return absl::OkStatus();
}

void Glance::ReadRecord() {
  absl::StatusOr<state::v1::DaemonRecord> record = state::ReadDaemonRecord(paths_.daemon_record);
  if (record.ok()) {
    sighting_.record = *std::move(record);
  } else if (!absl::IsNotFound(record.status())) {
    sighting_.record_damage = std::string(record.status().message());
  }
}

// While a runtime holds the lock, it knows better than the caller where its socket is.
absl::Status Glance::AskRecordedSocket(const std::string& given_socket) {
  const Observation& seen = sighting_.seen;
  if (!seen.lock_held || seen.handshake == Handshake::kOurs || !sighting_.record.has_value() ||
      sighting_.record->socket_path().empty() || sighting_.record->socket_path() == given_socket) {
    return absl::OkStatus();
  }
  return Ask(sighting_.record->socket_path());
}

// Whom a signal may go to. A record alone proves nothing: the lock's holder, or a handshake whose
// sender the kernel confirms, does.
void Glance::FindProcess() {
  Observation& seen = sighting_.seen;
  if (seen.handshake == Handshake::kOurs && sighting_.peer->pid == sighting_.answer->pid()) {
    absl::StatusOr<base::ProcessIdentity> peer = base::IdentityOf(sighting_.peer->pid);
    if (peer.ok()) sighting_.process = *peer;
    return;
  }
  std::optional<base::ProcessIdentity> recorded;
  if (sighting_.record.has_value()) {
    recorded = state::FromRecord(sighting_.record->identity());
    // A home that was copied has the record of another one.
    if (base::Judge(*recorded) != base::IdentityVerdict::kAlive ||
        sighting_.record->home_dir() != paths_.home) {
      recorded.reset();
    }
  }
  seen.peer_is_recorded =
      recorded.has_value() && sighting_.peer.has_value() && sighting_.peer->pid == recorded->pid;
  if (seen.lock_held) {
    std::optional<pid_t> holder = base::FindLockHolder(paths_.instance_lock);
    if (holder.has_value()) {
      absl::StatusOr<base::ProcessIdentity> identity = base::IdentityOf(*holder);
      if (identity.ok()) sighting_.process = *identity;
    }
    // Without a view of /proc the record will do where the socket's peer confirms it.
    if (!sighting_.process.has_value() && seen.peer_is_recorded) sighting_.process = recorded;
  } else if (recorded.has_value()) {
    // It is not enough that somebody with that identity lives: a record can lie.
    for (const base::HeldLock& held :
         base::LocksHeldBy(recorded->pid, base::NameOf(paths_.instance_lock))) {
      seen.holds_lost_lock = seen.holds_lost_lock || IsStray(held, paths_) ||
                             (!held.lost && !IsOfSomeHome(held, paths_));
    }
    if (seen.holds_lost_lock || seen.peer_is_recorded) sighting_.process = recorded;
  } else if (std::optional<pid_t> holder = FindStrayHolder(paths_)) {
    absl::StatusOr<base::ProcessIdentity> identity = base::IdentityOf(*holder);
    if (identity.ok()) sighting_.process = *identity;
    seen.holds_lost_lock = identity.ok();
  }
  // A Holon that holds our lock and does not know our service is one of another contract.
  if (unknown_service_ && sighting_.process.has_value() &&
      sighting_.peer->pid == sighting_.process->pid) {
    seen.handshake = Handshake::kIncompatible;
  }
}

void Glance::Explain() {
  const Observation& seen = sighting_.seen;
  const std::string& socket = sighting_.socket_path;
  std::string peer;
  if (sighting_.peer.has_value() && sighting_.peer->pid > 0) {
    std::string command = base::CommandLineOf(sighting_.peer->pid).substr(0, 80);
    peer = absl::StrCat(" (pid ", sighting_.peer->pid, command.empty() ? "" : ": ", command, ")");
  }
  std::string process =
      sighting_.process.has_value() ? absl::StrCat(" (pid ", sighting_.process->pid, ")") : "";
  std::string& detail = sighting_.detail;
  switch (sighting_.verdict) {
    case Verdict::kUnresponsive:
      if (!seen.lock_held && seen.holds_lost_lock) {
        detail = absl::StrCat("the runtime", process, " lives, but has lost its lock file",
                              sighting_.record.has_value() ? ", generation " : "",
                              sighting_.record.has_value() ? sighting_.record->instance_id() : "");
      } else if (seen.handshake == Handshake::kSilent) {
        detail = absl::StrCat("the runtime", process, " lives, but did not answer on ", socket,
                              ": it is suspended, hung or overloaded");
      } else if (seen.handshake == Handshake::kOtherHome) {
        detail = absl::StrCat("the runtime", process, " lives, but on ", socket,
                              " answers a Holon of the home ", sighting_.answer->home_dir(), peer);
      } else if (seen.handshake == Handshake::kNotHolon) {
        detail = absl::StrCat("the runtime", process, " lives, but on ", socket,
                              " answers something that is not Holon", peer);
      } else {
        detail = absl::StrCat(
            "the runtime", process, " lives, but its socket ", socket,
            seen.socket == ConnectOutcome::kAbsent ? " is missing" : " takes no connections");
      }
      break;
    case Verdict::kIncompatible:
      detail = sighting_.answer.has_value()
                   ? absl::StrCat("a Holon", peer, " answers on ", socket, " with contract ",
                                  sighting_.answer->contract_version(), "; this holonctl speaks ",
                                  kContractVersion)
                   : absl::StrCat("what answers on ", socket, peer, " cannot be decoded");
      break;
    case Verdict::kForeign:
      if (seen.handshake == Handshake::kOtherHome) {
        detail = absl::StrCat(socket, " belongs to a Holon of another home, ",
                              sighting_.answer->home_dir(), peer);
      } else if (seen.socket == ConnectOutcome::kNotSocket) {
        detail = absl::StrCat(socket, " exists and is not a socket");
      } else {
        detail = absl::StrCat("something that is not Holon", peer, " listens on ", socket);
      }
      break;
    case Verdict::kStale:
      detail = "the runtime has died and left files behind";
      if (sighting_.record.has_value()) {
        detail = absl::StrCat(
            "the runtime (pid ", sighting_.record->identity().pid(), ") ",
            base::IdentityVerdictText(base::Judge(state::FromRecord(sighting_.record->identity()))),
            ", and left files behind");
      }
      break;
    default:
      detail.clear();
  }
}

absl::StatusOr<Sighting> Glance::Take(const std::string& given_socket, base::LockState lock) {
  Observation& seen = sighting_.seen;
  seen.lock_held = lock == base::LockState::kHeld;
  HOLON_RETURN_IF_ERROR(Ask(given_socket));
  if (seen.handshake != Handshake::kOurs) ReadRecord();
  HOLON_RETURN_IF_ERROR(AskRecordedSocket(given_socket));
  FindProcess();
  std::vector<std::string> leftovers;
  if (seen.handshake != Handshake::kOurs) leftovers = state::LeftoverFiles(paths_, given_socket);
  seen.leftovers = !leftovers.empty();
  sighting_.verdict = Judge(seen);
  if (sighting_.verdict == Verdict::kStale) sighting_.stale_files = std::move(leftovers);
  Explain();
  return std::move(sighting_);
}

// Whether a second glance could see something better than the first.
bool MayChange(const Sighting& sighting) {
  const Observation& seen = sighting.seen;
  return (seen.lock_held || seen.holds_lost_lock) && seen.handshake != Handshake::kOurs &&
         seen.handshake != Handshake::kSilent && seen.handshake != Handshake::kIncompatible;
}

}  // namespace

std::optional<pid_t> FindStrayHolder(const state::HomePaths& paths) {
  const std::string name = base::NameOf(paths.instance_lock);
  for (const base::HeldLock& held : base::FindHeldLocks(name, kRuntimeProgram)) {
    if (IsStray(held, paths)) return held.pid;
  }
  return std::nullopt;
}

absl::StatusOr<Sighting> LookBeside(const base::FileLock&, const state::HomePaths& paths,
                                    const std::string& socket_path, absl::Duration timeout) {
  base::SystemClock clock;
  base::Deadline deadline(clock, timeout);
  return Glance(paths, deadline).Take(socket_path, base::LockState::kFree);
}

absl::StatusOr<Sighting> Look(const state::HomePaths& paths, const std::string& socket_path,
                              absl::Duration timeout) {
  base::SystemClock clock;
  base::Deadline deadline(clock, timeout);
  std::optional<base::Inotify> inotify;
  bool again = true;
  while (true) {
    HOLON_ASSIGN_OR_RETURN(base::LockState before, base::LockStateOf(paths.instance_lock));
    HOLON_ASSIGN_OR_RETURN(Sighting sighting, Glance(paths, deadline).Take(socket_path, before));
    HOLON_ASSIGN_OR_RETURN(base::LockState after, base::LockStateOf(paths.instance_lock));
    if (after != before) {
      // The world changed while we looked. One more look gets the whole time-out, so that a runtime
      // which came or went at the last moment is not called silent.
      if (deadline.Expired()) {
        if (!again) return sighting;
        again = false;
        deadline = base::Deadline(clock, timeout);
      }
      continue;
    }
    if (!MayChange(sighting) || deadline.Expired()) return sighting;
    // A living runtime whose socket is not there yet, or no longer: wait for the socket or for its
    // end. The home's other entries matter where the run directory itself is gone.
    if (!inotify.has_value()) {
      absl::StatusOr<base::Inotify> created = base::Inotify::Create();
      if (!created.ok()) return sighting;
      inotify.emplace(*std::move(created));
      for (const std::string& directory :
           {base::DirectoryOf(sighting.socket_path), paths.run, paths.home}) {
        (void)inotify->Watch(directory, IN_CREATE | IN_MOVED_TO | IN_DELETE);
      }
      continue;  // What happened before the watch began is seen by one more glance.
    }
    absl::StatusOr<base::ProcessHandle> process = absl::NotFoundError("nobody");
    if (sighting.process.has_value()) process = base::ProcessHandle::Open(*sighting.process);
    // Where nothing has happened a second glance sees the same, with no time left to hear an
    // answer.
    if (!base::WaitReadable({inotify->fd(), process.ok() ? process->fd() : -1},
                            deadline.Remaining())) {
      return sighting;
    }
    inotify->Read();
  }
}

}  // namespace holon::probe
