#ifndef HOLON_CTL_LIFECYCLE_HOME_WATCH_H_
#define HOLON_CTL_LIFECYCLE_HOME_WATCH_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ctl/lifecycle/runtime_watch.h"
#include "ctl/lifecycle/world.h"
#include "runtime/base/inotify.h"
#include "runtime/base/process.h"

namespace holon::ctl {

// Follows a home from look to look. Between them it sleeps until something has happened: a file
// that came or went, the end of the process, or news on the runtime's stream. One thread.
class HomeWatch {
 public:
  explicit HomeWatch(World& world) : world_(world) {}

  // A look; what happens after it began is not missed by the next AwaitChange.
  absl::StatusOr<probe::Sighting> Look();

  // Blocks until the home may look different from `sighting`.
  Waited AwaitChange(probe::Sighting& sighting, absl::Duration deadline, const std::string& doing);

 private:
  void WatchDirectories();

  World& world_;
  std::optional<base::Inotify> inotify_;
  std::unique_ptr<probe::ControlClient> client_;
  std::unique_ptr<RuntimeWatch> stream_;
  std::string stream_instance_;
  std::string seen_status_;
};

}  // namespace holon::ctl

#endif  // HOLON_CTL_LIFECYCLE_HOME_WATCH_H_
