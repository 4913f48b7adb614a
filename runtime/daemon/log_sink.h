#ifndef HOLON_RUNTIME_DAEMON_LOG_SINK_H_
#define HOLON_RUNTIME_DAEMON_LOG_SINK_H_

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "runtime/daemon/log_file.h"
#include "spdlog/sinks/base_sink.h"

namespace holon::daemon {

// What has become of the log.
struct LogHealth {
  uint64_t lines_lost = 0;  // Since the start.
  std::string trouble;      // What is wrong, as of the last line; empty: nothing.

  friend bool operator==(const LogHealth&, const LogHealth&) = default;
};

// Where lines go: to stderr, and once the home is ours to the log file as well, or to that alone
// where stderr leads there anyway. Thread-safe. A line that cannot be written is counted, and
// waited for is nothing but the disk.
class LogSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  // The line, with its end, that says how many lines were lost before it, and why.
  using LossNotice = std::function<std::string(uint64_t lost, const std::string& trouble)>;

  explicit LogSink(LossNotice notice) : notice_(std::move(notice)) {}

  void Open(const std::string& path);
  void SetLimits(LogLimits limits);
  LogHealth health();

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}

 private:
  void WriteToFile(const std::string& line);

  const LossNotice notice_;
  LogLimits limits_;  // These are guarded by the mutex of the base.
  std::optional<LogFile> file_;
  LogHealth health_;
  uint64_t unannounced_ = 0;  // Lost, and the log does not say so yet.
  std::string cause_;         // Why they were lost.
};

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_LOG_SINK_H_
