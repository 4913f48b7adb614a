#include "ctl/render/status_text.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "ctl/render/config_view.h"
#include "ctl/render/layout.h"
#include "google/protobuf/util/message_differencer.h"
#include "runtime/base/duration.h"
#include "runtime/config/shell_text.h"
#include "runtime/config/text.h"

namespace holon::ctl {
namespace {

Tone ToneOf(const std::string& state) {
  if (state == "running") return Tone::kGood;
  if (state == "starting" || state == "stopping" || state == "stale") return Tone::kWarning;
  if (state == "stopped") return Tone::kFaint;
  return Tone::kBad;
}

const char* MarkOf(const std::string& state) {
  if (state == "stopped") return "○";
  if (state == "starting" || state == "stopping") return "◐";
  return "●";
}

std::string CountersText(const v1::CountersView& counters) {
  std::string text = absl::StrCat(counters.connections_accepted(), " connections accepted");
  auto add = [&](uint64_t count, const char* what) {
    if (count > 0) absl::StrAppend(&text, ", ", count, " ", what);
  };
  add(counters.connections_refused(), "refused");
  add(counters.files_healed(), "files healed");
  add(counters.log_lines_lost(), "log lines lost");
  add(counters.reloads(), "reloads");
  return text;
}

std::string StartedText(const std::string& started_at, absl::Time now) {
  absl::Time started;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, started_at, &started, &error)) return started_at;
  return absl::StrCat(started_at, " (",
                      base::FormatDuration(std::max(now - started, absl::ZeroDuration())), " ago)");
}

}  // namespace

std::string HappenedText(const v1::FailureView& failure) {
  // "2026-01-02T03:04:05.678Z"
  constexpr size_t kDay = 10;
  constexpr size_t kTime = 8;
  const std::string& after = failure.occurred_after();
  const std::string& before = failure.occurred_before();
  if (after.size() < kDay + kTime || before.size() < kDay + kTime || after == before) {
    return failure.occurred_at();
  }
  const bool same_day = after.substr(0, kDay) == before.substr(0, kDay);
  auto text = [&](const std::string& time, bool day) {
    return absl::StrCat(day ? time.substr(0, kDay) : "", day ? " " : "",
                        time.substr(kDay + 1, kTime));
  };
  return absl::StrCat("between ", text(after, true), " and ", text(before, !same_day));
}

std::string StateText(const std::string& state, bool healthy, const Console& console) {
  const bool degraded = state == "running" && !healthy;
  return console.Paint(degraded ? Tone::kWarning : ToneOf(state),
                       absl::StrCat(MarkOf(state), " ", state, degraded ? ", degraded" : ""));
}

std::string NextText(const NextStep& next, const Console& console) {
  std::string text;
  if (!next.words.empty()) {
    absl::StrAppend(&text, console.Paint(Tone::kFaint, "next:"), " ", config::ShellText(next.words),
                    "\n");
  }
  if (!next.advice.empty()) absl::StrAppend(&text, Printable(next.advice), "\n");
  return text;
}

std::string DifferenceTable(const std::vector<v1::DifferenceView>& differences,
                            const Console& console) {
  std::vector<std::vector<std::string>> rows = {
      {console.Paint(Tone::kFaint, "setting"), console.Paint(Tone::kFaint, "expected"),
       console.Paint(Tone::kFaint, "from"), console.Paint(Tone::kFaint, "actual"),
       console.Paint(Tone::kFaint, "from"), console.Paint(Tone::kFaint, "takes")}};
  for (const v1::DifferenceView& difference : differences) {
    rows.push_back(
        {console.Paint(Tone::kStrong, difference.path()),
         console.Paint(Tone::kGood,
                       ShownValue(difference.expected(), difference.expected_secret_state())),
         difference.expected_origin(),
         console.Paint(Tone::kWarning,
                       ShownValue(difference.actual(), difference.actual_secret_state())),
         difference.actual_origin(),
         difference.note().empty() ? difference.takes()
                                   : absl::StrCat(difference.takes(), "; ", difference.note())});
  }
  return Table(rows, console.width(), Head::kFirstRow);
}

