#ifndef HOLON_RUNTIME_DAEMON_AUDIT_H_
#define HOLON_RUNTIME_DAEMON_AUDIT_H_

#include <functional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "runtime/base/clock.h"
#include "runtime/base/logger.h"

namespace holon::daemon {

// The runtime's own lines in run/audit.log. What cannot be written is logged, and stops nothing.
// Thread-safe.
class Audit {
 public:
  // `path`: where the file is now; asked at each line.
  Audit(std::function<std::string()> path, base::Logger& logger, base::Clock& clock)
      : path_(std::move(path)), logger_(logger), clock_(clock) {}

  // Before the first line.
  void SetGeneration(const std::string& instance_id) { instance_id_ = instance_id; }

  // `caller` is what the caller says of itself, `seen` what the kernel says of who is connected.
  void Record(const std::string& action, const std::string& reason, const std::string& caller,
              const std::string& seen);

 private:
  const std::function<std::string()> path_;
  base::Logger& logger_;
  base::Clock& clock_;
  std::string instance_id_;
  absl::Mutex mutex_;  // Of the file: one line at a time decides whether it is full.
};

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_AUDIT_H_
