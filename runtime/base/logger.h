#ifndef HOLON_RUNTIME_BASE_LOGGER_H_
#define HOLON_RUNTIME_BASE_LOGGER_H_

#include <initializer_list>
#include <string>
#include <utility>

namespace holon::base {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// Where a runtime says what it does: a sentence and fields. Thread-safe; never fails, never blocks
// on more than the log's disk. Nothing secret goes in.
class Logger {
 public:
  using Fields = std::initializer_list<std::pair<const char*, std::string>>;

  virtual ~Logger() = default;
  virtual void Log(LogLevel level, const std::string& message, Fields fields) = 0;

  void Info(const std::string& message, Fields fields = {}) {
    Log(LogLevel::kInfo, message, fields);
  }
  void Warning(const std::string& message, Fields fields = {}) {
    Log(LogLevel::kWarning, message, fields);
  }
  void Error(const std::string& message, Fields fields = {}) {
    Log(LogLevel::kError, message, fields);
  }
};

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_LOGGER_H_
