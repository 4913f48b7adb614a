#ifndef HOLON_RUNTIME_CONTROL_ACCESS_H_
#define HOLON_RUNTIME_CONTROL_ACCESS_H_

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/status.h"

namespace holon::control {

// What a call must show. It belongs to an endpoint, so that the listener by which a connection came
// decides: those on the Unix socket were admitted by uid when they were accepted and show nothing,
// those on control_addr show the token. Thread-safe.
class Access {
 public:
  static Access Open() { return Access(nullptr); }
  // `token` is not empty.
  static Access WithToken(absl::string_view token);
  // A token that is still being read: until SetToken, calls get UNAVAILABLE, reason STARTING.
  static Access WithTokenLater();
  // Once, of WithTokenLater: applies to all copies.
  void SetToken(absl::string_view token) const;

  // OK, UNAUTHENTICATED, or UNAVAILABLE (STARTING: the token is not known yet). Applies to every
  // call, reflection and health included.
  grpc::Status Check(const grpc::ServerContext& context) const;

  // The time that it takes tells nothing of the token, not even its length.
  bool Allows(absl::string_view authorization) const;

 private:
  struct Token {
    std::string digest;  // Of what must be shown.
    std::atomic<bool> known = false;
  };
  explicit Access(std::shared_ptr<Token> token) : token_(std::move(token)) {}

  std::shared_ptr<Token> token_;  // Null: nothing must be shown.
};

}  // namespace holon::control

#endif  // HOLON_RUNTIME_CONTROL_ACCESS_H_
