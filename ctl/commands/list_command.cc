// list: every runtime of this user on this machine.
#include <algorithm>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "ctl/commands/commands.h"
#include "ctl/lifecycle/runtime_search.h"
#include "ctl/render/json_view.h"
#include "ctl/render/layout.h"
#include "ctl/render/status_text.h"
#include "runtime/base/duration.h"
#include "runtime/base/file.h"
#include "runtime/base/lock_holder.h"
#include "runtime/base/thread.h"
#include "runtime/state/failures.h"

namespace holon::ctl {
namespace {

// Runtimes that are looked at side by side: each of them may need the whole probe time-out.
constexpr size_t kAtOnce = 32;

// What a search found, looked at.
struct Described {
  std::optional<v1::RuntimeView> runtime;  // nullopt: no runtime lives there.
  bool unseen = false;                     // It could not be looked at.
};

v1::RuntimeView OfRemovedHome(const std::string& home, pid_t holder) {
  v1::RuntimeView view;
  view.set_home_dir(home);
  view.set_pid(holder);
  view.set_state(std::string(probe::VerdictName(probe::Verdict::kUnresponsive)));
  view.set_healthy(false);
  view.set_message("its home was removed; it will end");
  return view;
}

v1::RuntimeView ViewOf(const std::string& home, const probe::Sighting& sighting,
                       std::optional<pid_t> holder, absl::Time now) {
  v1::RuntimeView view;
  view.set_home_dir(home);
  if (holder.has_value()) view.set_pid(*holder);
  StatusInputs inputs;
  inputs.sighting = &sighting;
  inputs.home = home;
  const v1::StatusView status = MakeStatusView(inputs);
  view.set_state(status.state());
  view.set_message(status.message());
  view.set_healthy(status.healthy());
  view.set_socket_path(status.socket_path());
  if (status.has_pid()) view.set_pid(status.pid());
  if (status.has_instance_id()) view.set_instance_id(status.instance_id());
  if (status.has_version()) view.set_version(status.version());
  absl::Time started;
  std::string error;
  if (status.has_started_at() &&
      absl::ParseTime(absl::RFC3339_full, status.started_at(), &started, &error)) {
    view.set_started_at(status.started_at());
    view.set_uptime_seconds(absl::ToDoubleSeconds(std::max(now - started, absl::ZeroDuration())));
  }
  return view;
}

Described Describe(const std::string& home, std::optional<pid_t> holder, absl::Time now) {
  const state::HomePaths paths(home);
  absl::StatusOr<probe::Sighting> sighting =
      probe::Look(paths, paths.default_socket, probe::Want::kVerdict);
  if (!sighting.ok()) return {std::nullopt, true};
  const bool lives =
      probe::IsLive(sighting->verdict) || sighting->verdict == probe::Verdict::kIncompatible;
  if (lives) return {ViewOf(home, *sighting, holder, now), false};
  // The process names its home as it sees it, perhaps in another mount namespace.
  return {std::nullopt, holder.has_value() && base::Look(absl::StrCat("/proc/", *holder)).ok() &&
                            !base::HoldsDirectory(*holder, home) &&
                            base::MarkedDirectoriesOf(*holder).ok()};
}

v1::ListView DescribeAll(const FoundHomes& found, absl::Time now) {
  std::vector<std::pair<std::string, std::optional<pid_t>>> homes(found.homes.begin(),
                                                                  found.homes.end());
  std::vector<Described> described(homes.size());
  for (size_t begin = 0; begin < homes.size(); begin += kAtOnce) {
    std::vector<std::thread> looks;
    for (size_t i = begin; i < std::min(homes.size(), begin + kAtOnce); ++i) {
      auto look = [&, i] { described[i] = Describe(homes[i].first, homes[i].second, now); };
      absl::StatusOr<std::thread> thread = base::StartThread(look);
      if (thread.ok()) {
        looks.push_back(*std::move(thread));
      } else {
        look();
      }
    }
    for (std::thread& look : looks) look.join();
  }
  v1::ListView view;
  view.set_ok(true);
  for (const auto& [home, holder] : found.removed) {
    *view.add_runtimes() = OfRemovedHome(home, holder);
  }
  size_t unseen = found.unseen;
  for (Described& one : described) {
    if (one.runtime.has_value()) *view.add_runtimes() = *std::move(one.runtime);
    if (one.unseen) ++unseen;
  }
  view.set_unseen(unseen);
  return view;
}

std::string ListText(const v1::ListView& view, const Console& console) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> head;
  for (const char* title : {"state", "pid", "version", "uptime", "home"}) {
    head.push_back(console.Paint(Tone::kFaint, title));
  }
  rows.push_back(std::move(head));
  for (const v1::RuntimeView& runtime : view.runtimes()) {
    rows.push_back({StateText(runtime.state(), runtime.healthy(), console),
                    absl::StrCat(runtime.pid()), runtime.has_version() ? runtime.version() : "-",
                    runtime.has_uptime_seconds()
                        ? base::FormatDuration(absl::Seconds(runtime.uptime_seconds()))
                        : "-",
                    Whole(Printable(runtime.home_dir()))});
  }
  return Table(rows, console.width());
}

}  // namespace

base::ExitCode RunList(Context& context) {
  const absl::StatusOr<FoundHomes> found = FindHomes();
  if (!found.ok()) {
    return context.Fail(base::ExitCode::kFailed, "CANNOT_LOOK",
                        std::string(found.status().message()));
  }
  const v1::ListView view = DescribeAll(*found, context.world().clock.Now());
  Console& console = context.console();
  if (context.options().json) {
    console.Data(ToJsonLine(view) + "\n");
    return base::ExitCode::kDone;
  }
  if (view.runtimes().empty()) {
    console.Text("no runtime of yours is running\n");
  } else {
    console.Answer(ListText(view, console));
  }
  if (view.unseen() > 0) {
    console.Warning(absl::StrCat(view.unseen(),
                                 " of your processes and homes could not be looked into; a runtime "
                                 "there would not be listed"));
  }
  return base::ExitCode::kDone;
}

}  // namespace holon::ctl
