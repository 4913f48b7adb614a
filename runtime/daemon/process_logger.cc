#include "runtime/daemon/process_logger.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "runtime/base/status_macros.h"
#include "runtime/daemon/log_text.h"

namespace holon::daemon {
namespace {

// Lines that may wait for the disk: seconds of a busy runtime, and little memory.
constexpr size_t kMostWaitingLines = 1024;

base::LogLevel ToLevel(v1::LogLevel level) {
  switch (level) {
    case v1::LOG_LEVEL_DEBUG:
      return base::LogLevel::kDebug;
    case v1::LOG_LEVEL_WARNING:
      return base::LogLevel::kWarning;
    case v1::LOG_LEVEL_ERROR:
      return base::LogLevel::kError;
    default:
      return base::LogLevel::kInfo;
  }
}

}  // namespace

ProcessLogger::ProcessLogger()
    : sink_([this](uint64_t lost, const std::string& why) {
        return Format(base::LogLevel::kWarning, "log lines were lost",
                      {{"lines", absl::StrCat(lost)}, {"why", why}});
      }),
      writer_(kMostWaitingLines) {}

ProcessLogger::~ProcessLogger() = default;

absl::Status ProcessLogger::Start() {
  HOLON_RETURN_IF_ERROR(writer_.Start());
  started_ = true;
  return absl::OkStatus();
}

void ProcessLogger::Configure(const v1::LogConfig& config) {
  level_ = ToLevel(config.level());
  json_ = config.format() == v1::LOG_FORMAT_JSON;
  const LogLimits limits{config.max_bytes(), std::max(config.max_files(), 1u)};
  OnSink([limits](LogSink& sink) { sink.SetLimits(limits); });
}

void ProcessLogger::Open(const std::string& path, std::function<bool()> owns_path) {
  OnSink([path, owns_path = std::move(owns_path)](LogSink& sink) { sink.Open(path, owns_path); });
}

void ProcessLogger::OnHealth(std::function<void(const LogHealth&)> listener) {
  absl::MutexLock lock(&listener_mutex_);
  listener_ = std::move(listener);
  reported_ = {};
}

bool ProcessLogger::Flush(absl::Duration timeout) { return !started_ || writer_.Flush(timeout); }

std::string ProcessLogger::Format(base::LogLevel level, const std::string& message,
                                  Fields fields) const {
  const std::string time =
      absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone());
  const char* name = LogLevelName(level);
  if (json_) return LogJson(time, name, message, fields) + "\n";
  return absl::StrFormat("%s %-7s %s\n", time, name, LogText(message, fields));
}

void ProcessLogger::Log(base::LogLevel level, const std::string& message, Fields fields) {
  if (level < level_) return;
  const bool taken =
      OnSink([line = Format(level, message, fields)](LogSink& sink) { sink.Write(line); });
  if (!taken) ++refused_;
}

bool ProcessLogger::OnSink(absl::AnyInvocable<void(LogSink&)> job) {
  if (!started_) {
    absl::MutexLock lock(&sink_mutex_);
    job(sink_);
    return true;
  }
  return writer_.Post([this, job = std::move(job)]() mutable {
    {
      absl::MutexLock lock(&sink_mutex_);
      if (uint64_t lost = refused_.exchange(0)) {
        sink_.CountLost(lost, "the disk was slower than the log");
      }
      job(sink_);
    }
    ReportHealth();
  });
}

void ProcessLogger::ReportHealth() {
  LogHealth health;
  {
    absl::MutexLock lock(&sink_mutex_);
    health = sink_.health();
  }
  absl::MutexLock lock(&listener_mutex_);
  if (!listener_ || health == reported_) return;
  reported_ = health;
  listener_(health);
}

}  // namespace holon::daemon
