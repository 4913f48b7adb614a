#ifndef HOLON_RUNTIME_PROBE_PROBER_H_
#define HOLON_RUNTIME_PROBE_PROBER_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "holon/state/v1/records.pb.h"
#include "holon/v1/runtime_control.pb.h"
#include "runtime/base/process.h"
#include "runtime/probe/control_client.h"
#include "runtime/probe/verdict.h"
#include "runtime/state/home.h"
#include "runtime/state/instance_lock.h"

namespace holon::probe {

inline constexpr absl::Duration kProbeTimeout = absl::Seconds(1);

// What a look is for.
enum class Want {
  kVerdict,  // Sighting::process of a runtime that answers stays empty, which saves a file.
  kProof,    // Whom a signal may reach, too.
};

// One look at a home: the verdict, and everything it rests on.
struct Sighting {
  Verdict verdict = Verdict::kStopped;
  Observation seen;
  // What is wrong and what was found, in a sentence; empty where nothing is wrong.
  std::string detail;
  // The socket that was asked: the given one, or the recorded one of a held lock.
  std::string socket_path;
  // What the runtime said. Set while it answers as ours, and of a Holon of another home or
  // contract.
  std::optional<v1::RuntimeStatusResponse> answer;
  std::optional<state::v1::DaemonRecord> record;
  // A record that is there but damaged: what is wrong with it.
  std::string record_damage;
  // The process at the other end of the socket, as the kernel says.
  std::optional<base::PeerCredentials> peer;
  // The living runtime of this home, proven (proof.h): whom a signal may reach; nullopt where
  // nobody lives or it cannot be proven from here.
  std::optional<base::ProcessIdentity> process;
  // What is missing for that, of a runtime that lives or may live.
  std::string unproven;
  // The process that holds the lock where `process` is not proven: enough to be named.
  std::optional<base::ProcessIdentity> holder;
  // Whom to name and to wait for, proven or not; never whom to signal.
  const std::optional<base::ProcessIdentity>& Named() const {
    return process.has_value() ? process : holder;
  }
  // Socket, pid file and record that a dead runtime left; empty while one lives.
  std::vector<std::string> stale_files;
  // The connection it answered on; null where it did not.
  std::unique_ptr<ControlClient> client;
};

// What ends a look early.
struct LookLimits {
  absl::Duration timeout = kProbeTimeout;
  int interrupt_fd = -1;  // Readable: CANCELLED. -1: none.
};

// Looks who is running at a home. Changes nothing, takes no lock, creates nothing, needs no right
// to write, and blocks up to the time-out (twice kProbeTimeout where the world changes meanwhile).
// PERMISSION_DENIED: home, lock or socket are not ours to look at. Any other error: they cannot be
// looked at, and nothing is known.
absl::StatusOr<Sighting> Look(const state::HomePaths& paths, const std::string& socket_path,
                              Want want = Want::kProof, const LookLimits& limits = {});

// The same for a runtime that has just taken the instance lock and wants to know whether another
// one lives beside it all the same: the lock counts as free.
absl::StatusOr<Sighting> LookBeside(const state::InstanceLock& own_lock,
                                    const state::HomePaths& paths, const std::string& socket_path,
                                    const LookLimits& limits = {});

}  // namespace holon::probe

#endif  // HOLON_RUNTIME_PROBE_PROBER_H_
