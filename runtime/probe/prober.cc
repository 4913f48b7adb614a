#include "runtime/probe/prober.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/clock.h"
#include "runtime/base/file.h"
#include "runtime/base/inotify.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/unix_socket.h"
#include "runtime/base/wait.h"
#include "runtime/config/text.h"
#include "runtime/probe/explanation.h"
#include "runtime/probe/handshake.h"
#include "runtime/probe/proof.h"
#include "runtime/state/daemon_record.h"
#include "runtime/state/process_text.h"
#include "runtime/state/stale_files.h"

namespace holon::probe {
namespace {

using base::ConnectOutcome;
using state::Hold;

// Minimum time-out of the RPC, even if the probe's deadline has passed.
constexpr absl::Duration kMinRpcTimeout = absl::Milliseconds(200);

// Bytes of a listener's own words that a sentence repeats.
constexpr size_t kMaxWords = 200;

std::optional<base::ProcessIdentity> Seen(pid_t pid) {
  if (pid <= 0) return std::nullopt;
  absl::StatusOr<base::ProcessIdentity> identity = base::IdentityOf(pid);
  return identity.ok() ? std::optional<base::ProcessIdentity>(*identity) : std::nullopt;
}

absl::Status CheckInterrupt(int interrupt_fd) {
  const bool interrupted = base::WaitReadable({interrupt_fd}, absl::ZeroDuration()).has_value();
  return interrupted ? absl::CancelledError("interrupted") : absl::OkStatus();
}

// What came of asking at one socket.
struct Asked {
  std::string socket_path;
  ConnectOutcome socket = ConnectOutcome::kAbsent;
  Handshake handshake = Handshake::kNone;
  std::optional<base::PeerCredentials> credentials;
  // The listener, with the identity that it had before it was asked.
  std::optional<base::ProcessIdentity> peer;
  bool by_service_manager = false;
  // What answers is a gRPC server without our service.
  bool unknown_service = false;
  std::optional<v1::RuntimeStatusResponse> answer;
  std::unique_ptr<ControlClient> client;  // Of kOurs.
};

// One pass over lock, socket and handshake.
class Glance {
 public:
  Glance(const state::HomePaths& paths, const base::Deadline& deadline, int interrupt_fd)
      : paths_(paths), deadline_(deadline), interrupt_fd_(interrupt_fd) {}

  absl::StatusOr<Sighting> Take(const std::string& given_socket, Hold hold, Want want);

 private:
  absl::StatusOr<Asked> Ask(const std::string& socket_path);
  absl::Status Call(base::UniqueFd connection, Asked* asked);
  bool IsOfThisHome(const v1::RuntimeStatusResponse& answer);
  void ReadRecord();
  absl::Status AskRecordedSocket();
  void Fill();
  absl::StatusOr<bool> MayServe(uid_t uid) const;
  std::optional<base::ProcessIdentity> Recorded() const;
  std::optional<base::ProcessIdentity> Answered(
      const std::optional<base::ProcessIdentity>& recorded) const;
  void FindProcess();
  void Explain();

