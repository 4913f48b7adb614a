// The control group (v2) of a process, as far as it tells how processes ended.
#ifndef HOLON_RUNTIME_BASE_CGROUP_H_
#define HOLON_RUNTIME_BASE_CGROUP_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace holon::base {

// Pure. The path after "0::" in /proc/PID/cgroup; empty where there is none.
std::string ParseCgroup(absl::string_view text);

// Pure. The number behind "oom_kill" in memory.events.
std::optional<uint64_t> ParseOomKills(absl::string_view text);

// Pure. The systemd unit that a cgroup belongs to: "holond.service"; empty where it is none of a
// service.
std::string UnitOf(absl::string_view cgroup);

// Of the process; empty where it has none or it cannot be seen.
std::string CgroupOf(pid_t pid);

// How many processes of the group the kernel has killed for lack of memory, since the group was
// made; nullopt where that cannot be read.
std::optional<uint64_t> OomKills(const std::string& cgroup);

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_CGROUP_H_
