// How a process is brought to an end, step by step. Pure: whoever acts keeps the clock and the
// handle.
#ifndef HOLON_RUNTIME_BASE_ESCALATION_H_
#define HOLON_RUNTIME_BASE_ESCALATION_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace holon::base {

enum class StopStep {
  kShutdownRpc,  // Ask, naming the generation.
  kDrain,        // Wait for the exit that was promised.
  kSigterm,      // SIGTERM, then SIGCONT for a suspended process, and wait.
  kSigkill,      // SIGKILL to the process group, and wait.
  kVerify,       // Prove that it is gone, and remove what it left.
  kStopped,      // The end: proven.
  kSurvived,     // The end: still there, or not ours to signal. Its files stay.
};

enum class StepOutcome {
  kDone,      // The step did what it is for: accepted, exited, verified.
  kTimedOut,  // The wait of the step is over and the process lives.
  kFailed,    // The step itself did not work: no answer, no permission.
  kRefused,   // The process answered, and refused: the end, whatever steps are left.
};

// How long each step waits.
struct StopLadder {
  absl::Duration drain = absl::Seconds(10);
  absl::Duration term = absl::Seconds(10);
  absl::Duration kill = absl::Seconds(5);
};

// A runtime that answers is asked; one that does not is signalled at once.
StopStep FirstStopStep(bool answers);

// The step after `current` came out as `outcome`. kStopped and kSurvived are final.
StopStep NextStopStep(StopStep current, StepOutcome outcome);

// What `current` waits at most. Zero for steps that do not wait for an exit.
absl::Duration WaitOf(const StopLadder& ladder, StopStep current);

// Every step that can still come, in the order of the worst case.
std::vector<StopStep> WorstCase(bool answers);

// "shutdown_rpc", "drain", "sigterm", "sigkill", "verify", …
absl::string_view StopStepName(StopStep step);
absl::string_view StepOutcomeName(StepOutcome outcome);

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_ESCALATION_H_
