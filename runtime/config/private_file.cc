#include "runtime/config/private_file.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "runtime/base/file.h"
#include "runtime/base/status_macros.h"
#include "runtime/config/shell_text.h"

namespace holon::config {

absl::StatusOr<std::string> ReadPrivateFile(const std::string& path, size_t max_bytes) {
  HOLON_ASSIGN_OR_RETURN(base::FileInfo info, base::Look(path));
  if (info.type == base::FileType::kAbsent) {
    return absl::NotFoundError(absl::StrCat(path, " does not exist"));
  }
  if (info.type != base::FileType::kRegular) {
    return absl::FailedPreconditionError(absl::StrCat(path, " is not a regular file"));
  }
  if (info.owner != geteuid()) {
    return absl::FailedPreconditionError(absl::StrCat(path, " belongs to another user"));
  }
  if ((info.mode & 077) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is open to others; run: ", ShellText({"chmod", "600", path})));
  }
  return base::ReadFile(path, max_bytes);
}

}  // namespace holon::config
