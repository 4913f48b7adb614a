#include "runtime/control/connection_limits.h"

#include <algorithm>

namespace holon::control {
namespace {

constexpr uint64_t kMostOfAKind = 1024;
// Where there is hardly a descriptor left, a runtime answers one client after the other.
constexpr uint64_t kFewestOfAKind = 2;
constexpr uint64_t kDescriptorsEach = 2;

}  // namespace

ConnectionLimits LimitConnections(uint64_t open_files, uint64_t others, bool with_tcp) {
  ConnectionLimits limits;
  limits.first_reserved = open_files - open_files / 4;
  const uint64_t free = limits.first_reserved > others ? limits.first_reserved - others : 0;
  const uint64_t share = free / kDescriptorsEach / (with_tcp ? 2 : 1);
  limits.unix_domain = std::clamp(share, kFewestOfAKind, kMostOfAKind);
  limits.tcp = with_tcp ? limits.unix_domain : 0;
  return limits;
}

}  // namespace holon::control
