#ifndef HOLON_RUNTIME_BASE_DISK_H_
#define HOLON_RUNTIME_BASE_DISK_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace holon::base {

// What is free for us on a file system. Zero inodes in all: it does not count them.
struct DiskSpace {
  uint64_t free_bytes = 0;
  uint64_t total_bytes = 0;
  uint64_t free_inodes = 0;
  uint64_t total_inodes = 0;
};

// Of the file system that `path` stands on.
absl::StatusOr<DiskSpace> SpaceAt(const std::string& path);

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_DISK_H_
