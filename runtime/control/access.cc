#include "runtime/control/access.h"

#include <openssl/crypto.h>

#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "runtime/config/formats.h"
#include "runtime/control/errors.h"

namespace holon::control {

namespace {

// As the rules of the configuration judge it, or one of the two would ask for what the other does
// not.
bool IsLocal(const std::string& address) {
  std::optional<config::HostPort> parsed = config::ParseHostPort(address);
  return parsed.has_value() && config::IsLoopback(*parsed);
}

}  // namespace

Access::Access(const v1::EffectiveConfig& config)
    : token_required_(config.control_auth_mode() == v1::CONTROL_AUTH_MODE_REQUIRED ||
                      (config.control_auth_mode() != v1::CONTROL_AUTH_MODE_DISABLED &&
                       !IsLocal(config.control_addr()))),
      token_(config.control_token()) {}

grpc::Status Access::Check(const grpc::ServerContext& context) const {
  // "fd:N" is what we accepted ourselves.
  if (!token_required_ || absl::StartsWith(context.peer(), "fd:") ||
      absl::StartsWith(context.peer(), "unix:")) {
    return grpc::Status::OK;
  }
  auto found = context.client_metadata().find("authorization");
  if (found != context.client_metadata().end()) {
    absl::string_view shown(found->second.data(), found->second.size());
    // No token is no key: nothing matches it.
    if (!token_.empty() && absl::ConsumePrefix(&shown, "Bearer ") &&
        shown.size() == token_.size() &&
        CRYPTO_memcmp(shown.data(), token_.data(), token_.size()) == 0) {
      return grpc::Status::OK;
    }
  }
  return Error(grpc::StatusCode::UNAUTHENTICATED, kUnauthenticated,
               "control_addr wants the control token; send metadata \"authorization: Bearer "
               "TOKEN\"");
}

}  // namespace holon::control