  const state::HomePaths& paths_;
  const base::Deadline& deadline_;
  const int interrupt_fd_;
  Hold hold_ = Hold::kFree;
  Asked asked_;
  bool record_read_ = false;
  Sighting sighting_;
};

// A runtime of this home runs as its owner or as root.
absl::StatusOr<bool> Glance::MayServe(uid_t uid) const {
  if (uid == 0) return true;
  HOLON_ASSIGN_OR_RETURN(base::FileInfo home, base::LookThrough(paths_.home));
  return uid == (home.type == base::FileType::kAbsent ? geteuid() : home.owner);
}

absl::StatusOr<Asked> Glance::Ask(const std::string& socket_path) {
  Asked asked;
  asked.socket_path = socket_path;
  base::Connection connection = base::ConnectTo(socket_path, deadline_.Remaining());
  asked.socket = connection.outcome;
  if (connection.outcome == ConnectOutcome::kDenied) {
    return absl::PermissionDeniedError(
        absl::StrCat("cannot connect to ", socket_path, ": it belongs to another user"));
  }
  if (connection.outcome == ConnectOutcome::kFailed) {
    return absl::ErrnoToStatus(connection.error, absl::StrCat("cannot connect to ", socket_path));
  }
  if (connection.outcome != ConnectOutcome::kConnected) return asked;
  asked.credentials = connection.peer;
  HOLON_ASSIGN_OR_RETURN(bool may_serve, MayServe(connection.peer.uid));
  if (may_serve) {
    HOLON_RETURN_IF_ERROR(Call(std::move(connection.fd), &asked));
  } else {
    asked.handshake = Handshake::kStranger;
  }
  return asked;
}

absl::Status Glance::Call(base::UniqueFd connection, Asked* asked) {
  asked->peer = Seen(asked->credentials->pid);
  auto client = std::make_unique<ControlClient>(std::move(connection), interrupt_fd_);
  v1::RuntimeStatusResponse answer;
  grpc::Status status =
      client->RuntimeStatus(std::max(deadline_.Remaining(), kMinRpcTimeout), &answer);
  if (!status.ok()) HOLON_RETURN_IF_ERROR(CheckInterrupt(interrupt_fd_));
  asked->handshake = JudgeAnswer(status, answer, status.ok() && IsOfThisHome(answer));
  asked->by_service_manager = asked->handshake == Handshake::kSilent &&
                              base::CommandNameOf(asked->credentials->pid) == "systemd";
  asked->unknown_service = asked->handshake == Handshake::kNotHolon &&
                           status.error_code() == grpc::StatusCode::UNIMPLEMENTED;
  if (status.ok()) asked->answer = std::move(answer);
  if (asked->handshake == Handshake::kOurs) asked->client = std::move(client);
  return absl::OkStatus();
}

// By its directory; by its generation, where the directory has another name there.
bool Glance::IsOfThisHome(const v1::RuntimeStatusResponse& answer) {
  if (IsOfHome(answer, base::LookThrough(paths_.home).value_or(base::FileInfo()), paths_.home)) {
    return true;
  }
  if (hold_ != Hold::kRuntime) return false;
  ReadRecord();
  return sighting_.record.has_value() && sighting_.record->instance_id() == answer.instance_id();
}

void Glance::ReadRecord() {
  if (record_read_) return;
  record_read_ = true;
  absl::StatusOr<state::v1::DaemonRecord> record = state::ReadDaemonRecord(paths_.daemon_record);
  if (record.ok()) {
    sighting_.record = *std::move(record);
  } else if (!absl::IsNotFound(record.status())) {
    sighting_.record_damage = std::string(record.status().message());
  }
}

// While a runtime holds the lock, it knows better than the caller where its socket is. Where
// nothing listens there, what listens at the given one is the better witness.
absl::Status Glance::AskRecordedSocket() {
  if (hold_ != Hold::kRuntime || asked_.handshake == Handshake::kOurs ||
      !sighting_.record.has_value() || sighting_.record->socket_path().empty() ||
      sighting_.record->socket_path() == asked_.socket_path) {
    return absl::OkStatus();
  }
  HOLON_ASSIGN_OR_RETURN(Asked recorded, Ask(sighting_.record->socket_path()));
  const bool listens = recorded.socket == ConnectOutcome::kConnected;
  if (listens || asked_.socket != ConnectOutcome::kConnected) asked_ = std::move(recorded);
  return absl::OkStatus();
}

// The living process of the record. A home that was copied has the record of another one.
std::optional<base::ProcessIdentity> Glance::Recorded() const {
  if (!sighting_.record.has_value()) return std::nullopt;
  const base::ProcessIdentity identity = state::FromRecord(sighting_.record->identity());
  if (base::Judge(identity) != base::IdentityVerdict::kAlive ||
      !base::SameFile(sighting_.record->home_dir(), paths_.home)) {
    return std::nullopt;
  }
  return identity;
}

// What the answer says of its process. The pid is one of the runtime's own namespace; what it means
// here is confirmed by a second source or not at all.
std::optional<base::ProcessIdentity> Glance::Answered(
    const std::optional<base::ProcessIdentity>& recorded) const {
  if (asked_.handshake != Handshake::kOurs) return std::nullopt;
  base::ProcessIdentity answered;
  answered.pid = asked_.answer->pid();
  const bool same_generation =
      recorded.has_value() && sighting_.record->instance_id() == asked_.answer->instance_id();
  if (same_generation) answered.start_time_ticks = recorded->start_time_ticks;
  return answered;
}

void Glance::FindProcess() {
  Observation& seen = sighting_.seen;
  ReadRecord();
  Sources sources;
  sources.peer = asked_.peer;
  sources.record = Recorded();
  sources.handshake = Answered(sources.record);
  Proof proof = ProveRuntime(sources);
  // The lock's holder last: it costs a search.
  if (!proof.process.has_value() && hold_ == Hold::kRuntime) {
    const std::optional<base::ProcessIdentity>& likely =
        sources.record.has_value() ? sources.record : asked_.peer;
    sources.lock = state::FindRuntime(paths_, likely.has_value() ? likely->pid : 0);
    proof = ProveRuntime(sources);
  }
  seen.peer_is_recorded = asked_.peer.has_value() && asked_.peer == sources.record;
  sighting_.process = proof.process;
  sighting_.unproven = proof.missing;
  if (!proof.process.has_value()) sighting_.holder = sources.lock;
  // A Holon that holds our lock and does not know our service is one of another contract.
  if (asked_.unknown_service && proof.process.has_value() && asked_.peer == proof.process) {
    asked_.handshake = Handshake::kIncompatible;
  }
}

// What was asked goes into the sighting.
void Glance::Fill() {
  Observation& seen = sighting_.seen;
  seen.lock_held = hold_ == Hold::kRuntime;
  seen.socket = asked_.socket;
  seen.handshake = asked_.handshake;
  seen.peer_is_service_manager = asked_.by_service_manager;
  if (asked_.answer.has_value()) seen.phase = asked_.answer->phase();
  sighting_.socket_path = asked_.socket_path;
  sighting_.answer = std::move(asked_.answer);
  sighting_.peer = asked_.credentials;
  sighting_.client = std::move(asked_.client);
}

void Glance::Explain() {
  Circumstances found;
  found.seen = sighting_.seen;
  found.socket_path = sighting_.socket_path;
  if (sighting_.Named().has_value()) found.process = absl::StrCat("pid ", sighting_.Named()->pid);
  if (sighting_.peer.has_value()) {
    found.peer_uid = sighting_.peer->uid;
    found.peer = sighting_.peer->pid > 0 ? state::ProcessText(sighting_.peer->pid)
                                         : "a process that cannot be seen from here";
    found.peer_is_process = asked_.peer.has_value() && asked_.peer == sighting_.process;
  }
  if (sighting_.answer.has_value()) {
    found.answered_home = config::OneLine(sighting_.answer->home_dir().substr(0, kMaxWords));
    if (base::SameFile(sighting_.answer->home_dir(), paths_.home)) {
      absl::StrAppend(&found.answered_home, ", which is another directory there");
    }
    found.answered_contract =
        config::OneLine(sighting_.answer->contract_version().substr(0, kMaxWords));
  }
  if (sighting_.record.has_value()) {
    const base::ProcessIdentity recorded = state::FromRecord(sighting_.record->identity());
    found.recorded =
        absl::StrCat("pid ", recorded.pid, " ", base::IdentityVerdictText(base::Judge(recorded)));
    if (!base::SameFile(sighting_.record->home_dir(), paths_.home)) {
      found.copied_from = config::OneLine(sighting_.record->home_dir().substr(0, kMaxWords));
    }
  }
  if (hold_ == Hold::kTaken && !IsLive(sighting_.verdict)) {
    found.taker = state::DescribeTaker(paths_);
  }
  sighting_.detail = probe::Explain(sighting_.verdict, found);
}

absl::StatusOr<Sighting> Glance::Take(const std::string& given_socket, Hold hold, Want want) {
  hold_ = hold;
  HOLON_ASSIGN_OR_RETURN(asked_, Ask(given_socket));
  if (asked_.handshake != Handshake::kOurs) ReadRecord();
  HOLON_RETURN_IF_ERROR(AskRecordedSocket());
  if (want == Want::kProof || asked_.handshake != Handshake::kOurs) FindProcess();
  Fill();
  std::vector<std::string> leftovers;
  if (asked_.handshake != Handshake::kOurs) leftovers = state::LeftoverFiles(paths_, given_socket);
  sighting_.seen.leftovers = !leftovers.empty();
  sighting_.verdict = Judge(sighting_.seen);
  if (sighting_.verdict == Verdict::kStale) sighting_.stale_files = std::move(leftovers);
  Explain();
  return std::move(sighting_);
}

// Whether a second glance could see something better than the first.
bool MayChange(const Observation& seen) {
  return seen.lock_held && seen.handshake != Handshake::kOurs &&
         seen.handshake != Handshake::kSilent && seen.handshake != Handshake::kIncompatible;
}

// Waits for what could change a glance: the socket's appearance, or the runtime's end. False: the
// deadline has passed, or the kernel cannot tell.
class ChangeWatch {
 public:
  ChangeWatch(const state::HomePaths& paths, const base::Deadline& deadline, int interrupt_fd)
      : paths_(paths), deadline_(deadline), interrupt_fd_(interrupt_fd) {}

