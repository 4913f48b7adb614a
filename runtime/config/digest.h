// SHA-256, and HMAC over it. Pure.
#ifndef HOLON_RUNTIME_CONFIG_DIGEST_H_
#define HOLON_RUNTIME_CONFIG_DIGEST_H_

#include <string>

#include "absl/strings/string_view.h"

namespace holon::config {

// Lower-case hex.
std::string Sha256(absl::string_view text);
std::string HmacSha256(absl::string_view key, absl::string_view text);

}  // namespace holon::config

#endif  // HOLON_RUNTIME_CONFIG_DIGEST_H_
