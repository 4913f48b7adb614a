// Whom a signal may reach, decided from what was seen. Pure.
#ifndef HOLON_RUNTIME_PROBE_PROOF_H_
#define HOLON_RUNTIME_PROBE_PROOF_H_

#include <optional>
#include <string>

#include "runtime/base/process.h"

namespace holon::probe {

// The process that each source names: with its start time, alive, and in our own pid namespace.
// nullopt: the source names none, or it is no source (of another home, boot or namespace).
struct Sources {
  std::optional<base::ProcessIdentity> lock;  // Holds the marked lock on the home.
  // Answered as a runtime of this home. An answer names a pid; its start time is known (else 0)
  // where the record of the same generation tells it. Boot and namespace are not known.
  std::optional<base::ProcessIdentity> handshake;
  std::optional<base::ProcessIdentity> peer;    // Called listen(2) on the socket (SO_PEERCRED).
  std::optional<base::ProcessIdentity> record;  // daemon.json of this home.
};

struct Proof {
  std::optional<base::ProcessIdentity> process;  // The runtime; nullopt: not proven.
  std::string missing;                           // What is missing, where it is not proven.
};

// Two sources must name the same pid and start time, one of them the lock or the handshake. The
// lock is held by a process that lives, so that an answer which names its pid needs no start time.
// Lock and handshake that name different processes prove nothing.
Proof ProveRuntime(const Sources& sources);

}  // namespace holon::probe

#endif  // HOLON_RUNTIME_PROBE_PROOF_H_
