#ifndef HOLON_RUNTIME_CONTROL_ACCESS_H_
#define HOLON_RUNTIME_CONTROL_ACCESS_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/status.h"

namespace holon::control {

// What a call must show. It belongs to an endpoint, so that the listener by which a connection came
// decides: those on the Unix socket were admitted by uid when they were accepted and show nothing,
// those on control_addr show the token. Immutable, so thread-safe.
class Access {
 public:
  static Access Open() { return Access(); }
  // `token` is not empty.
  static Access WithToken(absl::string_view token);

  // OK, or UNAUTHENTICATED. Applies to every call, reflection and health included.
  grpc::Status Check(const grpc::ServerContext& context) const;

  // The time that it takes tells nothing of the token, not even its length.
  bool Allows(absl::string_view authorization) const;

 private:
  Access() = default;

  std::optional<std::string> digest_;  // Of what must be shown; nullopt: nothing.
};

}  // namespace holon::control

#endif  // HOLON_RUNTIME_CONTROL_ACCESS_H_
