#ifndef HOLON_RUNTIME_CONTROL_PEER_KIND_H_
#define HOLON_RUNTIME_CONTROL_PEER_KIND_H_

namespace holon::control {

// By which listener a connection came. It decides what a call on it must show: see access.h.
enum class PeerKind {
  kUnix,  // The Unix-domain socket: our own uid or root, as the kernel says.
  kTcp,   // control_addr: anybody.
};

}  // namespace holon::control

#endif  // HOLON_RUNTIME_CONTROL_PEER_KIND_H_
