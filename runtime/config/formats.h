// What the formats of string fields allow. Pure.
#ifndef HOLON_RUNTIME_CONFIG_FORMATS_H_
#define HOLON_RUNTIME_CONFIG_FORMATS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace holon::config {

// What the kernel takes as the path of a Unix-domain socket.
inline constexpr size_t kMaxSocketPathBytes = 107;
inline constexpr size_t kMaxSecretBytes = 4096;

struct HostPort {
  std::string host;  // Without brackets.
  uint16_t port = 0;
};

// "host:port" or "[v6]:port". nullopt where it is neither; names are not looked up.
std::optional<HostPort> ParseHostPort(absl::string_view text);

// Whether only this machine can reach it.
bool IsLoopback(const HostPort& address);

// An http or https URL with a host, and without credentials.
bool IsUrl(absl::string_view text);

// 1 to 64 of letters, digits, '-', '_' and '.', beginning with a letter or digit.
bool IsIdentifier(absl::string_view text);

// 1 to 4096 visible ASCII characters.
bool IsSecret(absl::string_view text);

}  // namespace holon::config

#endif  // HOLON_RUNTIME_CONFIG_FORMATS_H_
