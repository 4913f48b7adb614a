#ifndef HOLON_TESTS_FAKES_FAKE_LOGGER_H_
#define HOLON_TESTS_FAKES_FAKE_LOGGER_H_

#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "runtime/base/logger.h"

namespace holon {

// Keeps what is logged: "message key=value".
class FakeLogger final : public base::Logger {
 public:
  void Log(base::LogLevel, const std::string& message, Fields fields) override {
    std::string line = message;
    for (const auto& [key, value] : fields) absl::StrAppend(&line, " ", key, "=", value);
    absl::MutexLock lock(&mutex_);
    lines_.push_back(std::move(line));
  }
  std::vector<std::string> lines() const {
    absl::MutexLock lock(&mutex_);
    return lines_;
  }

 private:
  mutable absl::Mutex mutex_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace holon

#endif  // HOLON_TESTS_FAKES_FAKE_LOGGER_H_
