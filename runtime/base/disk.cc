#include "runtime/base/disk.h"

#include <errno.h>
#include <sys/statvfs.h>

#include "absl/strings/str_cat.h"

namespace holon::base {

absl::StatusOr<DiskSpace> SpaceAt(const std::string& path) {
  struct statvfs found;
  if (statvfs(path.c_str(), &found) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot see what is free at ", path));
  }
  return DiskSpace{found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize, found.f_favail,
                   found.f_files};
}

}  // namespace holon::base
