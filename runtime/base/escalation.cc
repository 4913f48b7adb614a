#include "runtime/base/escalation.h"

namespace holon::base {

StopStep FirstStopStep(bool answers) {
  return answers ? StopStep::kShutdownRpc : StopStep::kSigterm;
}

StopStep NextStopStep(StopStep current, StepOutcome outcome) {
  const bool done = outcome == StepOutcome::kDone;
  if (outcome == StepOutcome::kRefused) return StopStep::kSurvived;
  switch (current) {
    case StopStep::kShutdownRpc:
      return done ? StopStep::kDrain : StopStep::kSigterm;
    case StopStep::kDrain:
      return done ? StopStep::kVerify : StopStep::kSigterm;
    case StopStep::kSigterm:
      if (done) return StopStep::kVerify;
      // Without the right to send SIGTERM there is none to send SIGKILL either.
      return outcome == StepOutcome::kTimedOut ? StopStep::kSigkill : StopStep::kSurvived;
    case StopStep::kSigkill:
      return done ? StopStep::kVerify : StopStep::kSurvived;
    case StopStep::kVerify:
      return done ? StopStep::kStopped : StopStep::kSurvived;
    case StopStep::kStopped:
    case StopStep::kSurvived:
      return current;
  }
  return StopStep::kSurvived;
}

absl::Duration WaitOf(const StopLadder& ladder, StopStep current) {
  switch (current) {
    case StopStep::kDrain:
      return ladder.drain;
    case StopStep::kSigterm:
      return ladder.term;
    case StopStep::kSigkill:
      return ladder.kill;
    default:
      return absl::ZeroDuration();
  }
}

std::vector<StopStep> WorstCase(bool answers) {
  std::vector<StopStep> steps;
  for (StopStep step = FirstStopStep(answers); step != StopStep::kStopped;) {
    steps.push_back(step);
    // The worst that can happen and still lead on: asking works, every wait but the last is in
    // vain.
    bool works =
        step == StopStep::kShutdownRpc || step == StopStep::kSigkill || step == StopStep::kVerify;
    step = NextStopStep(step, works ? StepOutcome::kDone : StepOutcome::kTimedOut);
  }
  return steps;
}

absl::string_view StopStepName(StopStep step) {
  switch (step) {
    case StopStep::kShutdownRpc:
      return "shutdown_rpc";
    case StopStep::kDrain:
      return "drain";
    case StopStep::kSigterm:
      return "sigterm";
    case StopStep::kSigkill:
      return "sigkill";
    case StopStep::kVerify:
      return "verify";
    case StopStep::kStopped:
      return "stopped";
    case StopStep::kSurvived:
      return "survived";
  }
  return "?";
}

absl::string_view StepOutcomeName(StepOutcome outcome) {
  switch (outcome) {
    case StepOutcome::kDone:
      return "done";
    case StepOutcome::kTimedOut:
      return "timed_out";
    case StepOutcome::kFailed:
      return "failed";
    case StepOutcome::kRefused:
      return "refused";
  }
  return "?";
}

}  // namespace holon::base
