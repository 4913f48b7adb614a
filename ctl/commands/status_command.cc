// status, wait, diff and version: they look, and change nothing.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ctl/commands/commands.h"
#include "ctl/lifecycle/starter.h"
#include "ctl/render/json_view.h"
#include "ctl/render/status_text.h"
#include "runtime/probe/control_client.h"
#include "runtime/state/log_tail.h"

namespace holon::ctl {
namespace {

constexpr size_t kLogLinesWhenWrong = 5;

absl::StatusOr<probe::Sighting> LookWithin(Context& context) {
  return context.world().Look(probe::Want::kVerdict,
                              context.options().timeout.value_or(absl::InfiniteDuration()));
}

void Show(Context& context, const v1::StatusView& view) {
  Console& console = context.console();
  if (context.options().json) {
    console.Data(ToJsonLine(view) + "\n");
    return;
  }
  console.Text(StatusText(view, context.world().clock.Now(), console));
  for (const std::string& warning : view.warnings()) console.Warning(warning);
  if (view.state() != "unresponsive" && view.state() != "stale") return;
  const std::vector<std::string> lines =
      state::LogTail(context.world().paths.log, kLogLinesWhenWrong);
  if (lines.empty()) return;
  console.Text(absl::StrCat("\n", console.Paint(Tone::kFaint, context.world().paths.log), "\n"));
  for (const std::string& line : lines) console.Text(absl::StrCat("  ", Printable(line), "\n"));
}

}  // namespace

base::ExitCode RunStatus(Context& context) {
  absl::Status trusted = state::CheckHome(context.world().paths, state::HomeUse::kLook);
  if (!trusted.ok()) return context.FailHome(trusted);
  absl::StatusOr<probe::Sighting> sighting = LookWithin(context);
  if (!sighting.ok()) return context.FailHome(sighting.status());
  // A lock on the home directory itself is found only by a search, which a look does without.
  const std::string taker =
      probe::IsDead(sighting->verdict) ? state::DescribeTaker(context.world().paths) : "";
  if (!absl::StrContains(sighting->detail, taker)) {
    absl::StrAppend(&sighting->detail, sighting->detail.empty() ? "" : "; ", taker);
  }
  const v1::StatusView view = context.Status(*sighting);
  Show(context, view);
  return context.options().exit_code ? HealthExitCode(sighting->verdict, view)
                                     : probe::StatusExitCode(sighting->verdict);
}

base::ExitCode RunDiff(Context& context) {
  absl::Status trusted = state::CheckHome(context.world().paths, state::HomeUse::kLook);
  if (!trusted.ok()) return context.FailHome(trusted);
  if (!context.loaded().faults.empty()) return context.FailFaults(context.loaded().faults);
  absl::StatusOr<probe::Sighting> sighting = LookWithin(context);
  if (!sighting.ok()) return context.FailHome(sighting.status());
  if (!probe::Answers(sighting->verdict)) {
    return context.FailNoAnswer(*sighting);
  }
  const v1::StatusView status = context.Status(*sighting);
  if (!status.has_config_fingerprint_match()) {
    const Outcome refusal = RefuseUncompared(context.world());
    return context.Fail(refusal.exit_code, refusal.reason, refusal.message, refusal.next);
  }
  v1::DiffView view;
  view.set_ok(true);
  view.set_match(status.config_fingerprint_match());
  view.set_config_fingerprint(status.config_fingerprint());
  view.set_runtime_config_fingerprint(status.runtime_config_fingerprint());
  *view.mutable_differences() = status.differences();
  Console& console = context.console();
  if (context.options().json) {
    console.Data(ToJsonLine(view) + "\n");
  } else if (view.match()) {
    console.Done(absl::StrCat("the runtime runs with this configuration (",
                              view.config_fingerprint().substr(0, 12), ")"));
  } else {
    console.Text(
        DifferenceTable({status.differences().begin(), status.differences().end()}, console));
  }
  return view.match() ? base::ExitCode::kDone : base::ExitCode::kConfigDiffers;
}

base::ExitCode RunVersion(Context& context) {
  v1::VersionView view;
  view.set_ok(true);
  view.set_version(HOLON_VERSION);
  view.set_contract_version(probe::kContractVersion);
  absl::StatusOr<probe::Sighting> sighting = LookWithin(context);
  if (sighting.ok() && probe::Answers(sighting->verdict)) {
    view.set_runtime_version(sighting->answer->version());
  }
  if (context.options().json) {
    context.console().Data(ToJsonLine(view) + "\n");
  } else {
    context.console().Answer(absl::StrCat(
        "holonctl ", HOLON_VERSION, " (contract ", probe::kContractVersion, ")\n",
        view.has_runtime_version() ? absl::StrCat("runtime  ", view.runtime_version(), "\n") : ""));
  }
  return base::ExitCode::kDone;
}

}  // namespace holon::ctl
