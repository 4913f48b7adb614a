#include "runtime/base/limits.h"

#include <sys/resource.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "runtime/base/file.h"

namespace holon::base {

uint64_t OpenFilesLimit() {
  rlimit limit;
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : RLIM_INFINITY;
}

uint64_t CountOpenFiles() {
  return ListDirectory("/proc/self/fd").value_or(std::vector<std::string>()).size();
}

absl::Status CheckOpenFiles(uint64_t least) {
  const uint64_t limit = OpenFilesLimit();
  // A caller that leaks descriptors leaves fewer than the limit says.
  const uint64_t open = CountOpenFiles();
  if (limit >= least + open) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      "this process may open ", limit, " files (RLIMIT_NOFILE), has ", open, " open, and needs ",
      least, " more; raise the limit: ulimit -n 1024, or LimitNOFILE= of the unit"));
}

void RaiseOpenFiles() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace holon::base
