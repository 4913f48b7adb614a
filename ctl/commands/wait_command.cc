// wait and status --watch: they follow the home by inotify, pidfd and the runtime's own stream.
// Nothing polls, but for one thing: a watch asks a runtime that answers twice a second whether it
// still does, because a hang is no event.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ctl/commands/commands.h"
#include "ctl/lifecycle/home_watch.h"
#include "ctl/render/json_view.h"
#include "ctl/render/status_text.h"
#include "runtime/base/duration.h"
#include "runtime/base/wait.h"

namespace holon::ctl {
namespace {

constexpr absl::Duration kAskInterval = absl::Milliseconds(500);

const char* NameOf(Goal goal) {
  switch (goal) {
    case Goal::kReady:
      return "ready";
    case Goal::kStopped:
      return "stopped";
    case Goal::kIdle:
      return "idle";
  }
  return "?";
}

bool Reached(Goal goal, const probe::Sighting& sighting) {
  switch (goal) {
    case Goal::kReady:
      return sighting.verdict == probe::Verdict::kRunning;
    case Goal::kStopped:
      return probe::IsDead(sighting.verdict);
    case Goal::kIdle:
      return sighting.verdict == probe::Verdict::kRunning &&
             sighting.answer->activity().state() == holon::v1::ACTIVITY_STATE_IDLE;
  }
  return false;
}

NextStep WhatHelps(const Context& context, const probe::Sighting& sighting) {
  const bool runs = sighting.verdict == probe::Verdict::kRunning;
  return runs && context.options().goal == Goal::kStopped
             ? context.Next(Situation::kWaitedForStopped)
             : context.Next(sighting);
}

}  // namespace

base::ExitCode RunWait(Context& context) {
  World& world = context.world();
  absl::Status trusted = state::CheckHome(world.paths, state::HomeUse::kLook);
  if (!trusted.ok()) return context.FailHome(trusted);
  const Goal goal = context.options().goal;
  const std::string what = absl::StrCat("waiting for the runtime to be ", NameOf(goal));
  const absl::Duration end = context.options().timeout.has_value()
                                 ? world.clock.Uptime() + *context.options().timeout
                                 : absl::InfiniteDuration();
  HomeWatch watch(world, HomeWatch::Scope::kRuntime);
  while (true) {
    absl::StatusOr<probe::Sighting> sighting =
        world.Look(probe::Want::kProof, end - world.clock.Uptime());
    if (!sighting.ok()) return context.FailHome(sighting.status());
    if (Reached(goal, *sighting)) {
      const v1::StatusView view = context.Status(*sighting);
      if (context.options().json) {
        context.console().Data(ToJsonLine(view) + "\n");
      } else {
        context.console().Done(absl::StrCat("the runtime is ", NameOf(goal)));
      }
      return base::ExitCode::kDone;
    }
    switch (watch.AwaitChange(*sighting, end, what)) {
      case Waited::kInterrupted:
        return context.Fail(base::ExitCode::kInterrupted, "INTERRUPTED",
                            absl::StrCat("interrupted; the runtime is ",
                                         std::string(probe::VerdictName(sighting->verdict))));
      case Waited::kTimedOut:
        return context.Fail(
            base::ExitCode::kTimeout, "TIMEOUT",
            absl::StrCat("the runtime is ", std::string(probe::VerdictName(sighting->verdict)),
                         ", not ", NameOf(goal), ", after ",
                         base::FormatDuration(*context.options().timeout)),
            WhatHelps(context, *sighting));
      case Waited::kReady:
        break;
    }
  }
}

base::ExitCode RunStatusWatch(Context& context) {
  World& world = context.world();
  absl::Status trusted = state::CheckHome(world.paths, state::HomeUse::kLook);
  if (!trusted.ok()) return context.FailHome(trusted);
  // A pipe that nobody reads any more ends this now, and not with the next change.
  const int reader = context.console().reader_fd();
  HomeWatch watch(world, HomeWatch::Scope::kFiles, reader);
  std::optional<v1::StatusView> shown;
  while (true) {
    absl::StatusOr<probe::Sighting> sighting = world.Look();
    if (absl::IsCancelled(sighting.status())) return base::ExitCode::kInterrupted;
    if (!sighting.ok()) return context.FailHome(sighting.status());
    v1::StatusView view = context.Status(*sighting);
    const std::string changes = shown.has_value() ? ChangesText(*shown, view) : "";
    if (!shown.has_value() || !changes.empty()) {
      shown = view;
      const absl::Time now = world.clock.Now();
      view.set_observed_at(Rfc3339(now));
      context.console().Data(context.options().json
                                 ? ToJsonLine(view) + "\n"
                                 : WatchText(view, changes, now, context.console()));
    }
    // A full disk is told by the console; who has read enough has got what it wanted.
    if (!context.console().delivered()) return base::ExitCode::kDone;
    const absl::Duration ask = probe::Answers(sighting->verdict)
                                   ? world.clock.Uptime() + kAskInterval
                                   : absl::InfiniteDuration();
    if (watch.AwaitChange(*sighting, ask, "watching") == Waited::kInterrupted) {
      return base::ExitCode::kInterrupted;
    }
    const bool left = reader >= 0 && base::WaitReadable({reader}, absl::ZeroDuration()).has_value();
    if (left) return base::ExitCode::kDone;
  }
}

}  // namespace holon::ctl
