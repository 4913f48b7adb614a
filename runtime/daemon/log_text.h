// One line of the log, as text or as JSON. Pure.
#ifndef HOLON_RUNTIME_DAEMON_LOG_TEXT_H_
#define HOLON_RUNTIME_DAEMON_LOG_TEXT_H_

#include <string>

#include "runtime/base/logger.h"

namespace holon::daemon {

const char* LogLevelName(base::LogLevel level);

// The text after time and level. Values with spaces or quotes are quoted; so is a message with
// control characters, which may hold a stranger's words.
std::string LogText(const std::string& message, base::Logger::Fields fields);
// One JSON object.
std::string LogJson(const std::string& time, const std::string& level, const std::string& message,
                    base::Logger::Fields fields);

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_LOG_TEXT_H_
