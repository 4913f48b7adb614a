#include "runtime/control/access.h"

#include <openssl/crypto.h>

#include "absl/strings/str_cat.h"
#include "runtime/config/digest.h"
#include "runtime/control/errors.h"

namespace holon::control {

Access Access::WithToken(absl::string_view token) {
  Access access = WithTokenLater();
  access.SetToken(token);
  return access;
}

Access Access::WithTokenLater() { return Access(std::make_shared<Token>()); }

void Access::SetToken(absl::string_view token) const {
  token_->digest = config::Sha256(absl::StrCat("Bearer ", token));
  token_->known = true;
}

grpc::Status Access::Check(const grpc::ServerContext& context) const {
  if (token_ == nullptr) return grpc::Status::OK;
  if (!token_->known) {
    return Error(grpc::StatusCode::UNAVAILABLE, kStarting,
                 "the runtime is starting and has not read its control token yet; try again");
  }
  auto found = context.client_metadata().find("authorization");
  if (found != context.client_metadata().end() &&
      Allows({found->second.data(), found->second.size()})) {
    return grpc::Status::OK;
  }
  return Error(grpc::StatusCode::UNAUTHENTICATED, kUnauthenticated,
               "control_addr wants the control token; send metadata \"authorization: Bearer "
               "TOKEN\"");
}

bool Access::Allows(absl::string_view authorization) const {
  if (token_ == nullptr) return true;
  if (!token_->known) return false;
  // Digests have one length, whatever was shown.
  const std::string shown = config::Sha256(std::string(authorization));
  return CRYPTO_memcmp(shown.data(), token_->digest.data(), shown.size()) == 0;
}

}  // namespace holon::control
