// What start, stop, restart and ensure do about what they find. Pure.
#ifndef HOLON_CTL_LIFECYCLE_DECISIONS_H_
#define HOLON_CTL_LIFECYCLE_DECISIONS_H_

#include <string>

#include "absl/status/status.h"
#include "grpcpp/support/status.h"
#include "runtime/probe/verdict.h"

namespace holon::ctl {

// How the runtime's configuration compares with the wanted one.
enum class ConfigMatch {
  kUnknown,  // Nothing answers, or there is no key to tell secrets apart by.
  kSame,
  kOnlyHot,  // A reload brings the rest.
  kDiffers,  // Only a restart does.
};

enum class StartStep {
  kSpawn,             // Nobody lives: start one.
  kDone,              // The right one runs already.
  kJoin,              // One is starting: follow it.
  kAwaitEnd,          // One is ending: wait for it, then look again.
  kRefuseDiffers,     // One runs with another configuration.
  kRefuseUncompared,  // One runs, and its configuration cannot be compared.
  kRefuseUnknown,     // Unresponsive, incompatible or foreign.
};
StartStep DecideStart(probe::Verdict verdict, ConfigMatch match);

enum class StopDecision {
  kNothing,     // Nobody lives, nothing is left.
  kClean,       // Nobody lives, files are left.
  kEscalate,    // Somebody lives: the ladder.
  kRefuse,      // Not ours to stop.
  kNeedsForce,  // Ours, perhaps: only when told so.
};
StopDecision DecideStop(probe::Verdict verdict, bool force);

enum class EnsureStep {
  kStart,
  kNothing,
  kReload,
  kRestart,
  kWait,              // Starting or stopping: follow it, then look again.
  kRefuse,            // Foreign or incompatible.
  kRefuseUncompared,  // As for start.
};
EnsureStep DecideEnsure(probe::Verdict verdict, ConfigMatch match);

// Whether a stop may go on without the lifecycle lock that `holder_command` holds: a start must not
// keep a stop from what it starts. An unknown holder (empty) is waited for.
bool MayStopBeside(const std::string& holder_command, probe::Verdict verdict);

// What a Shutdown call that failed says. UNAVAILABLE: nobody answered, so that the ladder goes on.
// Anything else is a refusal, and no reason to signal: INVALID_ARGUMENT, ABORTED (another
// generation answers by now), FAILED_PRECONDITION.
absl::Status JudgeShutdownError(const grpc::Status& status);

// "FOREIGN", "UNRESPONSIVE", …: the reason of a refusal.
std::string RefusalReason(probe::Verdict verdict);

}  // namespace holon::ctl

#endif  // HOLON_CTL_LIFECYCLE_DECISIONS_H_
