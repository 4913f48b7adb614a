#ifndef HOLON_RUNTIME_CONFIG_PRIVATE_FILE_H_
#define HOLON_RUNTIME_CONFIG_PRIVATE_FILE_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace holon::config {

// Reads a small file that nobody but us may read. NOT_FOUND: there is none. FAILED_PRECONDITION: it
// is not a regular file, not ours, or open to others; the message says what to do. OUT_OF_RANGE: it
// is larger.
absl::StatusOr<std::string> ReadPrivateFile(const std::string& path, size_t max_bytes);

}  // namespace holon::config

#endif  // HOLON_RUNTIME_CONFIG_PRIVATE_FILE_H_
