#include "runtime/state/audit_log.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "runtime/base/file.h"
#include "runtime/base/file_lock.h"
#include "runtime/base/status_macros.h"
#include "runtime/config/text.h"
#include "runtime/state/json_file.h"

namespace holon::state {
namespace {

constexpr absl::Duration kLockWait = absl::Seconds(1);

// So that a whole entry is a line that every reader shows whole (kMaxLineBytes), escapes included.
constexpr size_t kMaxTextBytes = 400;

// Valid UTF-8 of bounded length: anything else could be written and not read.
void Bound(std::string* text) {
  *text = config::ToUtf8(*text);
  if (text->size() <= kMaxTextBytes) return;
  size_t end = kMaxTextBytes;
  while (end > 0 && (static_cast<unsigned char>((*text)[end]) & 0xC0) == 0x80) --end;
  text->resize(end);
  text->append("...");
}

}  // namespace

absl::Status AppendAudit(const std::string& path, const v1::AuditEntry& entry) {
  // One writer at a time: another's new file must not be renamed away, nor half a line of its be
  // taken for torn. A writer that is suspended keeps nobody from appending.
  absl::StatusOr<base::FileLock> lock = base::FileLock::Acquire(path, kLockWait);
  if (lock.ok()) {
    HOLON_ASSIGN_OR_RETURN(base::FileInfo present, base::Look(path));
    if (present.size >= kMaxAuditBytes) {
      HOLON_RETURN_IF_ERROR(base::RenameFile(path, absl::StrCat(path, ".1")));
      lock = base::FileLock::Acquire(path, kLockWait);  // Of the new file.
    }
  }
  v1::AuditEntry bounded = entry;
  Bound(bounded.mutable_reason());
  Bound(bounded.mutable_caller());
  Bound(bounded.mutable_seen());
  return base::AppendLine(path, ToJsonLine(bounded));
}

}  // namespace holon::state
