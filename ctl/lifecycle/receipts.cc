#include "ctl/lifecycle/receipts.h"

namespace holon::ctl {

void Receipts::Add(const std::string& step, const std::string& outcome,
                   const std::string& evidence) {
  const absl::Duration now = clock_.Uptime();
  receipts_.push_back({step, outcome, evidence, now - since_});
  since_ = now;
}

Outcome Success(const std::string& action, const std::string& message) {
  return {base::ExitCode::kDone, action, "", message, {}};
}

Outcome Failure(base::ExitCode exit_code, const std::string& reason, const std::string& message,
                const NextStep& next) {
  return {exit_code, "failed", reason, message, next};
}

Outcome LookFailure(const absl::Status& status) {
  return Failure(base::ExitCodeFor(status),
                 absl::IsPermissionDenied(status) ? "PERMISSION_DENIED"
                 : absl::IsCancelled(status)      ? "INTERRUPTED"
                                                  : "CANNOT_LOOK",
                 std::string(status.message()));
}

}  // namespace holon::ctl
