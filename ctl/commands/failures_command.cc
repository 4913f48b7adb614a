// failures: the bounded history of what went wrong, whether or not a runtime lives. It needs the
// home and nothing else.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "ctl/commands/commands.h"
#include "ctl/render/json_view.h"
#include "ctl/render/layout.h"
#include "ctl/render/status_text.h"
#include "runtime/state/failures.h"
#include "runtime/state/vanished.h"

namespace holon::ctl {
namespace {

std::string FailureText(const v1::FailureView& failure, const Console& console) {
  const Tone tone = failure.cleared() ? Tone::kFaint : Tone::kBad;
  const std::vector<std::string> summary = absl::StrSplit(Printable(failure.summary()), '\n');
  const std::string text =
      Wrapped(absl::StrCat(console.Paint(tone, failure.cleared() ? "○" : "●"), " ",
                           HappenedText(failure), "  ", console.Paint(tone, failure.phase()), "  ",
                           console.Paint(Tone::kStrong, summary.front())),
              console.width(), 2);
  std::vector<std::vector<std::string>> rows;
  auto add = [&](const std::string& key, const std::string& value) {
    if (!value.empty()) rows.push_back({"  " + console.Paint(Tone::kFaint, key), Printable(value)});
  };
  add("ended", failure.ended());
  add("generation", absl::StrCat(failure.instance_id(),
                                 failure.this_generation() ? " (the one that is running)" : ""));
  if (failure.cleared()) add("since then", "a later generation has been stable");
  for (int i = 0; i < failure.log_excerpt_size(); ++i) {
    rows.push_back({"  " + console.Paint(Tone::kFaint, i == 0 ? "log" : ""),
                    console.Paint(Tone::kFaint, Printable(failure.log_excerpt(i)))});
  }
  if (failure.has_detail_hint()) {
    rows.push_back(
        {"  " + console.Paint(Tone::kFaint, "see"), Whole(Printable(failure.detail_hint()))});
  }
  return absl::StrCat(text, "\n", Table(rows, console.width()));
}

}  // namespace

base::ExitCode RunFailures(Context& context) {
  World& world = context.world();
  absl::Status trusted = state::CheckHome(world.paths, state::HomeUse::kLook);
  if (!trusted.ok()) return context.FailHome(trusted);
  v1::FailuresView view;
  view.set_ok(true);
  view.set_home_dir(world.paths.home);
  absl::StatusOr<state::v1::FailureHistory> read = state::ReadFailures(world.paths.failures);
  if (!read.ok()) view.add_warnings(std::string(read.status().message()));
  state::v1::FailureHistory history = std::move(read).value_or(state::v1::FailureHistory());
  absl::StatusOr<probe::Sighting> sighting = world.Look();
  std::string running;
  if (sighting.ok() && probe::Answers(sighting->verdict)) {
    running = sighting->answer->instance_id();
  } else if (sighting.ok() && sighting->verdict == probe::Verdict::kStale) {
    history = state::WithVanished(std::move(history), state::FindVanished(world.paths));
  }
  for (int i = history.failures_size() - 1; i >= 0; --i) {
    const state::v1::FailureRecord& failure = history.failures(i);
    v1::FailureView* row = view.add_failures();
    *row = ToView(failure, state::IsCleared(history, failure.instance_id(),
                                            state::FromTimestamp(failure.occurred_at())));
    row->set_this_generation(!running.empty() && failure.instance_id() == running);
  }
  Console& console = context.console();
  if (context.options().json) {
    console.Data(ToJsonLine(view) + "\n");
    return base::ExitCode::kDone;
  }
  for (const std::string& warning : view.warnings()) console.Warning(warning);
  if (view.failures().empty()) {
    console.Text(absl::StrCat("nothing has failed at ", world.paths.home, "\n"));
  }
  for (int i = 0; i < view.failures_size(); ++i) {
    console.Answer(absl::StrCat(i == 0 ? "" : "\n", FailureText(view.failures(i), console)));
  }
  return base::ExitCode::kDone;
}

}  // namespace holon::ctl
