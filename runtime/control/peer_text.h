#ifndef HOLON_RUNTIME_CONTROL_PEER_TEXT_H_
#define HOLON_RUNTIME_CONTROL_PEER_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace holon::control {

// How a TCP caller is named in log and audit: "tcp 127.0.0.1:4711" or "tcp [::1]:4711", from gRPC's
// "ipv4:127.0.0.1:4711" or "ipv6:%5B::1%5D:4711". For people: nothing is decided by it. Pure.
std::string TcpPeerText(absl::string_view grpc_peer);

}  // namespace holon::control

#endif  // HOLON_RUNTIME_CONTROL_PEER_TEXT_H_
