#ifndef HOLON_RUNTIME_DAEMON_PROCESS_LOGGER_H_
#define HOLON_RUNTIME_DAEMON_PROCESS_LOGGER_H_

#include <atomic>
#include <memory>
#include <string>

#include "holon/v1/config.pb.h"
#include "runtime/base/logger.h"

namespace spdlog {
class logger;
}

namespace holon::daemon {

// The log of this process, on stderr: "2026-01-02T03:04:05.678Z info  ready key=value".
// Thread-safe.
class ProcessLogger final : public base::Logger {
 public:
  ProcessLogger();
  ~ProcessLogger() override;

  // Level and format; may be called while others log.
  void Configure(const v1::LogConfig& config);

  void Log(base::LogLevel level, const std::string& message, Fields fields) override;

 private:
  std::shared_ptr<spdlog::logger> logger_;
  std::atomic<bool> json_ = false;
};

// Pure: the text after time and level. Values with spaces or quotes are quoted.
std::string LogText(const std::string& message, base::Logger::Fields fields);
// Pure: one JSON object.
std::string LogJson(const std::string& time, const std::string& level, const std::string& message,
                    base::Logger::Fields fields);

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_PROCESS_LOGGER_H_
