#include "runtime/daemon/audit.h"

#include <unistd.h>

#include "runtime/state/audit_log.h"
#include "runtime/state/failures.h"

namespace holon::daemon {

void Audit::Record(const std::string& action, const std::string& reason, const std::string& caller,
                   const std::string& seen) {
  state::v1::AuditEntry entry;
  *entry.mutable_time() = state::ToTimestamp(clock_.Now());
  entry.set_action(action);
  entry.set_instance_id(instance_id_);
  entry.set_reason(reason);
  entry.set_caller(caller);
  entry.set_seen(seen);
  entry.set_uid(getuid());
  absl::MutexLock lock(&mutex_);
  absl::Status written = state::AppendAudit(path_(), entry);
  if (!written.ok()) {
    logger_.Warning("the audit log cannot be written", {{"why", std::string(written.message())}});
  }
}

}  // namespace holon::daemon
