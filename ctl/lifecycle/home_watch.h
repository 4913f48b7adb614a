#ifndef HOLON_CTL_LIFECYCLE_HOME_WATCH_H_
#define HOLON_CTL_LIFECYCLE_HOME_WATCH_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

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
  // What is news about a runtime that answers, beside what it says itself and its end.
  enum class Scope {
    kRuntime,  // Nothing.
    kFiles,    // Whatever happens to its files, too.
  };
  // `also`: a descriptor that is news when it is readable; -1 for none.
  HomeWatch(World& world, Scope scope, int also = -1) : world_(world), scope_(scope), also_(also) {}

  // Blocks until the home may look different from `sighting`, the newest look at it, or until
  // `also` is readable.
  Waited AwaitChange(probe::Sighting& sighting, absl::Duration deadline, const std::string& doing);

 private:
  // True where it watches something that it did not watch before.
  bool WatchDirectories();
  bool TakeEvents();

  bool TellsOfItself(const probe::Sighting& sighting) const;

  World& world_;
  const Scope scope_;
  const int also_;
  std::optional<base::Inotify> inotify_;
  std::vector<std::string> watched_;
  bool lost_ = false;  // A watched directory is gone.
  std::unique_ptr<probe::ControlClient> client_;
  std::unique_ptr<RuntimeWatch> stream_;
  std::string stream_instance_;
  std::string seen_status_;
};

}  // namespace holon::ctl

#endif  // HOLON_CTL_LIFECYCLE_HOME_WATCH_H_
