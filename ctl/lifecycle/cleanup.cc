#include "ctl/lifecycle/cleanup.h"

#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ctl/lifecycle/claim.h"
#include "runtime/base/status_macros.h"
#include "runtime/state/instance_lock.h"

namespace holon::ctl {
namespace {

// For another command that cleans, or a start.
constexpr absl::Duration kPatience = absl::Seconds(2);

}  // namespace

absl::StatusOr<std::string> CleanUp(World& world, const std::string& socket_path,
                                    state::Vanished vanished, absl::Duration patience) {
  absl::StatusOr<state::InstanceLock> lock = ClaimHome(world, patience);
  if (absl::IsNotFound(lock.status())) return std::string("the home is gone");
  if (absl::IsAlreadyExists(lock.status())) {
    // A start was faster than we: it has cleaned up, and what stands there now is its own.
    return std::string("a newer runtime holds the instance lock");
  }
  HOLON_RETURN_IF_ERROR(lock.status());
  std::vector<std::string> removed;
  HOLON_RETURN_IF_ERROR(
      state::RemoveLeftovers(*lock, world.paths, socket_path, vanished, &removed));
  return absl::StrCat("the instance lock is free; ",
                      removed.empty() ? "nothing was left"
                                      : absl::StrCat("removed ", absl::StrJoin(removed, ", ")));
}

absl::StatusOr<std::string> CleanUpAfter(World& world, const std::string& socket_path,
                                         state::Vanished vanished) {
  absl::StatusOr<std::string> cleaned = CleanUp(world, socket_path, vanished, kPatience);
  if (cleaned.ok() || absl::IsCancelled(cleaned.status())) return cleaned;
  return absl::StrCat("files are left: ", cleaned.status().message());
}

}  // namespace holon::ctl
