// list: every runtime of this user, found by the locks that the kernel says they hold. There is no
// registry that could be wrong.
#include <algorithm>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "ctl/commands/commands.h"
#include "ctl/render/json_view.h"
#include "ctl/render/status_text.h"
#include "runtime/base/duration.h"
#include "runtime/base/file.h"
#include "runtime/base/file_lock.h"
#include "runtime/base/thread.h"
#include "runtime/state/failures.h"

namespace holon::ctl {
namespace {

// Runtimes that are looked at side by side: each of them may need the whole probe time-out.
constexpr size_t kAtOnce = 32;

// The homes of all runtimes, with the process that holds the lock.
std::map<std::string, pid_t> FindHomes() {
  std::map<std::string, pid_t> homes;
  for (const base::HeldLock& held :
       base::FindHeldLocks(base::NameOf(state::HomePaths("/").instance_lock))) {
    homes[base::DirectoryOf(base::DirectoryOf(held.path))] = held.pid;
  }
  return homes;
}

v1::RuntimeView Describe(const std::string& home, pid_t holder, absl::Time now) {
  const state::HomePaths paths(home);
  v1::RuntimeView view;
  view.set_home_dir(home);
  view.set_pid(holder);
  absl::StatusOr<probe::Sighting> sighting = probe::Look(paths, paths.default_socket);
  if (!sighting.ok()) {
    view.set_state(std::string(probe::VerdictName(probe::Verdict::kUnresponsive)));
    view.set_message(std::string(sighting.status().message()));
    return view;
  }
  StatusInputs inputs;
  inputs.sighting = &*sighting;
  inputs.home = home;
  const v1::StatusView status = MakeStatusView(inputs);
  view.set_state(status.state());
  view.set_message(status.message());
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

std::vector<v1::RuntimeView> DescribeAll(const std::map<std::string, pid_t>& homes,
                                         absl::Time now) {
  std::vector<std::pair<std::string, pid_t>> found(homes.begin(), homes.end());
  std::vector<v1::RuntimeView> views(found.size());
  for (size_t begin = 0; begin < found.size(); begin += kAtOnce) {
    std::vector<std::thread> looks;
    for (size_t i = begin; i < std::min(found.size(), begin + kAtOnce); ++i) {
      auto look = [&, i] { views[i] = Describe(found[i].first, found[i].second, now); };
      absl::StatusOr<std::thread> thread = base::StartThread(look);
      if (thread.ok()) {
        looks.push_back(*std::move(thread));
      } else {
        look();
      }
    }
    for (std::thread& look : looks) look.join();
  }
  return views;
}

std::string ListText(const v1::ListView& view, const Console& console) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> head;
  for (const char* title : {"state", "pid", "version", "uptime", "home"}) {
    head.push_back(console.Paint(Tone::kFaint, title));
  }
  rows.push_back(std::move(head));
  for (const v1::RuntimeView& runtime : view.runtimes()) {
    rows.push_back({StateText(runtime.state(), console), absl::StrCat(runtime.pid()),
                    runtime.has_version() ? runtime.version() : "-",
                    runtime.has_uptime_seconds()
                        ? base::FormatDuration(absl::Seconds(runtime.uptime_seconds()))
                        : "-",
                    Printable(runtime.home_dir())});
  }
  return Table(rows);
}

}  // namespace

base::ExitCode RunList(Context& context) {
  v1::ListView view;
  view.set_ok(true);
  for (v1::RuntimeView& runtime : DescribeAll(FindHomes(), context.world().clock.Now())) {
    // It has ended between the two looks.
    if (runtime.state() == probe::VerdictName(probe::Verdict::kStopped)) continue;
    *view.add_runtimes() = std::move(runtime);
  }
  Console& console = context.console();
  if (context.options().json) {
    console.Data(ToJsonLine(view) + "\n");
  } else if (view.runtimes().empty()) {
    console.Text("no runtime of yours is running\n");
  } else {
    console.Data(ListText(view, console));
  }
  return base::ExitCode::kDone;
}

}  // namespace holon::ctl