  bool Await(const Sighting& sighting) {
    if (!inotify_.has_value()) {
      absl::StatusOr<base::Inotify> created = base::Inotify::Create();
      if (!created.ok()) return false;
      inotify_.emplace(*std::move(created));
      // The home's other entries matter where the run directory itself is gone.
      for (const std::string& directory :
           {base::DirectoryOf(sighting.socket_path), paths_.run, paths_.home}) {
        (void)inotify_->Watch(directory, IN_CREATE | IN_MOVED_TO | IN_DELETE);
      }
      return true;  // What happened before the watch began is seen by one more glance.
    }
    absl::StatusOr<base::ProcessHandle> process = absl::NotFoundError("nobody");
    if (sighting.Named().has_value()) process = base::ProcessHandle::Open(*sighting.Named());
    const bool changed =
        base::WaitReadable({inotify_->fd(), process.ok() ? process->fd() : -1, interrupt_fd_},
                           deadline_.Remaining())
            .has_value();
    inotify_->Read();
    return changed;
  }

 private:
  const state::HomePaths& paths_;
  const base::Deadline& deadline_;
  const int interrupt_fd_;
  std::optional<base::Inotify> inotify_;
};

}  // namespace

absl::StatusOr<Sighting> LookBeside(const state::InstanceLock&, const state::HomePaths& paths,
                                    const std::string& socket_path, const LookLimits& limits) {
  base::SystemClock clock;
  base::Deadline deadline(clock, limits.timeout);
  return Glance(paths, deadline, limits.interrupt_fd).Take(socket_path, Hold::kFree, Want::kProof);
}

absl::StatusOr<Sighting> Look(const state::HomePaths& paths, const std::string& socket_path,
                              Want want, const LookLimits& limits) {
  base::SystemClock clock;
  base::Deadline deadline(clock, limits.timeout);
  ChangeWatch changes(paths, deadline, limits.interrupt_fd);
  // A caller that has less time gets what was seen until then.
  bool again = limits.timeout >= kProbeTimeout;
  while (true) {
    HOLON_RETURN_IF_ERROR(CheckInterrupt(limits.interrupt_fd));
    HOLON_ASSIGN_OR_RETURN(Hold before, state::HoldOf(paths));
    HOLON_ASSIGN_OR_RETURN(
        Sighting sighting,
        Glance(paths, deadline, limits.interrupt_fd).Take(socket_path, before, want));
    HOLON_ASSIGN_OR_RETURN(Hold after, state::HoldOf(paths));
    if (after == before) {
      if (!MayChange(sighting.seen) || deadline.Expired()) return sighting;
      // At the deadline one more glance: the kernel does not tell of a socket that begins to
      // listen.
      if (changes.Await(sighting) || deadline.Expired()) continue;
      // Nobody tells of a lock that is given back.
      HOLON_ASSIGN_OR_RETURN(after, state::HoldOf(paths));
    }
    if (after != before) {
      // The world changed while we looked. One more look gets the whole time-out, so that a runtime
      // which came or went at the last moment is not called silent.
      if (deadline.Expired()) {
        if (!again) return sighting;
        again = false;
        deadline = base::Deadline(clock, limits.timeout);
      }
      continue;
    }
    return sighting;
  }
}

}  // namespace holon::probe
