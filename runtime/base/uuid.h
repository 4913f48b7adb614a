#ifndef HOLON_RUNTIME_BASE_UUID_H_
#define HOLON_RUNTIME_BASE_UUID_H_

#include <cstddef>
#include <string>

namespace holon::base {

// `size` random bytes from the kernel, at most 256.
std::string RandomBytes(size_t size);

// A random UUID (version 4) from the kernel, in lower case.
std::string RandomUuid();

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_UUID_H_
