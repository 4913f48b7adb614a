// What the kernel lets this process have.
#ifndef HOLON_RUNTIME_BASE_LIMITS_H_
#define HOLON_RUNTIME_BASE_LIMITS_H_

#include <cstdint>

#include "absl/status/status.h"

namespace holon::base {

// How many files this process may have open (RLIMIT_NOFILE, the soft one).
uint64_t OpenFilesLimit();

// How many files this process has open; 0 where that cannot be seen.
uint64_t CountOpenFiles();

// RESOURCE_EXHAUSTED: this process may not open `least` more files; the message says what to do.
absl::Status CheckOpenFiles(uint64_t least);

// Raises the soft limit of open files to the hard one, for this process and its later children.
void RaiseOpenFiles();

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_LIMITS_H_
