#include "ctl/lifecycle/start_check.h"

#include <signal.h>

#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "ctl/lifecycle/holond_path.h"
#include "runtime/base/process_setup.h"
#include "runtime/base/spawn.h"
#include "runtime/base/temporary_file.h"

namespace holon::ctl {
namespace {

constexpr size_t kMostOutput = 4096;
// About what a start writes.
constexpr size_t kStartBytes = 4096;
constexpr char kNothingStopped[] = "; nothing was stopped or changed";

Outcome Refuse(base::ExitCode code, const std::string& why, NextStep next) {
  return Failure(code, "CANNOT_START", absl::StrCat(why, kNothingStopped), std::move(next));
}

std::optional<Outcome> CheckProgram(World& world, const StartSpec& spec) {
  absl::StatusOr<std::string> program = FindHolond();
  const NextStep missing = NextFor(world.call, Situation::kHolondMissing);
  if (!program.ok()) {
    return Refuse(base::ExitCodeFor(program.status()), std::string(program.status().message()),
                  missing);
  }
  absl::StatusOr<base::MemoryFile> output = base::MemoryFile::Create();
  if (!output.ok()) {
    return Refuse(base::ExitCode::kFailed, std::string(output.status().message()), {});
  }
  base::SpawnOptions options;
  options.program = *program;
  options.arguments = {"--home", world.paths.home, "--check"};
  options.arguments.insert(options.arguments.end(), spec.arguments.begin(), spec.arguments.end());
  options.environment = base::RuntimeEnvironment(spec.environment, "");
  options.working_directory = world.paths.home;
  options.output_fd = output->fd();
  absl::StatusOr<base::Child> child = base::Spawn(options);
  if (!child.ok()) {
    return Refuse(base::ExitCodeFor(child.status()), std::string(child.status().message()),
                  missing);
  }
  const absl::Duration end = world.clock.Uptime() + spec.start_timeout;
  const Waited waited = WaitVisibly(world, {child->fd()}, end, "checking that it can start");
  if (waited != Waited::kReady) {
    (void)child->handle().SignalGroup(SIGKILL);
    return waited == Waited::kInterrupted
               ? Refuse(base::ExitCode::kInterrupted, "interrupted before anything was stopped", {})
               : Refuse(base::ExitCode::kTimeout, "holond --check has not ended in time", missing);
  }
  const base::ExitStatus ended = child->Reap().value_or(base::ExitStatus{.unknown = true});
  if (!ended.signaled && !ended.unknown && ended.code == 0) return std::nullopt;
  base::ExitCode code = base::ExitCode::kFailed;
  for (base::ExitCode known : {base::ExitCode::kUsage, base::ExitCode::kPermissionDenied}) {
    if (!ended.signaled && !ended.unknown && ended.code == static_cast<int>(known)) code = known;
  }
  const std::string text = output->Text(kMostOutput);
  const absl::string_view said = absl::StripAsciiWhitespace(text);
  return Refuse(
      code,
      absl::StrCat("a runtime could not start with this configuration: holond --check: ",
                   base::ExitStatusText(ended), said.empty() ? "" : "\n  ",
                   absl::StrReplaceAll(said, {{"\n", "\n  "}}), said.empty() ? "" : "\n "),
      {});
}

}  // namespace

std::optional<Outcome> RefuseStart(World& world, const StartSpec& spec, Receipts* receipts) {
  receipts->Begin();
  std::optional<Outcome> refusal = RefuseBlindStart();
  if (!refusal.has_value()) refusal = CheckProgram(world, spec);
  if (!refusal.has_value()) {
    absl::Status disk = base::CheckRoom(world.paths.daemon_record, kStartBytes);
    if (!disk.ok()) {
      refusal = Refuse(base::ExitCodeFor(disk), std::string(disk.message()),
                       NextFor(world.call, Situation::kHolondMissing));
    }
  }
  receipts->Add(
      "check", refusal.has_value() ? "failed" : "done",
      refusal.has_value() ? refusal->message : "a runtime can start with this configuration");
  return refusal;
}

}  // namespace holon::ctl
