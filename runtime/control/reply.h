#ifndef HOLON_RUNTIME_CONTROL_REPLY_H_
#define HOLON_RUNTIME_CONTROL_REPLY_H_

#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "grpcpp/support/status.h"
#include "runtime/control/errors.h"

namespace holon::control {

// Answers one unary call: once, now or later, from any thread. Move-only. A reply that is destroyed
// without an answer answers UNAVAILABLE, so that no caller waits in vain. An answer after the end
// of the server goes nowhere.
//
//   void Generation::Reload(const v1::ReloadRequest& request, Reply<v1::ReloadResponse> reply) {
//     worker_.Post([request, reply = std::move(reply)]() mutable { reply(ReloadNow(request)); });
//   }
template <typename Response>
class Reply {
 public:
  // Called once, with what the caller is told.
  using Send = absl::AnyInvocable<void(grpc::Status status, Response response)>;

  // `peer`: see below.
  explicit Reply(Send send, std::string peer = "")
      : send_(std::move(send)), peer_(std::move(peer)) {}
  Reply(Reply&& other) noexcept
      : send_(std::exchange(other.send_, nullptr)), peer_(std::move(other.peer_)) {}
  Reply& operator=(Reply&& other) noexcept {
    std::swap(send_, other.send_);
    std::swap(peer_, other.peer_);
    return *this;
  }
  ~Reply() { (*this)(EndingError()); }

  void operator()(grpc::Status status, Response response = Response()) {
    if (Send tell = std::exchange(send_, nullptr)) tell(std::move(status), std::move(response));
  }

  // "tcp 127.0.0.1:4711": who asks, for log and audit. Empty for a caller on the Unix socket, where
  // a call cannot be told from others of open connections.
  const std::string& peer() const { return peer_; }

 private:
  Send send_;
  std::string peer_;
};

}  // namespace holon::control

#endif  // HOLON_RUNTIME_CONTROL_REPLY_H_
