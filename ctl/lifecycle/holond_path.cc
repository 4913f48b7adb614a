#include "ctl/lifecycle/holond_path.h"

#include <stdlib.h>
#include <unistd.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "runtime/base/file.h"

namespace holon::ctl {

absl::StatusOr<std::string> FindHolond() {
  const std::string own = base::DirectoryOf(base::CanonicalPath("/proc/self/exe", "/"));
  std::vector<std::string> folders = {own, base::CanonicalPath("../libexec/holon", own)};
  const char* path = getenv("PATH");
  for (absl::string_view folder : absl::StrSplit(path == nullptr ? "" : path, ':')) {
    if (!folder.empty()) folders.push_back(std::string(folder));
  }
  for (const std::string& folder : folders) {
    std::string program = base::JoinPath(folder, "holond");
    absl::StatusOr<base::FileInfo> info = base::LookThrough(program);
    if (info.ok() && info->type == base::FileType::kRegular && access(program.c_str(), X_OK) == 0) {
      return program;
    }
  }
  return absl::NotFoundError(
      absl::StrCat("cannot find holond in any of ", absl::StrJoin(folders, ", ")));
}

}  // namespace holon::ctl
