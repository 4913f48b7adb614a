#ifndef HOLON_RUNTIME_DAEMON_PROCESS_LOGGER_H_
#define HOLON_RUNTIME_DAEMON_PROCESS_LOGGER_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "holon/v1/config.pb.h"
#include "runtime/base/logger.h"
#include "runtime/daemon/log_sink.h"

namespace spdlog {
class logger;
}

namespace holon::daemon {

// The log of this process: "2026-01-02T03:04:05.678Z info    ready key=value", or JSON. On stderr;
// once it is opened, in its file as well. Thread-safe; never blocks on a reader, and never fails.
class ProcessLogger final : public base::Logger {
 public:
  ProcessLogger();
  ~ProcessLogger() override;

  // Level, format and limits; may be called while others log.
  void Configure(const v1::LogConfig& config);

  // From here on lines go to the file at `path`, which is rotated. Only for whoever holds the home.
  void Open(const std::string& path);

  // Told of every change, one after the other, by a thread that logged: whoever logs must not hold
  // a lock that `listener` takes. It may log.
  void OnHealth(std::function<void(const LogHealth&)> listener);

  void Log(base::LogLevel level, const std::string& message, Fields fields) override;

 private:
  std::string Format(base::LogLevel level, const std::string& message, Fields fields) const;
  void ReportHealth() ABSL_LOCKS_EXCLUDED(mutex_);

  std::shared_ptr<LogSink> sink_;
  std::shared_ptr<spdlog::logger> logger_;
  std::atomic<bool> json_ = false;

  absl::Mutex mutex_;
  std::function<void(const LogHealth&)> listener_ ABSL_GUARDED_BY(mutex_);
  LogHealth reported_ ABSL_GUARDED_BY(mutex_);
  bool reporting_ ABSL_GUARDED_BY(mutex_) = false;
};

// Pure: the text after time and level. Values with spaces or quotes are quoted.
std::string LogText(const std::string& message, base::Logger::Fields fields);
// Pure: one JSON object.
std::string LogJson(const std::string& time, const std::string& level, const std::string& message,
                    base::Logger::Fields fields);

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_PROCESS_LOGGER_H_
