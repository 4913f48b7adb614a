#ifndef HOLON_CTL_DOCTOR_FACTS_H_
#define HOLON_CTL_DOCTOR_FACTS_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ctl/render/next_command.h"
#include "runtime/base/clock.h"
#include "runtime/base/disk.h"
#include "runtime/base/file.h"
#include "runtime/base/file_lock.h"
#include "runtime/probe/prober.h"
#include "runtime/state/home.h"

namespace holon::ctl {

// A file or directory as it was found.
struct PathFacts {
  std::string path;
  absl::StatusOr<base::FileInfo> info = absl::UnknownError("not looked at");
  bool accessible = false;  // For reading, writing and, of a directory, entering.
  bool read_only = false;   // Because of the file system, whatever its mode.
  bool readable = true;     // For reading and, of a directory, entering.
};

// What the kernel lets a user have, of all processes together.
struct LimitFacts {
  std::optional<uint64_t> allowed;  // nullopt: it does not say.
  absl::Status granted;             // One more, for a trial.
};

// Everything that is judged: what was found, without an opinion.
struct Facts {
  explicit Facts(const state::HomePaths& at) : paths(at) {}

  state::HomePaths paths;
  uid_t uid = 0;
  std::string version;  // Of holonctl.
  absl::Time now;       // Later than everything that was seen.
  PathFacts home;
  PathFacts parent;  // The nearest above the home that is there.
  PathFacts run;
  std::vector<PathFacts> files;  // In the run directory, of those that have to be regular ones.
  std::string socket_path;
  std::vector<std::string> faults;  // Of the caller's configuration, each with its origin.
  std::vector<std::string> warnings;
  absl::StatusOr<probe::Sighting> sighting = absl::UnknownError("not looked at");
  NextStep next;  // What helps with its verdict.
  absl::StatusOr<state::v1::DaemonRecord> record = absl::NotFoundError("not looked for");
  // Empty where there is none.
  absl::StatusOr<state::v1::FailureHistory> history = absl::UnknownError("not looked for");
  std::vector<std::string> leftovers;  // Files in the run directory that nobody needs.
  // Whom the report of a crash is of, empty where it does not say; nullopt: there is none.
  std::optional<std::string> crashed;
  absl::StatusOr<base::LockState> lifecycle_lock = absl::UnknownError("not looked at");
  std::string lifecycle_holder;               // As it says of itself.
  std::optional<pid_t> lifecycle_holder_pid;  // As the kernel says.
  std::optional<absl::Time> last_logged;      // The time of the newest line that has one.
  std::optional<base::DiskSpace> disk;
  uint64_t open_files = 0;  // RLIMIT_NOFILE.
  LimitFacts inotify_instances;
  LimitFacts inotify_watches;
  absl::StatusOr<std::string> holond = absl::UnknownError("not looked for");  // Its path.
  std::string holond_version;  // As it says itself; empty: it does not say.
};

// Looks at everything and changes nothing. Blocks for as long as a look and a `holond --version`
// take.
Facts GatherFacts(const state::HomePaths& paths, const std::string& socket_path,
                  base::Clock& clock);

}  // namespace holon::ctl

#endif  // HOLON_CTL_DOCTOR_FACTS_H_
