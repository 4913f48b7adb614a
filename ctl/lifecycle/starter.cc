#include "ctl/lifecycle/starter.h"

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ctl/lifecycle/claim.h"
#include "ctl/lifecycle/launch.h"
#include "ctl/lifecycle/runtime_watch.h"
#include "runtime/base/duration.h"
#include "runtime/config/diff.h"

namespace holon::ctl {
namespace {

constexpr absl::Duration kCallTimeout = absl::Seconds(5);

std::string InBrackets(const probe::Sighting& sighting) {
  return absl::StrCat("(pid ", sighting.answer->pid(), ", generation ",
                      sighting.answer->instance_id(), ")");
}

Outcome RefuseDifferences(const std::vector<holon::v1::ConfigDifference>& differences,
                          const probe::Sighting& sighting, const World& world) {
  const std::string kept = KeptText(differences, sighting.answer->started_at());
  return Failure(
      base::ExitCode::kConfigDiffers, "CONFIG_DIFFERS",
      absl::StrCat("the runtime runs with another configuration: ",
                   config::DifferenceSummary(differences), kept.empty() ? "" : "; ", kept),
      NextFor(world.call, Situation::kStartDiffers));
}

// As for a start of our own, the time-out counts from the last progress.
base::Notification ProgressIn(const holon::v1::RuntimeStatusResponse& status) {
  base::Notification told;
  if (status.has_startup()) {
    told.status = absl::StrCat(status.startup().step(), " ", status.startup().done());
  }
  return told;
}

}  // namespace

ConfigMatch MatchConfig(const OwnConfig& wanted, const probe::Sighting& sighting,
                        std::vector<holon::v1::ConfigDifference>* differences) {
  // A secret, and no key to tell it apart by.
  if (!sighting.answer.has_value() || wanted.fingerprint.empty()) return ConfigMatch::kUnknown;
  if (sighting.answer->config_fingerprint() == wanted.fingerprint) return ConfigMatch::kSame;
  *differences = DifferencesFrom(wanted, *sighting.answer);
  // Only names of one file differ.
  if (differences->empty()) return ConfigMatch::kSame;
  return config::OnlyHot(*differences) ? ConfigMatch::kOnlyHot : ConfigMatch::kDiffers;
}

StartProgress FollowingOf(World& world, const StartSpec& spec) {
  return StartProgress(world.clock.Uptime(), spec.start_timeout,
                       std::max(spec.start_timeout, spec.start_cap));
}

Outcome Follow(World& world, const probe::Sighting& sighting, const StartSpec& spec,
               StartProgress& following, Receipts* receipts) {
  receipts->Begin();
  const std::string state(probe::VerdictName(sighting.verdict));
  absl::StatusOr<base::ProcessHandle> process = absl::NotFoundError("not identified");
  if (sighting.process.has_value()) process = base::ProcessHandle::Open(*sighting.process);
  std::unique_ptr<RuntimeWatch> watch = RuntimeWatch::Create(*sighting.client);
  while (true) {
    const RuntimeWatch::News news =
        watch != nullptr ? watch->Take() : RuntimeWatch::News{.ended = true};
    const bool left = news.status.has_value() && news.status->phase() != sighting.answer->phase();
    const absl::Duration now = world.clock.Uptime();
    if (news.status.has_value() && !left) following.On(ProgressIn(*news.status), now);
    const absl::Duration end = following.GiveUpAt();
    // A runtime that comes and goes would else be followed for ever.
    if (left && (now < end || news.status->phase() == holon::v1::PHASE_READY)) break;
    std::vector<int> fds;
    if (!news.ended) fds.push_back(watch->fd());
    if (process.ok()) fds.push_back(process->fd());
    // Of a stream that has ended, the process's end is left, and another stream in a while.
    const absl::Duration limit = news.ended ? std::min(end, now + kBlindInterval) : end;
    const Waited waited =
        left ? Waited::kTimedOut
             : WaitVisibly(world, fds, limit,
                           absl::StrCat("following the runtime, which is ", state));
    if (waited == Waited::kTimedOut && limit < end) {
      if (!process.ok()) break;  // Only another look can tell.
      watch.reset();
      watch = RuntimeWatch::Create(*sighting.client);
      continue;
    }
    if (waited == Waited::kInterrupted) {
      return Failure(base::ExitCode::kInterrupted, "INTERRUPTED",
                     absl::StrCat("interrupted; the runtime was still ", state),
                     NextFor(world.call, Situation::kStartLeft));
    }
    if (waited == Waited::kTimedOut) {
      return Failure(base::ExitCode::kTimeout, "TIMEOUT",
                     absl::StrCat("the runtime was still ", state, " ",
                                  base::FormatDuration(spec.start_timeout),
                                  " after its last progress. Give it more with --start-timeout"),
                     NextFor(world.call, Situation::kStartLeft));
    }
    if (process.ok() && process->Exited()) break;
  }
  receipts->Add("follow", "done", absl::StrCat("it is no longer ", state));
  return Success("joined", "");
}

Outcome AlreadyRuns(const probe::Sighting& sighting) {
  return Success("already_running",
                 absl::StrCat("the runtime is already running ", InBrackets(sighting)));
}

std::optional<Outcome> Keep(World& world, const StartSpec& spec, const probe::Sighting& sighting,
                            Receipts* receipts) {
  if (spec.ephemeral || !sighting.answer->ephemeral()) return Success("nothing", "");
  receipts->Begin();
  holon::v1::MakePermanentRequest request;
  holon::v1::MakePermanentResponse response;
  request.set_expected_instance_id(sighting.answer->instance_id());
  request.mutable_caller()->set_pid(getpid());
  request.mutable_caller()->set_command(world.self);
  grpc::Status status = sighting.client->MakePermanent(kCallTimeout, request, &response);
  if (status.ok()) {
    receipts->Add("make_permanent", "done", "it no longer ends with the command of a run");
    return Success("nothing", "");
  }
  receipts->Add("make_permanent", "failed", status.error_message());
  const std::string reason = probe::ErrorReason(status);
  if (reason == "DRAINING" || reason == "GENERATION_MISMATCH" ||
      status.error_code() == grpc::StatusCode::UNAVAILABLE) {
    return std::nullopt;
  }
  return Failure(
      base::ExitCode::kUnknown, reason.empty() ? "NO_ANSWER" : reason,
      absl::StrCat("the runtime ends with the command of a `holonctl run`, and cannot be "
                   "made permanent: ",
                   status.error_message()),
      NextFor(world.call, sighting));
}

Outcome RefuseUncompared(const World& world) {
  return Failure(
      base::ExitCode::kUnknown, "CANNOT_COMPARE",
      absl::StrCat("whether the runtime runs with this configuration is unknown: it holds "
                   "a secret, and ",
                   world.paths.home, "/fingerprint.key cannot be read; nothing was changed"),
      NextFor(world.call, Situation::kHomeLocked));
}

std::optional<Outcome> RefuseBlindStart() {
  absl::Status seen = base::CheckProc();
  if (seen.ok()) return std::nullopt;
  return LookFailure(absl::Status(
      seen.code(),
      absl::StrCat("nothing was changed, because a runtime that is started here cannot be seen: ",
                   std::string(seen.message()))));
}

Outcome Start(World& world, const StartSpec& spec, Receipts* receipts) {
  StartProgress following = FollowingOf(world, spec);
  return StartWithin(world, spec, following, receipts);
}

Outcome StartWithin(World& world, const StartSpec& spec, StartProgress& following,
                    Receipts* receipts) {
  bool joined = false;
  while (true) {
    receipts->Begin();
    absl::StatusOr<probe::Sighting> sighting = world.Look();
    if (!sighting.ok()) return LookFailure(sighting.status());
    receipts->Add("look", "done", std::string(probe::VerdictName(sighting->verdict)));
    std::vector<holon::v1::ConfigDifference> differences;
    const ConfigMatch match = MatchConfig(spec.wanted, *sighting, &differences);
    switch (DecideStart(sighting->verdict, match)) {
      case StartStep::kDone: {
        std::optional<Outcome> kept = Keep(world, spec, *sighting, receipts);
        if (!kept.has_value()) break;
        if (!kept->ok()) return *std::move(kept);
        if (!joined) return AlreadyRuns(*sighting);
        return Success("joined", absl::StrCat("the runtime is ready ", InBrackets(*sighting)));
      }
      case StartStep::kRefuseDiffers:
        return RefuseDifferences(differences, *sighting, world);
      case StartStep::kRefuseUncompared:
        return RefuseUncompared(world);
      case StartStep::kRefuseUnknown:
        return Failure(base::ExitCode::kUnknown, RefusalReason(sighting->verdict),
                       absl::StrCat(sighting->detail, "; nothing was started"),
                       NextFor(world.call, *sighting));
      case StartStep::kJoin:
      case StartStep::kAwaitEnd: {
        joined = sighting->verdict == probe::Verdict::kStarting;
        Outcome followed = Follow(world, *sighting, spec, following, receipts);
        if (!followed.ok()) return followed;
        break;
      }
      case StartStep::kSpawn: {
        if (std::optional<Outcome> refusal = RefuseBlindStart()) return *std::move(refusal);
        // Another holder of the home's lock is waited for here, where the wait can be seen.
        absl::Status claimed = ClaimHome(world, world.lock_timeout).status();
        if (absl::IsAlreadyExists(claimed)) break;
        if (!claimed.ok()) return ClaimFailure(claimed, "HOME_UNUSABLE");
        Outcome outcome = Launch(world, spec, receipts).Run();
        if (outcome.reason != kLostRace) return outcome;
        joined = true;
        break;
      }
    }
  }
}

}  // namespace holon::ctl
