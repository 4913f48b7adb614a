#include "ctl/lifecycle/decisions.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "runtime/probe/control_client.h"

namespace holon::ctl {

using probe::Verdict;

StartStep DecideStart(Verdict verdict, ConfigMatch match) {
  switch (verdict) {
    case Verdict::kRunning:
      if (match == ConfigMatch::kUnknown) return StartStep::kRefuseUncompared;
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
    case ConfigMatch::kUnknown:
      return EnsureStep::kRefuseUncompared;
    case ConfigMatch::kDiffers:
      break;
  }
  return EnsureStep::kRestart;
}

bool MayStopBeside(const std::string& holder_command, Verdict verdict) {
  for (const char* starting : {"start", "ensure", "restart", "run"}) {
    if (holder_command == starting) return probe::IsLive(verdict);
  }
  return false;
}

absl::Status JudgeShutdownError(const grpc::Status& status) {
  const std::string message = absl::StrCat("the Shutdown call failed: ", status.error_message());
  switch (status.error_code()) {
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::OUT_OF_RANGE:
      return absl::InvalidArgumentError(message);
    case grpc::StatusCode::FAILED_PRECONDITION:
      return probe::ErrorReason(status) == "GENERATION_MISMATCH"
                 ? absl::AbortedError(message)
                 : absl::FailedPreconditionError(message);
    case grpc::StatusCode::UNAUTHENTICATED:
    case grpc::StatusCode::PERMISSION_DENIED:
      return absl::PermissionDeniedError(message);
    default:
      return absl::UnavailableError(message);
  }
}

std::string RefusalReason(Verdict verdict) {
  return absl::AsciiStrToUpper(probe::VerdictName(verdict));
}

}  // namespace holon::ctl
