#include "ctl/lifecycle/ensurer.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "ctl/lifecycle/decisions.h"
#include "ctl/lifecycle/reloader.h"
#include "ctl/lifecycle/start_check.h"
#include "runtime/config/diff.h"
#include "runtime/config/shell_text.h"

namespace holon::ctl {

Outcome Restart(World& world, const StopSpec& stop, const StartSpec& start, Receipts* receipts) {
  // Before anything is stopped that could not be started again.
  if (std::optional<Outcome> refusal = RefuseStart(world, start, receipts)) {
    return *std::move(refusal);
  }
  Outcome stopped = Stop(world, stop, receipts);
  if (!stopped.ok()) return stopped;
  Outcome started = Start(world, start, receipts);
  bool was_running = stopped.action == "stopped";
  if (!was_running) return started;
  if (started.ok()) {
    started.action = "restarted";
    started.message = absl::StrCat("restarted: ", started.message);
  } else {
    started.message =
        absl::StrCat("the runtime was stopped, and could not be started again: ", started.message);
    // Its record is gone, and with it what it was given.
    started.next.advice =
        absl::StrCat("once that is corrected, this starts it as it was: ",
                     config::ShellText(NextFor(start.by_hand, Situation::kStopped).words));
  }
  return started;
}

Outcome RunsAsWanted(const probe::Sighting& sighting) {
  Outcome outcome = AlreadyRuns(sighting);
  outcome.action = "nothing";
  return outcome;
}

Outcome Ensure(World& world, const StartSpec& start, const StopSpec& stop,
               const std::vector<holon::v1::ConfigOverride>& overrides, Receipts* receipts) {
  StartProgress following = FollowingOf(world, start);
  while (true) {
    receipts->Begin();
    absl::StatusOr<probe::Sighting> sighting = world.Look();
    if (!sighting.ok()) return LookFailure(sighting.status());
    std::vector<holon::v1::ConfigDifference> differences;
    ConfigMatch match = MatchConfig(start.wanted, *sighting, &differences);
    // Two versions that know different fields would else restart the runtime in turn, for
    // nobody's sake.
    if (config::OnlyVersionSkew(differences)) match = ConfigMatch::kSame;
    receipts->Add("look", "done", std::string(probe::VerdictName(sighting->verdict)));
    switch (DecideEnsure(sighting->verdict, match)) {
      case EnsureStep::kNothing: {
        std::optional<Outcome> kept = Keep(world, start, *sighting, receipts);
        if (!kept.has_value()) break;
        return kept->ok() ? RunsAsWanted(*sighting) : *std::move(kept);
      }
      case EnsureStep::kStart:
        return StartWithin(world, start, following, receipts);
      case EnsureStep::kReload: {
        std::optional<Outcome> kept = Keep(world, start, *sighting, receipts);
        if (!kept.has_value()) break;
        return kept->ok() ? Reload(world, *sighting, overrides, start.reset, receipts)
                          : *std::move(kept);
      }
      case EnsureStep::kRestart: {
        Outcome outcome = Restart(world, stop, start, receipts);
        if (outcome.ok() && sighting->verdict == probe::Verdict::kUnresponsive) {
          absl::StrAppend(&outcome.message, "; the one before did not answer: ", sighting->detail);
        } else if (outcome.ok() && !differences.empty()) {
          absl::StrAppend(&outcome.message, "; changed: ", config::ChangeSummary(differences));
        }
        return outcome;
      }
      case EnsureStep::kWait: {
        Outcome followed = Follow(world, *sighting, start, following, receipts);
        if (!followed.ok()) return followed;
        break;
      }
      case EnsureStep::kRefuseUncompared:
        return RefuseUncompared(world);
      case EnsureStep::kRefuse:
        return Failure(base::ExitCode::kUnknown, RefusalReason(sighting->verdict),
                       absl::StrCat(sighting->detail, "; nothing was changed"),
                       NextFor(world.call, *sighting));
    }
  }
}

}  // namespace holon::ctl
