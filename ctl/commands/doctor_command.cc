// doctor: looks at everything that can be wrong, and says what to do. It changes nothing.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ctl/commands/commands.h"
#include "ctl/doctor/diagnosis.h"
#include "ctl/doctor/facts.h"
#include "ctl/render/json_view.h"
#include "ctl/render/layout.h"
#include "ctl/render/status_text.h"

namespace holon::ctl {
namespace {

std::string MarkFor(Severity severity, const Console& console) {
  switch (severity) {
    case Severity::kOk:
      return console.Paint(Tone::kGood, "✓");
    case Severity::kWarning:
      return console.Paint(Tone::kWarning, "!");
    case Severity::kError:
      return console.Paint(Tone::kBad, "✗");
    case Severity::kUnknown:
      break;
  }
  return "?";
}

std::string DoctorText(const std::vector<Finding>& findings, const Console& console) {
  std::vector<std::vector<std::string>> rows;
  for (const Finding& finding : findings) {
    rows.push_back({absl::StrCat(MarkFor(finding.severity, console), " ", finding.check),
                    Printable(finding.message)});
    if (!finding.fix.empty()) {
      rows.push_back(
          {"", absl::StrCat(console.Paint(Tone::kFaint, "→ "), Whole(Printable(finding.fix)))});
    }
  }
  return Table(rows, console.width());
}

std::string Count(size_t number, const std::string& noun) {
  return absl::StrCat(number, " ", noun, number == 1 ? "" : "s");
}

std::string Summary(const std::vector<Finding>& findings) {
  size_t errors = 0;
  size_t warnings = 0;
  size_t unknown = 0;
  for (const Finding& finding : findings) {
    errors += finding.severity == Severity::kError ? 1 : 0;
    warnings += finding.severity == Severity::kWarning ? 1 : 0;
    unknown += finding.severity == Severity::kUnknown ? 1 : 0;
  }
  const std::string rest =
      unknown == 0 ? "" : absl::StrCat(", ", Count(unknown, "check"), " could not be made");
  if (errors + warnings == 0) {
    return absl::StrCat(unknown == 0 ? "nothing is wrong" : "nothing wrong was seen", rest);
  }
  return absl::StrCat(Count(errors, "error"), ", ", Count(warnings, "warning"), rest);
}

}  // namespace

base::ExitCode RunDoctor(Context& context) {
  World& world = context.world();
  Facts facts = GatherFacts(world.paths, world.socket_path, world.clock);
  facts.version = HOLON_VERSION;
  for (const config::Fault& fault : context.loaded().faults) {
    facts.faults.push_back(config::FaultText(fault));
  }
  facts.warnings = context.loaded().warnings;
  if (facts.sighting.ok()) {
    facts.next = facts.sighting->verdict == probe::Verdict::kStale
                     ? context.Next(Situation::kLeftFiles)
                     : context.Next(*facts.sighting);
  }
  const std::vector<Finding> findings = Diagnose(facts);
  const base::ExitCode exit_code = ExitCodeOf(findings);
  const std::string summary = Summary(findings);
  if (context.options().json) {
    v1::DoctorView view;
    view.set_ok(exit_code == base::ExitCode::kDone);
    view.set_home_dir(world.paths.home);
    for (const Finding& finding : findings) {
      v1::FindingView* row = view.add_findings();
      row->set_check(finding.check);
      row->set_severity(SeverityName(finding.severity));
      row->set_message(finding.message);
      if (!finding.fix.empty()) row->set_fix(finding.fix);
    }
    // Of a runtime that is not there nothing is wrong.
    const bool stopped = facts.sighting.ok() && facts.sighting->verdict == probe::Verdict::kStopped;
    if (!stopped) SetNext(facts.next, &view);
    if (!view.ok()) {
      view.mutable_error()->set_reason("UNHEALTHY");
      view.mutable_error()->set_message(summary);
    }
    context.console().Data(ToJsonLine(view) + "\n");
    return exit_code;
  }
  context.console().Answer(DoctorText(findings, context.console()));
  context.console().Text(absl::StrCat("\n", summary, "\n"));
  return exit_code;
}

}  // namespace holon::ctl
