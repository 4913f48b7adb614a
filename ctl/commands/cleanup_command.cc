// cleanup: removes what a dead runtime has left, and nothing of a living one or of anybody else.
#include <string>

#include "absl/strings/str_cat.h"
#include "ctl/commands/commands.h"
#include "ctl/commands/report.h"
#include "ctl/commands/specs.h"
#include "ctl/lifecycle/claim.h"
#include "ctl/lifecycle/cleanup.h"
#include "ctl/lifecycle/decisions.h"
#include "ctl/lifecycle/home_lock.h"
#include "runtime/base/file.h"

namespace holon::ctl {
namespace {

Outcome CleanHome(World& world, Receipts* receipts) {
  absl::StatusOr<probe::Sighting> sighting = world.Look();
  if (!sighting.ok()) return LookFailure(sighting.status());
  switch (sighting->verdict) {
    case probe::Verdict::kStopped:
      if (state::DescribeTaker(world.paths).empty()) {
        return Success("nothing", "nothing is left of a dead runtime");
      }
      break;
    case probe::Verdict::kStale:
      break;
    case probe::Verdict::kRunning:
    case probe::Verdict::kStarting:
    case probe::Verdict::kStopping:
      return Failure(
          base::ExitCode::kFailed, "RUNNING",
          absl::StrCat("the runtime is ", std::string(probe::VerdictName(sighting->verdict)),
                       "; its files are no leftovers, and nothing was removed"),
          NextFor(world.call, Situation::kCleanupOfRunning));
    default:
      return Failure(base::ExitCode::kUnknown, RefusalReason(sighting->verdict),
                     absl::StrCat(sighting->detail, "; nothing was removed"),
                     NextFor(world.call, *sighting));
  }
  receipts->Begin();
  absl::StatusOr<std::string> proof =
      CleanUp(world, sighting->socket_path, state::Vanished::kRecord, world.lock_timeout);
  receipts->Add("clean", proof.ok() ? "done" : "failed",
                proof.ok() ? *proof : std::string(proof.status().message()));
  if (proof.ok()) return Success("cleaned", *proof);
  return ClaimFailure(proof.status(), "CLEANUP_FAILED");
}

}  // namespace

base::ExitCode RunCleanup(Context& context) {
  World& world = context.world();
  absl::Status trusted = state::CheckHome(world.paths, state::HomeUse::kChange);
  if (!trusted.ok()) return context.FailHome(trusted);
  Receipts receipts(world.clock);
  absl::StatusOr<base::FileInfo> run = base::Look(world.paths.run);
  // Where there is no run directory there is nothing to lock, and none is made for it.
  if (!run.ok() || run->type == base::FileType::kAbsent) {
    return Report(context, CleanHome(world, &receipts), receipts);
  }
  HomeLock lock = TakeHomeLock(world, context.options().command_name, LockTimeout(context));
  if (!lock.granted()) return Report(context, lock.refusal, receipts);
  return Report(context, CleanHome(world, &receipts), receipts);
}

}  // namespace holon::ctl
