#include "runtime/base/cgroup.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "runtime/base/file.h"

namespace holon::base {
namespace {

constexpr size_t kMaxBytes = 65536;

}  // namespace

std::string ParseCgroup(absl::string_view text) {
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (absl::ConsumePrefix(&line, "0::")) return std::string(line);
  }
  return "";
}

std::optional<uint64_t> ParseOomKills(absl::string_view text) {
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    uint64_t count;
    if (absl::ConsumePrefix(&line, "oom_kill ") && absl::SimpleAtoi(line, &count)) return count;
  }
  return std::nullopt;
}

std::string UnitOf(absl::string_view cgroup) {
  std::vector<absl::string_view> parts = absl::StrSplit(cgroup, '/');
  return absl::EndsWith(parts.back(), ".service") ? std::string(parts.back()) : "";
}

std::string CgroupOf(pid_t pid) {
  absl::StatusOr<std::string> text = ReadFile(absl::StrCat("/proc/", pid, "/cgroup"), kMaxBytes);
  return text.ok() ? ParseCgroup(*text) : "";
}

std::optional<uint64_t> OomKills(const std::string& cgroup) {
  if (cgroup.empty()) return std::nullopt;
  absl::StatusOr<std::string> text =
      ReadFile(absl::StrCat("/sys/fs/cgroup", cgroup, "/memory.events"), kMaxBytes);
  return text.ok() ? ParseOomKills(*text) : std::nullopt;
}

}  // namespace holon::base
