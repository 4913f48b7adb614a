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
  bool interrupted = false;
  bool denied = false;
};

StepResult Await(StopTarget& target, absl::Duration wait, const std::string& what,
                 const std::string& doing) {
  absl::Status status = target.AwaitExit(wait, doing);
  if (status.ok()) return {StepOutcome::kDone, absl::StrCat(what, "; ", target.Name(), " ended")};
  if (absl::IsCancelled(status)) {
    return {StepOutcome::kFailed, absl::StrCat(what, "; interrupted while waiting"), true};
  }
  return {StepOutcome::kTimedOut, absl::StrCat(what, "; ", target.Name(), " still lives after ",
                                               base::FormatDuration(wait))};
}

StepResult SignalAndAwait(StopTarget& target, const absl::Status& sent, absl::Duration wait,
                          const std::string& signals) {
  // A target that is gone already got what the signal was for.
  if (!sent.ok() && !absl::IsNotFound(sent)) {
    return {StepOutcome::kFailed, std::string(sent.message()), false,
            absl::IsPermissionDenied(sent)};
  }
  return Await(target, wait, absl::StrCat(signals, " sent to ", target.Name()),
               absl::StrCat("waiting for ", target.Name(), " to end after ", signals));
}

StepResult Take(StopTarget& target, const base::StopLadder& ladder, StopStep step) {
  const absl::Duration wait = base::WaitOf(ladder, step);
  switch (step) {
    case StopStep::kShutdownRpc: {
      absl::StatusOr<std::string> accepted = target.RequestShutdown();
      if (accepted.ok()) return {StepOutcome::kDone, *accepted};
      return {StepOutcome::kFailed, std::string(accepted.status().message())};
    }
    case StopStep::kDrain:
      return Await(target, wait, "drain requested",
                   absl::StrCat("waiting for ", target.Name(), " to drain"));
    case StopStep::kSigterm:
      return SignalAndAwait(target, target.Terminate(), wait, "SIGTERM, SIGCONT");
    case StopStep::kSigkill:
      return SignalAndAwait(target, target.Kill(), wait, "SIGKILL");
    case StopStep::kVerify: {
      absl::StatusOr<std::string> proof = target.Verify();
      if (proof.ok()) return {StepOutcome::kDone, *proof};
      return {StepOutcome::kFailed, std::string(proof.status().message())};
    }
    default:
      return {StepOutcome::kFailed, "no such step"};
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
    if (last.interrupted) {
      return Failure(base::ExitCode::kInterrupted, "INTERRUPTED",
                     absl::StrCat("interrupted: ", target.Name(), " may still be ending"),
                     "holonctl stop");
    }
    step = base::NextStopStep(step, last.outcome);
  }
  if (step == StopStep::kStopped) {
    return Success("stopped", absl::StrCat("the runtime (", target.Name(), ") has stopped"));
  }
  return Failure(last.denied ? base::ExitCode::kPermissionDenied : base::ExitCode::kFailed,
                 last.denied ? "PERMISSION_DENIED" : "SURVIVED",
                 absl::StrCat(target.Name(), " could not be stopped: ", last.evidence,
                              "; its files were left in place"),
                 "holonctl status");
}

void Plan(const base::StopLadder& ladder, bool answers, const std::string& name,
          Receipts* receipts) {
  for (StopStep step : base::WorstCase(answers)) {
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