std::string StatusText(const v1::StatusView& view, absl::Time now, const Console& console) {
  std::string text =
      absl::StrCat(StateText(view.state(), view.healthy(), console), "  ",
                   console.Paint(Tone::kStrong, config::OneLine(view.home_dir())), "\n");
  std::vector<std::vector<std::string>> rows;
  auto add = [&](const std::string& key, const std::string& value) {
    rows.push_back({"  " + console.Paint(Tone::kFaint, key), value});
  };
  add("message", Printable(view.message()));
  if (view.has_pid()) add("pid", absl::StrCat(view.pid()));
  if (view.has_instance_id()) add("generation", view.instance_id());
  if (view.has_version()) add("version", view.version());
  if (view.has_started_at()) add("started", StartedText(view.started_at(), now));
  add("socket", Whole(Printable(view.socket_path())));
  if (view.has_description()) add("description", Printable(view.description()));
  if (view.ephemeral()) add("ephemeral", "ends with the last `holonctl run` that uses it");
  if (view.has_http_addr()) add("http_addr", view.http_addr());
  if (view.has_control_addr()) add("control_addr", view.control_addr());
  if (view.has_config_fingerprint_match()) {
    add("config",
        view.config_fingerprint_match()
            ? absl::StrCat("as yours, ", view.config_fingerprint().substr(0, 12))
            : console.Paint(Tone::kWarning,
                            absl::StrCat("differs from yours in ", view.differences_size(),
                                         view.differences_size() == 1 ? " setting" : " settings")));
  }
  if (view.has_counters()) add("counts", CountersText(view.counters()));
  for (const std::string& file : view.stale_files()) add("left over", Whole(Printable(file)));
  if (view.has_last_failure()) {
    const v1::FailureView& failure = view.last_failure();
    add("last failure",
        absl::StrCat(HappenedText(failure), "  ", failure.phase(),
                     failure.this_generation() ? ", this generation" : ", an earlier generation"));
    add("", Printable(failure.summary().substr(0, failure.summary().find('\n'))));
  }
  absl::StrAppend(&text, Table(rows, console.width()));
  if (view.differences_size() > 0) {
    absl::StrAppend(
        &text, "\n",
        DifferenceTable({view.differences().begin(), view.differences().end()}, console));
  }
  const std::string next =
      NextText({{view.next_command().begin(), view.next_command().end()}, view.advice()}, console);
  absl::StrAppend(&text, next.empty() ? "" : "\n", next);
  return text;
}

std::string ChangesText(const v1::StatusView& before, const v1::StatusView& now) {
  // To look is to be counted.
  v1::StatusView from = before;
  v1::StatusView to = now;
  from.clear_counters();
  to.clear_counters();
  std::string changes;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&changes);
  return differencer.Compare(from, to) ? "" : changes;
}

std::string WatchText(const v1::StatusView& view, const std::string& changes, absl::Time now,
                      const Console& console) {
  return absl::StrCat(console.Paint(Tone::kFaint, absl::StrCat("--- ", view.observed_at())), "\n",
                      changes, StatusText(view, now, console), "\n");
}

std::string LadderText(const std::vector<Receipt>& receipts, const Console& console) {
  std::vector<std::vector<std::string>> rows;
  for (const Receipt& receipt : receipts) {
    Tone tone = receipt.outcome == "done"      ? Tone::kGood
                : receipt.outcome == "planned" ? Tone::kFaint
                : receipt.outcome == "failed"  ? Tone::kBad
                                               : Tone::kWarning;
    rows.push_back({absl::StrCat("  ", receipt.step), console.Paint(tone, receipt.outcome),
                    receipt.outcome == "planned" ? "" : base::FormatDuration(receipt.duration),
                    receipt.evidence});
  }
  return Table(rows, console.width());
}

}  // namespace holon::ctl
