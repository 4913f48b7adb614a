#include "runtime/base/counted_log.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace holon::base {

void CountedLog::Warning(absl::Duration now, const std::string& message, Logger::Fields fields) {
  LineThrottle& throttle = throttles_[message];
  WriteCount(now, message, &throttle);
  if (throttle.Take(now)) logger_.Warning(message, fields);
}

void CountedLog::WriteCounts(absl::Duration now) {
  for (auto& [message, throttle] : throttles_) WriteCount(now, message, &throttle);
}

absl::Duration CountedLog::next() const {
  absl::Duration next = absl::InfiniteDuration();
  for (const auto& [message, throttle] : throttles_) next = std::min(next, throttle.next());
  return next;
}

void CountedLog::WriteCount(absl::Duration now, const std::string& message,
                            LineThrottle* throttle) {
  if (uint64_t count = throttle->TakeCount(now)) {
    logger_.Warning(absl::StrCat(message, ": ", count, " more in the last minute"));
  }
}

}  // namespace holon::base
