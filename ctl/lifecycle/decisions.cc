#include "ctl/lifecycle/decisions.h"

#include "absl/strings/ascii.h"

namespace holon::ctl {

using probe::Verdict;

StartStep DecideStart(Verdict verdict, ConfigMatch match) {
  switch (verdict) {
    case Verdict::kRunning:
      return match == ConfigMatch::kSame ? StartStep::kDone : StartStep::kRefuseDiffers;
    case Verdict::kStarting:
      return StartStep::kJoin;
    case Verdict::kStopping:
      return StartStep::kAwaitEnd;
    case Verdict::kStale:
    case Verdict::kStopped:
      return StartStep::kSpawn;
    case Verdict::kUnresponsive:
    case Verdict::kIncompatible:
    case Verdict::kForeign:
      break;
  }
  return StartStep::kRefuseUnknown;
}

StopDecision DecideStop(Verdict verdict, bool force) {
  switch (verdict) {
    case Verdict::kRunning:
    case Verdict::kStarting:
    case Verdict::kStopping:
    case Verdict::kUnresponsive:
      return StopDecision::kEscalate;
    case Verdict::kIncompatible:
      return force ? StopDecision::kEscalate : StopDecision::kNeedsForce;
    case Verdict::kForeign:
      return StopDecision::kRefuse;
    case Verdict::kStale:
      return StopDecision::kClean;
    case Verdict::kStopped:
      break;
  }
  return StopDecision::kNothing;
}

EnsureStep DecideEnsure(Verdict verdict, ConfigMatch match) {
  switch (verdict) {
    case Verdict::kStopped:
    case Verdict::kStale:
      return EnsureStep::kStart;
    case Verdict::kUnresponsive:
      return EnsureStep::kRestart;
    case Verdict::kStarting:
    case Verdict::kStopping:
      return EnsureStep::kWait;
    case Verdict::kForeign:
    case Verdict::kIncompatible:
      return EnsureStep::kRefuse;
    case Verdict::kRunning:
      break;
  }
  switch (match) {
    case ConfigMatch::kSame:
      return EnsureStep::kNothing;
    case ConfigMatch::kOnlyHot:
      return EnsureStep::kReload;
    default:
      return EnsureStep::kRestart;
  }
}

bool MayStopBeside(const std::string& holder_command, Verdict verdict) {
  return holder_command != "stop" && holder_command != "cleanup" && probe::IsLive(verdict);
}

std::string RefusalReason(Verdict verdict) {
  return absl::AsciiStrToUpper(probe::VerdictName(verdict));
}

}  // namespace holon::ctl
