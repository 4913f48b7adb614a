#ifndef HOLON_RUNTIME_CONTROL_ACCESS_H_
#define HOLON_RUNTIME_CONTROL_ACCESS_H_

#include <string>

#include "grpcpp/server_context.h"
#include "grpcpp/support/status.h"
#include "holon/v1/config.pb.h"

namespace holon::control {

// Who may call. Connections on the Unix-domain socket were admitted by uid when they were accepted;
// those on control_addr must show the token where the configuration says so. Immutable, so
// thread-safe.
class Access {
 public:
  explicit Access(const v1::EffectiveConfig& config);

  // OK, or UNAUTHENTICATED.
  grpc::Status Check(const grpc::ServerContext& context) const;

  // Callers on control_addr must show the token.
  bool token_required() const { return token_required_; }

 private:
  bool token_required_;
  std::string token_;
};

}  // namespace holon::control

#endif  // HOLON_RUNTIME_CONTROL_ACCESS_H_
