// run/audit.log: who changed what, one JSON object (AuditEntry) a line, newest last.
#ifndef HOLON_RUNTIME_STATE_AUDIT_LOG_H_
#define HOLON_RUNTIME_STATE_AUDIT_LOG_H_

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "holon/state/v1/records.pb.h"

namespace holon::state {

// A file that has so many bytes becomes FILE.1, in place of the one before, and a new one begins.
inline constexpr off_t kMaxAuditBytes = 1 << 20;

// Appends one line. Runtime and command line both do; lines never mix.
absl::Status AppendAudit(const std::string& path, const v1::AuditEntry& entry);

}  // namespace holon::state

#endif  // HOLON_RUNTIME_STATE_AUDIT_LOG_H_
