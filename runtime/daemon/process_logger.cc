#include "runtime/daemon/process_logger.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "spdlog/spdlog.h"

namespace holon::daemon {
namespace {

spdlog::level::level_enum ToSpdlog(base::LogLevel level) {
  switch (level) {
    case base::LogLevel::kDebug:
      return spdlog::level::debug;
    case base::LogLevel::kInfo:
      return spdlog::level::info;
    case base::LogLevel::kWarning:
      return spdlog::level::warn;
    case base::LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

const char* NameOf(base::LogLevel level) {
  switch (level) {
    case base::LogLevel::kDebug:
      return "debug";
    case base::LogLevel::kInfo:
      return "info";
    case base::LogLevel::kWarning:
      return "warning";
    case base::LogLevel::kError:
      return "error";
  }
  return "?";
}

// A JSON string; also right for a quoted value in a text line.
std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) {
      absl::StrAppendFormat(&quoted, "\\u%04x", c);
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

}  // namespace

std::string LogText(const std::string& message, base::Logger::Fields fields) {
  std::string text = message;
  for (const auto& [key, value] : fields) {
    // A caller's own words must not reach a reader's terminal as commands.
    const bool control = std::any_of(value.begin(), value.end(), absl::ascii_iscntrl);
    const bool plain =
        !value.empty() && !control && value.find_first_of(" \"\\=") == std::string::npos;
    absl::StrAppend(&text, " ", key, "=", plain ? value : Quoted(value));
  }
  return text;
}

std::string LogJson(const std::string& time, const std::string& level, const std::string& message,
                    base::Logger::Fields fields) {
  std::string text = absl::StrCat("{\"time\":", Quoted(time), ",\"level\":", Quoted(level),
                                  ",\"message\":", Quoted(message));
  for (const auto& [key, value] : fields) {
    absl::StrAppend(&text, ",", Quoted(key), ":", Quoted(value));
  }
  return text + "}";
}

ProcessLogger::ProcessLogger()
    : sink_(std::make_shared<LogSink>([this](uint64_t lost, const std::string& trouble) {
        return absl::StrCat(Format(base::LogLevel::kWarning, "log lines were lost",
                                   {{"lines", absl::StrCat(lost)}, {"why", trouble}}),
                            "\n");
      })),
      logger_(std::make_shared<spdlog::logger>("holond", sink_)) {}

ProcessLogger::~ProcessLogger() = default;

void ProcessLogger::Configure(const v1::LogConfig& config) {
  switch (config.level()) {
    case v1::LOG_LEVEL_DEBUG:
      logger_->set_level(spdlog::level::debug);
      break;
    case v1::LOG_LEVEL_WARNING:
      logger_->set_level(spdlog::level::warn);
      break;
    case v1::LOG_LEVEL_ERROR:
      logger_->set_level(spdlog::level::err);
      break;
    default:
      logger_->set_level(spdlog::level::info);
  }
  json_ = config.format() == v1::LOG_FORMAT_JSON;
  sink_->SetLimits({config.max_bytes(), std::max(config.max_files(), 1u)});
}

void ProcessLogger::Open(const std::string& path) { sink_->Open(path); }

void ProcessLogger::OnHealth(std::function<void(const LogHealth&)> listener) {
  {
    absl::MutexLock lock(&mutex_);
    listener_ = std::move(listener);
  }
  ReportHealth();
}

std::string ProcessLogger::Format(base::LogLevel level, const std::string& message,
                                  Fields fields) const {
  const std::string time =
      absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone());
  if (json_) return LogJson(time, NameOf(level), message, fields);
  return absl::StrFormat("%s %-7s %s", time, NameOf(level), LogText(message, fields));
}

void ProcessLogger::Log(base::LogLevel level, const std::string& message, Fields fields) {
  if (!logger_->should_log(ToSpdlog(level))) return;
  logger_->log(ToSpdlog(level), Format(level, message, fields));
  ReportHealth();
}

// A thread that finds another one at it leaves its news to that one, so that the last word is the
// latest.
void ProcessLogger::ReportHealth() {
  while (true) {
    std::function<void(const LogHealth&)> listener;
    LogHealth health;
    {
      absl::MutexLock lock(&mutex_);
      health = sink_->health();
      if (reporting_ || !listener_ || health == reported_) return;
      reporting_ = true;
      reported_ = health;
      listener = listener_;
    }
    listener(health);
    absl::MutexLock lock(&mutex_);
    reporting_ = false;
  }
}

}  // namespace holon::daemon
