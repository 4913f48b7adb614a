#include "runtime/state/audit_log.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "runtime/base/file.h"
#include "runtime/base/file_lock.h"
#include "runtime/base/status_macros.h"
#include "runtime/state/json_file.h"

namespace holon::state {
namespace {

constexpr absl::Duration kLockWait = absl::Seconds(1);

absl::StatusOr<bool> IsFull(const std::string& path) {
  HOLON_ASSIGN_OR_RETURN(base::FileInfo present, base::Look(path));
  return present.size >= kMaxAuditBytes;
}

// One writer at a time: a second one would put the new file in the place of the old.
absl::Status Rotate(const std::string& path) {
  HOLON_ASSIGN_OR_RETURN(base::FileLock lock, base::FileLock::Acquire(path, kLockWait));
  HOLON_ASSIGN_OR_RETURN(bool full, IsFull(path));
  return full ? base::RenameFile(path, absl::StrCat(path, ".1")) : absl::OkStatus();
}

}  // namespace

absl::Status AppendAudit(const std::string& path, const v1::AuditEntry& entry) {
  HOLON_ASSIGN_OR_RETURN(bool full, IsFull(path));
  if (full) HOLON_RETURN_IF_ERROR(Rotate(path));
  return base::AppendToFile(path, absl::StrCat(ToJsonLine(entry), "\n"));
}

}  // namespace holon::state
