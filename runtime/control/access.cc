#include "runtime/control/access.h"

#include <openssl/crypto.h>

#include "absl/strings/str_cat.h"
#include "runtime/config/digest.h"
#include "runtime/control/errors.h"

namespace holon::control {

Access Access::WithToken(absl::string_view token) {
  Access access;
  access.digest_ = config::Sha256(absl::StrCat("Bearer ", token));
  return access;
}

grpc::Status Access::Check(const grpc::ServerContext& context) const {
  if (!digest_.has_value()) return grpc::Status::OK;
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
  if (!digest_.has_value()) return true;
  // Digests have one length, whatever was shown.
  const std::string shown = config::Sha256(std::string(authorization));
  return CRYPTO_memcmp(shown.data(), digest_->data(), digest_->size()) == 0;
}

}  // namespace holon::control
