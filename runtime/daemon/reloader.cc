#include "runtime/daemon/reloader.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/config/diff.h"
#include "runtime/control/errors.h"
#include "runtime/control/runtime_control.h"

namespace holon::daemon {
namespace {

std::string ChangedPaths(const v1::ReloadResponse& response) {
  return absl::StrJoin(response.applied(), ", ",
                       [](std::string* out, const v1::ConfigDifference& difference) {
                         absl::StrAppend(out, difference.path());
                       });
}

}  // namespace

grpc::Status Reloader::Reload(const v1::ReloadRequest& request, const std::string& seen,
                              v1::ReloadResponse* response) {
  // It may have waited for others while the drain began.
  if (model_.phase() == v1::PHASE_DRAINING) {
    return control::Error(grpc::StatusCode::FAILED_PRECONDITION, control::kDraining,
                          "the runtime is draining");
  }
  grpc::Status status = config_.Reload(request, response);
  if (!status.ok()) return status;
  response->set_instance_id(model_.instance_id());
  if (response->applied().empty()) return status;
  const v1::EffectiveConfig values = config_.current().values;
  logger_.Configure(values.log());
  audit_.Record("reload", ChangedPaths(*response), control::CallerText(request.caller()), seen);
  model_.Count([](v1::Counters* counters) { counters->set_reloads(counters->reloads() + 1); });
  model_.SetConfig(config_.fingerprint(), config_.described(), values.http_addr());
  absl::Status recorded = write_record_();
  if (!recorded.ok()) {
    logger_.Warning("the record could not be updated", {{"why", std::string(recorded.message())}});
  }
  for (const v1::ConfigDifference& difference : response->applied()) {
    logger_.Info("configuration changed", {{"path", difference.path()},
                                           {"from", config::DisplayValue(difference.actual())},
                                           {"to", config::DisplayValue(difference.expected())}});
  }
  return status;
}

}  // namespace holon::daemon
