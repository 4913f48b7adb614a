#include "runtime/probe/verdict.h"

namespace holon::probe {

using base::ConnectOutcome;

Verdict Judge(const Observation& seen) {
  if (seen.handshake == Handshake::kOurs) {
    switch (seen.phase) {
      case v1::PHASE_STARTING:
        return Verdict::kStarting;
      case v1::PHASE_DRAINING:
        return Verdict::kStopping;
      case v1::PHASE_READY:
        return Verdict::kRunning;
      default:
        return Verdict::kIncompatible;  // A phase that our contract does not know.
    }
  }
  if (seen.handshake == Handshake::kIncompatible) return Verdict::kIncompatible;
  if (seen.lock_held) return Verdict::kUnresponsive;
  if (seen.handshake == Handshake::kSilent && seen.peer_is_recorded) return Verdict::kUnresponsive;
  if (seen.handshake == Handshake::kSilent && seen.peer_is_service_manager) {
    return seen.leftovers ? Verdict::kStale : Verdict::kStopped;
  }
  switch (seen.socket) {
    case ConnectOutcome::kConnected:
    case ConnectOutcome::kBusy:
    case ConnectOutcome::kNotSocket:
    case ConnectOutcome::kDenied:
    case ConnectOutcome::kFailed:
      return Verdict::kForeign;
    case ConnectOutcome::kAbsent:
    case ConnectOutcome::kRefused:
      break;
  }
  return seen.leftovers ? Verdict::kStale : Verdict::kStopped;
}

absl::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kRunning:
      return "running";
    case Verdict::kStarting:
      return "starting";
    case Verdict::kStopping:
      return "stopping";
    case Verdict::kUnresponsive:
      return "unresponsive";
    case Verdict::kIncompatible:
      return "incompatible";
    case Verdict::kForeign:
      return "foreign";
    case Verdict::kStale:
      return "stale";
    case Verdict::kStopped:
      return "stopped";
  }
  return "?";
}

base::ExitCode StatusExitCode(Verdict verdict) {
  switch (verdict) {
    case Verdict::kRunning:
    case Verdict::kStarting:
    case Verdict::kStopping:
      return base::ExitCode::kDone;
    case Verdict::kUnresponsive:
    case Verdict::kIncompatible:
    case Verdict::kForeign:
      return base::ExitCode::kUnknown;
    case Verdict::kStale:
      return base::ExitCode::kFailed;
    case Verdict::kStopped:
      return base::ExitCode::kNotRunning;
  }
  return base::ExitCode::kUnknown;
}

bool IsLive(Verdict verdict) { return Answers(verdict) || verdict == Verdict::kUnresponsive; }

bool IsDead(Verdict verdict) { return verdict == Verdict::kStopped || verdict == Verdict::kStale; }

bool Answers(Verdict verdict) {
  return verdict == Verdict::kRunning || verdict == Verdict::kStarting ||
         verdict == Verdict::kStopping;
}

}  // namespace holon::probe
