#include "ctl/render/status_view.h"

#include <functional>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "ctl/render/config_view.h"
#include "runtime/config/configuration.h"
#include "runtime/config/diff.h"
#include "runtime/config/text.h"
#include "runtime/state/failures.h"

namespace holon::ctl {
namespace {

using probe::Sighting;
using probe::Verdict;

std::string Rfc3339(const google::protobuf::Timestamp& timestamp) {
  return holon::ctl::Rfc3339(state::FromTimestamp(timestamp));
}

void SetUnlessEmpty(const std::string& value, const std::function<void(const std::string&)>& set) {
  if (!value.empty()) set(value);
}

const char* PhaseName(holon::v1::Phase phase) {
  switch (phase) {
    case holon::v1::PHASE_STARTING:
      return "starting";
    case holon::v1::PHASE_READY:
      return "ready";
    case holon::v1::PHASE_DRAINING:
      return "draining";
    default:
      return nullptr;
  }
}

const char* FailurePhaseName(holon::v1::FailurePhase phase) {
  switch (phase) {
    case holon::v1::FAILURE_PHASE_STARTUP:
      return state::kStartupFailure;
    case holon::v1::FAILURE_PHASE_SHUTDOWN:
      return state::kShutdownFailure;
    default:
      return state::kRuntimeFailure;
  }
}

const char* ActivityName(holon::v1::ActivityState activity) {
  switch (activity) {
    case holon::v1::ACTIVITY_STATE_WAITING:
      return "waiting";
    case holon::v1::ACTIVITY_STATE_PROCESSING:
      return "processing";
    default:
      return "idle";
  }
}

template <typename Failure>
void FillFailure(const Failure& failure, const std::string& phase, v1::FailureView* view) {
  view->set_occurred_at(Rfc3339(failure.occurred_at()));
  view->set_phase(phase);
  view->set_summary(failure.summary());
  SetUnlessEmpty(failure.detail_hint(), [&](const auto& text) { view->set_detail_hint(text); });
  *view->mutable_log_excerpt() = failure.log_excerpt();
  SetUnlessEmpty(failure.instance_id(), [&](const auto& id) { view->set_instance_id(id); });
  view->set_ended(failure.ended().empty() ? "unknown" : failure.ended());
  if (failure.has_occurred_after()) view->set_occurred_after(Rfc3339(failure.occurred_after()));
  if (failure.has_occurred_before()) view->set_occurred_before(Rfc3339(failure.occurred_before()));
}

// The disk knows what has been cleared since the runtime read it; the runtime knows what happened
// to itself while the disk was full.
void AddFailure(const StatusInputs& inputs, const holon::v1::RuntimeStatusResponse* answer,
                v1::StatusView* view) {
  const bool told = answer != nullptr && answer->has_last_failure() &&
                    !state::IsCleared(inputs.failures, answer->last_failure().instance_id(),
                                      state::FromTimestamp(answer->last_failure().occurred_at()));
  const std::optional<state::v1::FailureRecord> recorded = state::LatestFailure(inputs.failures);
  if (recorded.has_value() &&
      (!told || state::FromTimestamp(recorded->occurred_at()) >=
                    state::FromTimestamp(answer->last_failure().occurred_at()))) {
    FillFailure(*recorded, recorded->phase(), view->mutable_last_failure());
  } else if (told) {
    FillFailure(answer->last_failure(), FailurePhaseName(answer->last_failure().phase()),
                view->mutable_last_failure());
  } else {
    return;
  }
  view->mutable_last_failure()->set_cleared(false);
  view->mutable_last_failure()->set_this_generation(
      answer != nullptr && view->last_failure().instance_id() == answer->instance_id());
}

void AddActivity(const holon::v1::Activity& activity, v1::ActivityView* view) {
  view->set_state(ActivityName(activity.state()));
  view->set_active_agents(activity.active_agents());
  view->set_active_tasks(activity.active_tasks());
  view->set_processing_agents(activity.processing_agents());
  view->set_waiting_agents(activity.waiting_agents());
}

void AddCounters(const holon::v1::Counters& counters, v1::CountersView* view) {
  view->set_connections_accepted(counters.connections_accepted());
  view->set_connections_refused(counters.connections_refused());
  view->set_files_healed(counters.files_healed());
  view->set_log_lines_lost(counters.log_lines_lost());
  view->set_reloads(counters.reloads());
}

std::string DescriptionOf(const holon::v1::RuntimeStatusResponse& answer) {
  for (const holon::v1::ConfigValue& value : answer.config()) {
    if (value.path() == "description") return config::DisplayValue(value.value());
  }
  return "";
}

void AddAnswer(const holon::v1::RuntimeStatusResponse& answer, v1::StatusView* view) {
  view->set_healthy(answer.healthy());
  view->set_ephemeral(answer.ephemeral());
  view->set_socket_path(answer.socket_path());
  SetUnlessEmpty(answer.http_addr(), [&](const auto& text) { view->set_http_addr(text); });
  SetUnlessEmpty(answer.control_addr(), [&](const auto& text) { view->set_control_addr(text); });
  view->set_pid(answer.pid());
  view->set_runtime_config_fingerprint(answer.config_fingerprint());
  view->set_instance_id(answer.instance_id());
  view->set_version(answer.version());
  view->set_started_at(Rfc3339(answer.started_at()));
  if (const char* phase = PhaseName(answer.phase())) view->set_phase(phase);
  if (answer.has_activity()) AddActivity(answer.activity(), view->mutable_activity());
  *view->mutable_degraded() = answer.degraded();
  SetUnlessEmpty(DescriptionOf(answer), [&](const auto& text) { view->set_description(text); });
  AddCounters(answer.counters(), view->mutable_counters());
  SetUnlessEmpty(answer.startup().step(), [&](const auto& text) { view->set_startup_step(text); });
}

// Only claims that the record makes of itself: nothing has confirmed them.
void AddRecord(const state::v1::DaemonRecord& record, v1::StatusView* view) {
  SetUnlessEmpty(record.http_addr(), [&](const auto& text) { view->set_http_addr(text); });
  SetUnlessEmpty(record.control_addr(), [&](const auto& text) { view->set_control_addr(text); });
  view->set_pid(record.identity().pid());
  view->set_ephemeral(record.ephemeral());
  SetUnlessEmpty(record.config_fingerprint(),
                 [&](const auto& text) { view->set_runtime_config_fingerprint(text); });
  view->set_instance_id(record.instance_id());
  SetUnlessEmpty(record.version(), [&](const auto& text) { view->set_version(text); });
  if (record.has_started_at()) view->set_started_at(Rfc3339(record.started_at()));
}

std::string Message(const StatusInputs& inputs) {
  const Sighting& sighting = *inputs.sighting;
  switch (sighting.verdict) {
    case Verdict::kRunning:
      if (!sighting.answer->degraded().empty()) {
        return absl::StrCat("degraded: ", absl::StrJoin(sighting.answer->degraded(), "; "));
      }
      return ActivitySentence(sighting.answer->activity());
    case Verdict::kStarting:
      return absl::StrCat("the runtime is starting: ", sighting.answer->startup().step());
    case Verdict::kStopping:
      return "the runtime is draining and will end";
    case Verdict::kStopped:
      return absl::StrCat("the runtime is not running", sighting.detail.empty() ? "" : "; ",
                          sighting.detail);
    case Verdict::kStale:
      return absl::StrCat(sighting.detail, ": ", absl::StrJoin(sighting.stale_files, ", "));
    default:
      return sighting.detail;
  }
}

}  // namespace

std::string Rfc3339(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

std::vector<holon::v1::ConfigDifference> DifferencesFrom(
    const OwnConfig& own, const holon::v1::RuntimeStatusResponse& answer) {
  const config::Side mine{absl::StrCat("holonctl ", HOLON_VERSION), own.values, own.home};
  const config::Side theirs{absl::StrCat("runtime ", answer.version()),
                            {answer.config().begin(), answer.config().end()},
                            answer.home_dir()};
  return config::Diff(mine, theirs);
}

std::string ActivitySentence(const holon::v1::Activity& activity) {
  switch (activity.state()) {
    case holon::v1::ACTIVITY_STATE_PROCESSING:
      return absl::StrCat("processing: ", activity.processing_agents(), " of ",
                          activity.active_agents(), " agents run a turn, ", activity.active_tasks(),
                          " events are open");
    case holon::v1::ACTIVITY_STATE_WAITING:
      return absl::StrCat("waiting: no agent runs a turn, ", activity.active_tasks(),
                          " events are open for ", activity.waiting_agents(), " agents");
    default:
      return "idle: no agent has anything to do";
  }
}

v1::FailureView ToView(const state::v1::FailureRecord& failure, bool cleared) {
  v1::FailureView view;
  FillFailure(failure, failure.phase(), &view);
  view.set_cleared(cleared);
  return view;
}

base::ExitCode HealthExitCode(Verdict verdict, const v1::StatusView& view) {
  if (!probe::Answers(verdict)) return probe::StatusExitCode(verdict);
  if (!view.healthy()) return base::ExitCode::kFailed;
  if (!view.has_config_fingerprint_match()) return base::ExitCode::kUnknown;
  return view.config_fingerprint_match() ? base::ExitCode::kDone : base::ExitCode::kConfigDiffers;
}

std::string KeptText(const std::vector<holon::v1::ConfigDifference>& differences,
                     const google::protobuf::Timestamp& started_at) {
  std::string kept;
  for (const holon::v1::ConfigDifference& row : differences) {
    const holon::v1::Source source = row.actual_origin().source();
    if (source != holon::v1::SOURCE_FLAG && source != holon::v1::SOURCE_ENVIRONMENT) continue;
    absl::StrAppend(&kept, kept.empty() ? "" : "; ", row.path(), "=",
                    config::OneLine(config::DisplayValue(row.actual())), " (",
                    config::OriginText(row.actual_origin()), ")");
  }
  if (kept.empty()) return "";
  return absl::StrCat(
      "kept from the start at ",
      absl::FormatTime("%H:%M", state::FromTimestamp(started_at), absl::UTCTimeZone()),
      " UTC: ", kept);
}

v1::StatusView MakeStatusView(const StatusInputs& inputs) {
  const Sighting& sighting = *inputs.sighting;
  const bool answers = probe::Answers(sighting.verdict);
  v1::StatusView view;
  view.set_ok(true);
  view.set_state(std::string(probe::VerdictName(sighting.verdict)));
  view.set_healthy(false);
  view.set_home_dir(inputs.home);
  view.set_socket_path(sighting.socket_path);
  view.set_control_connectivity(answers);
  if (answers) {
    AddAnswer(*sighting.answer, &view);
  } else if (sighting.record.has_value()) {
    AddRecord(*sighting.record, &view);
  }
  // The lock's holder is better evidence than a record.
  if (sighting.Named().has_value()) view.set_pid(sighting.Named()->pid);
  AddFailure(inputs, answers ? &*sighting.answer : nullptr, &view);
  for (const std::string& file : sighting.stale_files) view.add_stale_files(file);
  if (inputs.own.has_value()) {
    view.set_config_fingerprint(inputs.own->fingerprint);
    if (answers) {
      const std::vector<holon::v1::ConfigDifference> differences =
          DifferencesFrom(*inputs.own, *sighting.answer);
      for (const auto& difference : differences) *view.add_differences() = ToView(difference);
      SetUnlessEmpty(KeptText(differences, sighting.answer->started_at()),
                     [&](const auto& kept) { view.add_warnings(kept); });
      // Where only names of one file differ, fingerprints do, too.
      view.set_config_fingerprint_match(
          inputs.own->fingerprint == view.runtime_config_fingerprint() ||
          (view.differences().empty() && !inputs.own->values.empty()));
    }
  }
  for (const std::string& warning : inputs.warnings) view.add_warnings(warning);
  if (!sighting.record_damage.empty()) view.add_warnings(sighting.record_damage);
  view.set_message(Message(inputs));
  SetNext(NextFor(inputs.call, sighting, inputs.valid), &view);
  return view;
}

}  // namespace holon::ctl
