#ifndef HOLON_CTL_DOCTOR_FACTS_H_
#define HOLON_CTL_DOCTOR_FACTS_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/base/disk.h"
#include "runtime/base/file.h"
#include "runtime/probe/prober.h"
#include "runtime/state/home.h"

namespace holon::ctl {

// A directory as it was found; what `path` leads to where it can be asked.
struct DirectoryFacts {
  std::string path;
  absl::StatusOr<base::FileInfo> info = absl::UnknownError("not looked at");
  bool accessible = false;  // For reading, writing and entering.
};

// Everything that is judged: what was found, without an opinion.
struct Facts {
  explicit Facts(const state::HomePaths& at) : paths(at) {}

  state::HomePaths paths;
  uid_t uid = 0;
  std::string version;  // Of holonctl.
  absl::Time now;
  DirectoryFacts home;
  DirectoryFacts run;
  std::string socket_path;
  std::vector<std::string> faults;  // Of the caller's configuration, each with its origin.
  std::vector<std::string> warnings;
  absl::StatusOr<probe::Sighting> sighting = absl::UnknownError("not looked at");
  std::string next;                    // The command that helps with its verdict.
  std::string history_damage;          // Of the failures; empty: it can be read, or there is none.
  std::vector<std::string> leftovers;  // Files in the run directory that nobody needs.
  std::string lifecycle_holder;        // Who holds the lifecycle lock; empty: nobody.
  std::optional<base::DiskSpace> disk;
  uint64_t open_files = 0;                    // RLIMIT_NOFILE.
  std::optional<uint64_t> inotify_instances;  // That a user may have.
  absl::StatusOr<std::string> holond = absl::UnknownError("not looked for");  // Its path.
  std::string holond_version;  // As it says itself; empty: it does not say.
};

// Looks at everything and changes nothing. Blocks for as long as a look and a `holond --version`
// take.
Facts GatherFacts(const state::HomePaths& paths, const std::string& socket_path, absl::Time now);

}  // namespace holon::ctl

#endif  // HOLON_CTL_DOCTOR_FACTS_H_
