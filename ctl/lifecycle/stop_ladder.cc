#include "ctl/lifecycle/stop_ladder.h"

#include "absl/strings/str_cat.h"
#include "runtime/base/duration.h"

namespace holon::ctl {
namespace {

using base::StepOutcome;
using base::StopStep;

struct StepResult {
  StepOutcome outcome = StepOutcome::kDone;
  std::string evidence;
  absl::StatusCode code = absl::StatusCode::kOk;  // Of what did not work.
};

StepResult Failed(StepOutcome outcome, const absl::Status& status, const std::string& before = "") {
  return {outcome, absl::StrCat(before, status.message()), status.code()};
}

StepResult Await(StopTarget& target, absl::Duration wait, const std::string& what,
                 const std::string& doing) {
  absl::Status status = target.AwaitExit(wait, doing);
  if (status.ok()) return {StepOutcome::kDone, absl::StrCat(what, "; ", target.Name(), " ended")};
  if (absl::IsCancelled(status)) {
    return {StepOutcome::kFailed, absl::StrCat(what, "; interrupted while waiting"), status.code()};
  }
  if (!absl::IsDeadlineExceeded(status)) {
    return Failed(StepOutcome::kFailed, status, absl::StrCat(what, "; its end cannot be seen: "));
  }
  return {StepOutcome::kTimedOut, absl::StrCat(what, "; ", target.Name(), " still lives after ",
                                               base::FormatDuration(wait))};
}

StepResult SignalAndAwait(StopTarget& target, const absl::Status& sent, absl::Duration wait,
                          const std::string& signals) {
  // A target that is gone already got what the signal was for.
  if (!sent.ok() && !absl::IsNotFound(sent)) {
    return Failed(absl::IsAborted(sent) ? StepOutcome::kRefused : StepOutcome::kFailed, sent);
  }
  return Await(target, wait,
               sent.ok() ? absl::StrCat(signals, " sent to ", target.Name())
                         : absl::StrCat(signals, " not needed"),
               absl::StrCat("waiting for ", target.Name(), " to end after ", signals));
}

StepResult Take(StopTarget& target, const base::StopLadder& ladder, StopStep step) {
  const absl::Duration wait = base::WaitOf(ladder, step);
  switch (step) {
    case StopStep::kShutdownRpc: {
      absl::StatusOr<std::string> accepted = target.RequestShutdown();
      if (accepted.ok()) return {StepOutcome::kDone, *accepted};
      if (absl::IsNotFound(accepted.status())) {
        return {StepOutcome::kDone, std::string(accepted.status().message())};
      }
      const bool silent = absl::IsUnavailable(accepted.status());
      return Failed(silent ? StepOutcome::kFailed : StepOutcome::kRefused, accepted.status());
    }
    case StopStep::kDrain:
      return Await(target, wait, "waited for the drain",
                   absl::StrCat("waiting for ", target.Name(), " to drain"));
    case StopStep::kSigterm:
      return SignalAndAwait(target, target.Terminate(), wait, "SIGTERM, SIGCONT");
    case StopStep::kSigkill:
      return SignalAndAwait(target, target.Kill(), wait, "SIGKILL");
    case StopStep::kVerify: {
      absl::StatusOr<std::string> proof = target.Verify();
      if (proof.ok()) return {StepOutcome::kDone, *proof};
      return Failed(StepOutcome::kFailed, proof.status());
    }
    default:
      return {StepOutcome::kFailed, "no such step"};
  }
}

// The runtime answered that it will not: nothing was signalled for it.
Outcome Refusal(const StopTarget& target, const StepResult& last) {
  const std::string message =
      absl::StrCat(target.Name(), " refused to stop: ", last.evidence, "; nothing was signalled");
  switch (last.code) {
    case absl::StatusCode::kAborted:
      return Failure(base::ExitCode::kFailed, kOtherGeneration, message);
    case absl::StatusCode::kInvalidArgument:
      return Failure(base::ExitCode::kUsage, "REFUSED", message);
    case absl::StatusCode::kPermissionDenied:
      return Failure(base::ExitCode::kPermissionDenied, "PERMISSION_DENIED", message);
    default:
      return Failure(base::ExitCode::kFailed, "REFUSED", message);
  }
}

Outcome Survival(const StopTarget& target, const StepResult& last) {
  const std::string message = absl::StrCat(target.Name(), " could not be stopped: ", last.evidence,
                                           "; its files were left in place");
  switch (last.code) {
    case absl::StatusCode::kPermissionDenied:
      return Failure(base::ExitCode::kPermissionDenied, "PERMISSION_DENIED", message);
    case absl::StatusCode::kFailedPrecondition:
      return Failure(base::ExitCode::kUnknown, "UNIDENTIFIED", message);
    case absl::StatusCode::kDeadlineExceeded:
      return Failure(base::ExitCode::kTimeout, "LOCK_TIMEOUT", message);
    default:
      return Failure(base::ExitCode::kFailed, "SURVIVED", message);
  }
}

}  // namespace

Outcome Descend(StopTarget& target, const base::StopLadder& ladder, bool answers,
                Receipts* receipts) {
  StopStep step = base::FirstStopStep(answers);
  StepResult last;
  while (step != StopStep::kStopped && step != StopStep::kSurvived) {
    receipts->Begin();
    last = Take(target, ladder, step);
    receipts->Add(std::string(base::StopStepName(step)),
                  std::string(base::StepOutcomeName(last.outcome)), last.evidence);
    if (last.code == absl::StatusCode::kCancelled) {
      return Failure(base::ExitCode::kInterrupted, "INTERRUPTED",
                     absl::StrCat("interrupted: ", target.Name(), " may still be ending"));
    }
    step = base::NextStopStep(step, last.outcome);
  }
  if (step == StopStep::kStopped) {
    return Success("stopped", absl::StrCat("the runtime (", target.Name(), ") has stopped"));
  }
  return last.outcome == StepOutcome::kRefused ? Refusal(target, last) : Survival(target, last);
}

void Plan(const base::StopLadder& ladder, bool answers, const std::string& name,
          const std::string& unproven, Receipts* receipts) {
  for (StopStep step : base::WorstCase(answers)) {
    const bool signals = step == StopStep::kSigterm || step == StopStep::kSigkill;
    if (signals && !unproven.empty()) {
      // Sent only with proof, which the look of that moment may find.
      if (step == StopStep::kSigkill) continue;
      receipts->Begin();
      receipts->Add(std::string(base::StopStepName(step)), "planned",
                    absl::StrCat("would send no signal, because the process is not proven (",
                                 unproven, "), and give up with exit code 4"));
      continue;
    }
    receipts->Begin();
    std::string evidence;
    const std::string wait = base::FormatDuration(base::WaitOf(ladder, step));
    switch (step) {
      case StopStep::kShutdownRpc:
        evidence = absl::StrCat("would ask ", name, " to drain");
        break;
      case StopStep::kDrain:
        evidence = absl::StrCat("would wait up to ", wait, " for its end");
        break;
      case StopStep::kSigterm:
        evidence =
            absl::StrCat("would send SIGTERM and SIGCONT to ", name, ", and wait up to ", wait);
        break;
      case StopStep::kSigkill:
        evidence = absl::StrCat("would send SIGKILL to the process group of ", name,
                                ", and wait up to ", wait);
        break;
      default:
        evidence = "would take the instance lock as proof, and remove socket, pid file and record";
    }
    receipts->Add(std::string(base::StopStepName(step)), "planned", evidence);
  }
}

}  // namespace holon::ctl
