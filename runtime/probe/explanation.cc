#include "runtime/probe/explanation.h"

#include "absl/strings/str_cat.h"
#include "runtime/probe/control_client.h"

namespace holon::probe {
namespace {

using base::ConnectOutcome;

std::string InBrackets(const std::string& text) {
  return text.empty() ? "" : absl::StrCat(" (", text, ")");
}

std::string ExplainUnresponsive(const Circumstances& found) {
  const std::string runtime =
      absl::StrCat("the runtime", InBrackets(found.process), " lives, but ");
  const std::string& socket = found.socket_path;
  switch (found.seen.handshake) {
    case Handshake::kSilent:
      return absl::StrCat(runtime, "did not answer on ", socket,
                          ": it is suspended, hung or overloaded");
    case Handshake::kOtherHome:
      return absl::StrCat(runtime, "a Holon of the home ", found.answered_home,
                          InBrackets(found.peer), " answers on ", socket);
    case Handshake::kStranger:
      return absl::StrCat(runtime, found.peer, " of uid ", found.peer_uid, " listens on ", socket,
                          ", and is neither root nor the owner of the home");
    case Handshake::kNotHolon:
      // It answers itself: with the end of the connection.
      if (found.peer_is_process) {
        return absl::StrCat(runtime, "ends every connection to ", socket,
                            " without an answer: it has no descriptors or memory left, or does "
                            "not admit you");
      }
      return absl::StrCat(runtime, "something that is not Holon", InBrackets(found.peer),
                          " answers on ", socket);
    default:
      return absl::StrCat(
          runtime, "its socket ", socket,
          found.seen.socket == ConnectOutcome::kAbsent ? " is missing" : " takes no connections");
  }
}

std::string ExplainForeign(const Circumstances& found) {
  const std::string& socket = found.socket_path;
  if (found.seen.handshake == Handshake::kStranger) {
    return absl::StrCat(found.peer, " of uid ", found.peer_uid, " listens on ", socket,
                        ", and is neither root nor the owner of the home");
  }
  if (found.seen.handshake == Handshake::kOtherHome) {
    return absl::StrCat(socket, " belongs to a Holon of another home, ", found.answered_home,
                        InBrackets(found.peer));
  }
  if (found.seen.socket == ConnectOutcome::kNotSocket) {
    return absl::StrCat(socket, " exists and is not a socket");
  }
  return absl::StrCat("something that is not Holon", InBrackets(found.peer), " listens on ",
                      socket);
}

std::string ExplainStale(const Circumstances& found) {
  if (!found.copied_from.empty()) {
    return absl::StrCat("no runtime lives here, and the record is that of another home, ",
                        found.copied_from, InBrackets(found.recorded));
  }
  if (found.recorded.empty()) return "the runtime has died and left files behind";
  return absl::StrCat("the runtime (", found.recorded, ") left files behind");
}

}  // namespace

std::string Explain(Verdict verdict, const Circumstances& found) {
  switch (verdict) {
    case Verdict::kUnresponsive:
      return ExplainUnresponsive(found);
    case Verdict::kIncompatible:
      return found.answered_contract.empty()
                 ? absl::StrCat("the answer on ", found.socket_path, InBrackets(found.peer),
                                " cannot be decoded")
                 : absl::StrCat("a Holon", InBrackets(found.peer), " answers on ",
                                found.socket_path, " with contract ", found.answered_contract,
                                "; this holonctl speaks ", kContractVersion);
    case Verdict::kForeign:
      return ExplainForeign(found);
    case Verdict::kStale:
      return absl::StrCat(ExplainStale(found), found.taker.empty() ? "" : "; ", found.taker);
    case Verdict::kStopped:
      return found.taker;
    default:
      return "";
  }
}

}  // namespace holon::probe
