#ifndef HOLON_RUNTIME_CONTROL_CONTROL_SERVER_H_
#define HOLON_RUNTIME_CONTROL_CONTROL_SERVER_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runtime/base/unique_fd.h"
#include "runtime/control/access.h"
#include "runtime/control/endpoint.h"
#include "runtime/control/peer_kind.h"
#include "runtime/control/runtime_control.h"
#include "runtime/control/runtime_model.h"

namespace holon::control {

// Keeps the threads of a process's servers to the connections of their own: with its default engine
// gRPC lets each serve all, so that a flood over TCP keeps the Unix socket's thread busy. The price
// is that a call costs some microseconds for each connection of its server. Before gRPC is first
// used, and before there is a second thread.
void SeparateServers();

// RuntimeControl, grpc.health.v1 and reflection, on connections that an Acceptor hands over. Public
// methods may be called from any thread; there may be several servers in a process.
class ControlServer {
 public:
  // `tcp_access`: what calls over control_addr must show; nullopt: there is no control_addr.
  ControlServer(const RuntimeModel& model, RuntimeHost& host, std::optional<Access> tcp_access);

  // RESOURCE_EXHAUSTED: no thread or descriptor is left.
  absl::Status Start();
  // Takes over a connection. One that cannot be served is closed.
  void Serve(base::UniqueFd connection, PeerKind kind);
  // The model has changed: streams send the news. Does nothing before Start and after Shutdown.
  void Publish();
  // Ends streams, waits up to `grace` for calls in flight, and ends the threads. Idempotent.
  void Shutdown(absl::Duration grace);

 private:
  RuntimeControl control_;
  Endpoint unix_;
  std::optional<Endpoint> tcp_;
};

}  // namespace holon::control

#endif  // HOLON_RUNTIME_CONTROL_CONTROL_SERVER_H_
