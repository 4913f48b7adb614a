#ifndef HOLON_RUNTIME_BASE_UUID_H_
#define HOLON_RUNTIME_BASE_UUID_H_

#include <string>

namespace holon::base {

// A random UUID (version 4) from the kernel, in lower case.
std::string RandomUuid();

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_UUID_H_
