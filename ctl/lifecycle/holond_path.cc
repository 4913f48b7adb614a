#include "ctl/lifecycle/holond_path.h"

#include <vector>

#include "runtime/base/file.h"
#include "runtime/base/spawn.h"

namespace holon::ctl {

absl::StatusOr<std::string> FindHolond() {
  const std::string own = base::DirectoryOf(base::CanonicalPath("/proc/self/exe", "/"));
  std::vector<std::string> folders = {own, base::CanonicalPath("../libexec/holon", own)};
  for (const std::string& folder : base::SearchPath()) {
    // What lies in the current directory is found by nobody's intention.
    if (folder[0] == '/') folders.push_back(folder);
  }
  return base::FindProgramIn(folders, "holond");
}

}  // namespace holon::ctl
