#include "runtime/state/audit_log.h"

#include "absl/strings/str_cat.h"
#include "runtime/base/file.h"
#include "runtime/base/status_macros.h"
#include "runtime/state/json_file.h"

namespace holon::state {

absl::Status AppendAudit(const std::string& path, const v1::AuditEntry& entry) {
  HOLON_ASSIGN_OR_RETURN(base::FileInfo present, base::Look(path));
  if (present.size >= kMaxAuditBytes) {
    HOLON_RETURN_IF_ERROR(base::RenameFile(path, absl::StrCat(path, ".1")));
  }
  return base::AppendToFile(path, absl::StrCat(ToJsonLine(entry), "\n"));
}

}  // namespace holon::state
