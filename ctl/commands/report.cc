#include "ctl/commands/report.h"

#include "absl/strings/str_cat.h"
#include "ctl/render/json_view.h"
#include "ctl/render/status_text.h"

namespace holon::ctl {
namespace {

// How things stand now, for the report. An interrupt has ended the command, and not its report.
absl::StatusOr<probe::Sighting> LookAfter(Context& context, const Outcome& outcome) {
  const World& world = context.world();
  const bool interrupted = outcome.exit_code == base::ExitCode::kInterrupted;
  return probe::Look(world.paths, world.socket_path, probe::Want::kVerdict,
                     {interrupted ? absl::ZeroDuration() : probe::kProbeTimeout});
}

// What a runtime that answers says is not as it should be.
void WarnOfDegraded(Context& context) {
  absl::StatusOr<probe::Sighting> sighting = context.world().Look(probe::Want::kVerdict);
  if (!sighting.ok() || !sighting->answer.has_value()) return;
  for (const std::string& reason : sighting->answer->degraded()) context.console().Warning(reason);
}

}  // namespace

base::ExitCode Report(Context& context, const Outcome& outcome, const Receipts& receipts) {
  Console& console = context.console();
  if (context.options().json) {
    absl::StatusOr<probe::Sighting> sighting = LookAfter(context, outcome);
    v1::LifecycleView view;
    view.set_command(context.options().command_name);
    view.set_action(outcome.action);
    if (sighting.ok()) *view.mutable_status() = context.Status(*sighting);
    view.mutable_status()->set_ok(outcome.ok());
    view.mutable_status()->set_message(outcome.message);
    SetNext(outcome.next, view.mutable_status());
    for (const Receipt& receipt : receipts.all()) {
      v1::StepView* step = view.add_steps();
      step->set_step(receipt.step);
      step->set_outcome(receipt.outcome);
      step->set_evidence(receipt.evidence);
      step->set_duration_ms(absl::ToDoubleMilliseconds(receipt.duration));
    }
    if (!outcome.ok()) {
      view.mutable_status()->mutable_error()->set_reason(outcome.reason);
      view.mutable_status()->mutable_error()->set_message(outcome.message);
    }
    console.Data(ToJsonLine(view) + "\n");
    return outcome.exit_code;
  }
  if (!outcome.ok()) {
    if (outcome.reason == "CONFIG_DIFFERS") {
      absl::StatusOr<probe::Sighting> sighting = context.world().Look(probe::Want::kVerdict);
      if (sighting.ok() && probe::Answers(sighting->verdict)) {
        const v1::StatusView status = context.Status(*sighting);
        console.Text(
            DifferenceTable({status.differences().begin(), status.differences().end()}, console));
      }
    }
    if (!receipts.all().empty() && context.options().command == Command::kStop) {
      console.Text(LadderText(receipts.all(), console));
    }
    console.Error(outcome.message, outcome.next);
    return outcome.exit_code;
  }
  console.Done(outcome.message);
  const Command command = context.options().command;
  if (command == Command::kStop || outcome.action == "restarted") {
    console.Text(LadderText(receipts.all(), console));
  }
  if (command == Command::kStart || command == Command::kRestart || command == Command::kEnsure) {
    WarnOfDegraded(context);
  }
  return outcome.exit_code;
}

}  // namespace holon::ctl
