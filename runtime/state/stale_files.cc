#include "runtime/state/stale_files.h"

#include "runtime/base/file.h"

namespace holon::state {

std::vector<std::string> LeftoverFiles(const HomePaths& paths, const std::string& socket_path) {
  std::vector<std::string> leftovers;
  for (const std::string& path : {socket_path, paths.pid_file, paths.daemon_record}) {
    absl::StatusOr<base::FileInfo> info = base::Look(path);
    if (!info.ok() || info->type == base::FileType::kAbsent) continue;
    if (path == socket_path && info->type != base::FileType::kSocket) continue;
    leftovers.push_back(path);
  }
  return leftovers;
}

absl::Status RemoveLeftovers(const base::FileLock&, const HomePaths& paths,
                             const std::string& socket_path, std::vector<std::string>* removed) {
  absl::Status first;
  for (const std::string& path : LeftoverFiles(paths, socket_path)) {
    absl::Status status = base::RemoveFile(path);
    if (status.ok()) {
      removed->push_back(path);
    } else {
      first.Update(status);
    }
  }
  return first;
}

}  // namespace holon::state
