#ifndef HOLON_RUNTIME_BASE_COUNTED_LOG_H_
#define HOLON_RUNTIME_BASE_COUNTED_LOG_H_

#include <map>
#include <string>

#include "absl/time/time.h"
#include "runtime/base/line_throttle.h"
#include "runtime/base/logger.h"

namespace holon::base {

// Warnings that somebody else can cause at will: one line, then "…: 412 more in the last minute".
// Messages are fixed texts; what differs goes into the fields. Not thread-safe; times are uptime.
//
//   CountedLog log(logger);
//   log.Warning(now, "a connection of another user was refused", {{"uid", "7"}});
//   WaitUntil(log.next());
//   log.WriteCounts(now);
class CountedLog {
 public:
  explicit CountedLog(Logger& logger) : logger_(logger) {}

  void Warning(absl::Duration now, const std::string& message, Logger::Fields fields);
  // Writes the counts of minutes that are over.
  void WriteCounts(absl::Duration now);
  // When WriteCounts has something to write; infinite: nothing was counted.
  absl::Duration next() const;

 private:
  void WriteCount(absl::Duration now, const std::string& message, LineThrottle* throttle);

  Logger& logger_;
  std::map<std::string, LineThrottle> throttles_;
};

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_COUNTED_LOG_H_
