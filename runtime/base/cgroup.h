// The control group (v2) of a process, as far as it tells how processes ended.
#ifndef HOLON_RUNTIME_BASE_CGROUP_H_
#define HOLON_RUNTIME_BASE_CGROUP_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace holon::base {

// Pure. The path after "0::" in /proc/PID/cgroup; empty where there is none.
std::string ParseCgroup(absl::string_view text);

// Pure. The number behind "oom_kill" in memory.events.
std::optional<uint64_t> ParseOomKills(absl::string_view text);

// The caller's own; empty where it has none.
std::string OwnCgroup();

// How many processes of the group the kernel has killed for lack of memory, since the group was
// made; nullopt where that cannot be read.
std::optional<uint64_t> OomKills(const std::string& cgroup);

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_CGROUP_H_
