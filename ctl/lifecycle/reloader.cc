#include "ctl/lifecycle/reloader.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "runtime/config/diff.h"

namespace holon::ctl {
namespace {

constexpr absl::Duration kReloadTimeout = absl::Seconds(5);

}  // namespace

Outcome Reload(World& world, const probe::Sighting& sighting,
               const std::vector<holon::v1::ConfigOverride>& overrides, Receipts* receipts) {
  receipts->Begin();
  holon::v1::ReloadRequest request;
  holon::v1::ReloadResponse response;
  request.set_expected_instance_id(sighting.answer->instance_id());
  request.mutable_overrides()->Assign(overrides.begin(), overrides.end());
  request.mutable_caller()->set_pid(getpid());
  request.mutable_caller()->set_command(world.self);
  grpc::Status status = sighting.client->Reload(kReloadTimeout, request, &response);
  if (!status.ok()) {
    const std::string reason = probe::ErrorReason(status);
    receipts->Add("reload", "failed", status.error_message());
    return Failure(reason == "INVALID_CONFIG" ? base::ExitCode::kUsage : base::ExitCode::kFailed,
                   reason.empty() ? "RELOAD_FAILED" : reason, status.error_message(),
                   absl::StrCat("holonctl --home ", world.paths.home, " status"));
  }
  const std::vector<holon::v1::ConfigDifference> applied = {response.applied().begin(),
                                                            response.applied().end()};
  const std::vector<holon::v1::ConfigDifference> refused = {response.refused().begin(),
                                                            response.refused().end()};
  receipts->Add("reload", "done",
                absl::StrCat(applied.size(), " applied, ", refused.size(), " need a restart"));
  if (!refused.empty()) {
    return Failure(
        base::ExitCode::kConfigDiffers, "RESTART_REQUIRED",
        absl::StrCat("these changes need a restart: ", config::DifferenceSummary(refused),
                     applied.empty() ? "" : "; applied: ", config::DifferenceSummary(applied)),
        absl::StrCat("holonctl --home ", world.paths.home, " restart"));
  }
  if (applied.empty()) return Success("nothing", "nothing has changed; nothing was reloaded");
  return Success("reloaded", absl::StrCat("reloaded: ", config::DifferenceSummary(applied)));
}

}  // namespace holon::ctl
