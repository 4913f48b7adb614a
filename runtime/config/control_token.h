// The token that a runtime makes for control_addr where none is configured: HOME/control.token. It
// is no value of the configuration: not fingerprinted, and never a difference.
#ifndef HOLON_RUNTIME_CONFIG_CONTROL_TOKEN_H_
#define HOLON_RUNTIME_CONFIG_CONTROL_TOKEN_H_

#include <string>

#include "absl/status/statusor.h"
#include "holon/v1/config.pb.h"

namespace holon::config {

std::string ControlTokenPath(const std::string& home);

// Whether callers on control_addr must show a token: always, unless control_auth_mode is disabled.
bool ControlTokenRequired(const v1::EffectiveConfig& values);

// Whether the token is the file's: it is required, and none is configured. The file is then made,
// and put back when it is lost.
bool ControlTokenIsMade(const v1::EffectiveConfig& values);

// NOT_FOUND: there is no file. FAILED_PRECONDITION: it is not ours, open to others, or holds
// anything but one secret and a line end.
absl::StatusOr<std::string> ReadControlToken(const std::string& home);

// Reads it, and makes it first (exclusively, 0600, 32 random bytes in hex) where there is none.
absl::StatusOr<std::string> EnsureControlToken(const std::string& home);

// What the file holds.
std::string ControlTokenText(const std::string& token);

}  // namespace holon::config

#endif  // HOLON_RUNTIME_CONFIG_CONTROL_TOKEN_H_
