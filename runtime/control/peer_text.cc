#include "runtime/control/peer_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace holon::control {

std::string TcpPeerText(absl::string_view grpc_peer) {
  return absl::StrCat("tcp ", absl::StrReplaceAll(grpc_peer.substr(grpc_peer.find(':') + 1),
                                                  {{"%5B", "["}, {"%5D", "]"}}));
}

}  // namespace holon::control
