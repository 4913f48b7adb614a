#ifndef HOLON_CTL_LIFECYCLE_RUNTIME_SEARCH_H_
#define HOLON_CTL_LIFECYCLE_RUNTIME_SEARCH_H_

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace holon::ctl {

// Homes in which a runtime of this user may live.
struct FoundHomes {
  // By path; with the process that holds the home, where one was seen to hold it.
  std::map<std::string, std::optional<pid_t>> homes;
  // Homes that were removed while a process holds them, by their last path.
  std::vector<std::pair<std::string, pid_t>> removed;
  // Processes of this user that could not be looked into.
  size_t unseen = 0;
};

// Searches the machine: the directories that processes hold with the mark of a runtime, the paths
// of listening sockets, and --home in command lines. There is no registry that could be wrong. What
// it finds is a reason to look, and no proof. UNAVAILABLE: /proc does not show processes.
absl::StatusOr<FoundHomes> FindHomes();

// Pure. The home of a socket at its default place ("HOME/run/holon.sock"); empty for any other.
std::string HomeOfSocket(absl::string_view socket_path);

// Pure. The absolute homes that /proc/net/unix names.
std::vector<std::string> HomesOfSockets(absl::string_view proc_net_unix);

// Pure. The absolute path behind "--home" in a command line; empty where there is none.
std::string HomeInCommand(const std::vector<std::string>& words);

}  // namespace holon::ctl

#endif  // HOLON_CTL_LIFECYCLE_RUNTIME_SEARCH_H_
