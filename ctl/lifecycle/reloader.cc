#include "ctl/lifecycle/reloader.h"

#include <stdlib.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "runtime/config/configuration.h"
#include "runtime/config/diff.h"
#include "runtime/config/fingerprint.h"
#include "runtime/config/schema.h"
#include "runtime/config/values.h"

namespace holon::ctl {
namespace {

constexpr absl::Duration kReloadTimeout = absl::Seconds(5);

// The value in `values` at a path, as digest; empty where there is none.
template <typename Values>
std::string DigestAt(const std::string& path, const Values& values) {
  for (const holon::v1::ConfigValue& value : values) {
    if (value.path() == path) return value.digest();
  }
  return "";
}

// Secrets given to this call that are not those in force. They are not sent, so that only we can
// tell.
std::vector<holon::v1::ConfigDifference> ChangedSecrets(
    const World& world, const probe::Sighting& sighting,
    const std::vector<holon::v1::ConfigOverride>& overrides) {
  const std::string key = config::ReadFingerprintKey(world.paths.home).value_or("");
  std::vector<holon::v1::ConfigDifference> changed;
  for (const holon::v1::ConfigOverride& override : overrides) {
    const config::Leaf* leaf = config::FindTarget(override.path()).leaf;
    const char* value = getenv(override.origin().location().c_str());
    if (!override.secret_withheld() || leaf == nullptr || value == nullptr) continue;
    config::Configuration own;
    if (!config::SetFromText(*leaf, value, "/", &own.values).ok()) continue;
    const std::string digest = DigestAt(leaf->path, config::Describe(own, key));
    if (digest == DigestAt(leaf->path, sighting.answer->config())) continue;
    holon::v1::ConfigDifference& row = changed.emplace_back();
    row.set_path(leaf->path);
    row.set_expected("<set>");
    row.set_actual("<differs>");
    row.set_apply(leaf->apply);
  }
  return changed;
}

}  // namespace

Outcome Reload(World& world, const probe::Sighting& sighting,
               const std::vector<holon::v1::ConfigOverride>& overrides, bool reset,
               Receipts* receipts) {
  receipts->Begin();
  holon::v1::ReloadRequest request;
  holon::v1::ReloadResponse response;
  request.set_expected_instance_id(sighting.answer->instance_id());
  request.mutable_overrides()->Assign(overrides.begin(), overrides.end());
  request.set_reset(reset);
  request.mutable_caller()->set_pid(getpid());
  request.mutable_caller()->set_command(world.self);
  grpc::Status status = sighting.client->Reload(kReloadTimeout, request, &response);
  if (!status.ok()) {
    const std::string reason = probe::ErrorReason(status);
    receipts->Add("reload", "failed", status.error_message());
    return Failure(reason == "INVALID_CONFIG" ? base::ExitCode::kUsage : base::ExitCode::kFailed,
                   reason.empty() ? "RELOAD_FAILED" : reason, status.error_message());
  }
  const std::vector<holon::v1::ConfigDifference> applied = {response.applied().begin(),
                                                            response.applied().end()};
  std::vector<holon::v1::ConfigDifference> refused = ChangedSecrets(world, sighting, overrides);
  refused.insert(refused.end(), response.refused().begin(), response.refused().end());
  receipts->Add("reload", "done",
                absl::StrCat(applied.size(), " applied, ", refused.size(), " need a restart"));
  if (!refused.empty()) {
    return Failure(
        base::ExitCode::kConfigDiffers, "RESTART_REQUIRED",
        absl::StrCat("these changes need a restart: ", config::DifferenceSummary(refused),
                     applied.empty() ? "" : "; applied: ", config::ChangeSummary(applied)),
        NextFor(world.call, Situation::kRestartRequired));
  }
  if (applied.empty()) return Success("nothing", "nothing has changed; nothing was reloaded");
  return Success("reloaded", absl::StrCat("reloaded: ", config::ChangeSummary(applied)));
}

}  // namespace holon::ctl
