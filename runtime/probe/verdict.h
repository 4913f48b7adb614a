// Who is running, decided from what was seen. Pure.
#ifndef HOLON_RUNTIME_PROBE_VERDICT_H_
#define HOLON_RUNTIME_PROBE_VERDICT_H_

#include "absl/strings/string_view.h"
#include "holon/v1/runtime_control.pb.h"
#include "runtime/base/exit_code.h"
#include "runtime/base/unix_socket.h"

namespace holon::probe {

enum class Verdict {
  kRunning,
  kStarting,
  kStopping,
  kUnresponsive,  // A runtime of this home lives and does not answer.
  kIncompatible,  // A Holon answers that speaks another contract.
  kForeign,       // Something that is not ours has the socket's path.
  kStale,         // Nobody lives, but files are left.
  kStopped,
};

// What came back from the other end of the socket.
enum class Handshake {
  kNone,          // No connection, so nobody was asked.
  kSilent,        // Connected, and no answer within the time-out.
  kOurs,          // Holon, our contract, this home.
  kOtherHome,     // Holon, our contract, another home.
  kIncompatible,  // Holon of another contract, or an answer that cannot be decoded.
  kNotHolon,      // Something else answered, or hung up.
  kStranger,      // The listener's uid is neither the home owner's nor root's: nobody was asked.
};

struct Observation {
  bool lock_held = false;  // By a runtime: the lock is marked.
  base::ConnectOutcome socket = base::ConnectOutcome::kAbsent;
  Handshake handshake = Handshake::kNone;
  v1::Phase phase = v1::PHASE_UNSPECIFIED;  // Of kOurs.
  // The recorded identity lives, and it is the process at the other end of the socket.
  bool peer_is_recorded = false;
  // systemd listens on the socket, for a runtime that it would start.
  bool peer_is_service_manager = false;
  // Socket, pid file or record exist.
  bool leftovers = false;
};

Verdict Judge(const Observation& seen);

// "running", "starting", …
absl::string_view VerdictName(Verdict verdict);

// Exit code of `status`.
base::ExitCode StatusExitCode(Verdict verdict);

// A runtime of this home lives: running, starting, stopping or unresponsive.
bool IsLive(Verdict verdict);
// No runtime of this home lives: stopped or stale.
bool IsDead(Verdict verdict);
// A runtime of this home lives and answers.
bool Answers(Verdict verdict);

}  // namespace holon::probe

#endif  // HOLON_RUNTIME_PROBE_VERDICT_H_
