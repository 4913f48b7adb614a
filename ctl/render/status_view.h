// From what was seen to what `--json` prints. Pure but for the failure history's file.
#ifndef HOLON_CTL_RENDER_STATUS_VIEW_H_
#define HOLON_CTL_RENDER_STATUS_VIEW_H_

#include <optional>
#include <string>
#include <vector>

#include "ctl/render/next_command.h"
#include "holon/ctl/v1/views.pb.h"
#include "holon/state/v1/records.pb.h"
#include "holon/v1/config.pb.h"
#include "runtime/probe/prober.h"

namespace holon::ctl {

// The caller's configuration, as far as a status needs it.
struct OwnConfig {
  std::string fingerprint;
  std::vector<holon::v1::ConfigValue> values;
  std::string home;
};

// What of `own` is not as the runtime that answered has it.
std::vector<holon::v1::ConfigDifference> DifferencesFrom(
    const OwnConfig& own, const holon::v1::RuntimeStatusResponse& answer);

struct StatusInputs {
  const probe::Sighting* sighting = nullptr;
  std::string home;
  // nullopt: the caller's configuration is invalid.
  std::optional<OwnConfig> own;
  // What the disk says; empty where it cannot be read.
  state::v1::FailureHistory failures;
  std::vector<std::string> warnings;
  Invocation call;    // What the next command repeats.
  bool valid = true;  // The caller's configuration has no fault.
};

// "kept from the start at 09:12: log.level=debug (--set)": what the runtime was given beside the
// file, and this caller was not; empty where there is nothing of the kind. The time is UTC.
std::string KeptText(const std::vector<holon::v1::ConfigDifference>& differences,
                     const google::protobuf::Timestamp& started_at);

v1::StatusView MakeStatusView(const StatusInputs& inputs);

// How `status --exit-code` ends: 0 for a runtime that is healthy and runs with the caller's
// configuration, 5 for another one, 4 where the two cannot be compared, 1 where it is not healthy.
base::ExitCode HealthExitCode(probe::Verdict verdict, const v1::StatusView& view);

// RFC 3339 in UTC, with milliseconds.
std::string Rfc3339(absl::Time time);

// "idle: no agent has anything to do", …
std::string ActivitySentence(const holon::v1::Activity& activity);

// `cleared`: a later generation has been stable since.
v1::FailureView ToView(const state::v1::FailureRecord& failure, bool cleared);

}  // namespace holon::ctl

#endif  // HOLON_CTL_RENDER_STATUS_VIEW_H_
