#include "runtime/probe/proof.h"

#include "absl/strings/str_cat.h"

namespace holon::probe {
namespace {

using Source = std::optional<base::ProcessIdentity>;

bool SameProcess(const Source& a, const Source& b) {
  return a.has_value() && b.has_value() && a->pid == b->pid && a->start_time_ticks != 0 &&
         a->start_time_ticks == b->start_time_ticks;
}

std::string Named(const Source& source) {
  return source.has_value() ? absl::StrCat("names pid ", source->pid) : "names no process";
}

std::string Missing(const Sources& sources) {
  return absl::StrCat(
      "two of lock, handshake, socket and record must name one process, one of them lock or "
      "handshake; seen from here, the lock ",
      Named(sources.lock), ", the handshake ", Named(sources.handshake), ", the socket ",
      Named(sources.peer), ", the record ", Named(sources.record));
}

}  // namespace

Proof ProveRuntime(const Sources& sources) {
  const Source& lock = sources.lock;
  const Source& answer = sources.handshake;
  if (lock.has_value() && answer.has_value()) {
    if (lock->pid == answer->pid) return {lock, ""};
  } else if (SameProcess(lock, sources.peer) || SameProcess(lock, sources.record)) {
    return {lock, ""};
  } else if (SameProcess(answer, sources.record)) {
    return {sources.record, ""};
  }
  return {std::nullopt, Missing(sources)};
}

}  // namespace holon::probe
