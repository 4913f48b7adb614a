#ifndef HOLON_RUNTIME_CONTROL_CONNECTION_LIMITS_H_
#define HOLON_RUNTIME_CONTROL_CONNECTION_LIMITS_H_

#include <cstddef>
#include <cstdint>

#include "runtime/control/peer_kind.h"

namespace holon::control {

// How many connections of each kind may be open at a time.
struct ConnectionLimits {
  size_t unix_domain = 0;
  size_t tcp = 0;
  // A connection has no descriptor with this number or a higher one. The kernel gives the lowest
  // number that is free, so the numbers above stay free for everything else.
  uint64_t first_reserved = 0;

  size_t Of(PeerKind kind) const { return kind == PeerKind::kUnix ? unix_domain : tcp; }
};

// At most 1,024 of each kind; each has two descriptors, its own and the acceptor's duplicate. A
// quarter of the `open_files` that the process may have stays free. Of the rest, without the
// `others` that are in use for something else, each kind has its own half, so that TCP takes
// nothing from the Unix socket. Pure.
ConnectionLimits LimitConnections(uint64_t open_files, uint64_t others, bool with_tcp);

}  // namespace holon::control

#endif  // HOLON_RUNTIME_CONTROL_CONNECTION_LIMITS_H_
