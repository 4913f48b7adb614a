#ifndef HOLON_RUNTIME_DAEMON_LOG_SINK_H_
#define HOLON_RUNTIME_DAEMON_LOG_SINK_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "runtime/daemon/log_file.h"

namespace holon::daemon {

// What has become of the log.
struct LogHealth {
  uint64_t lines_lost = 0;  // Since the start.
  std::string trouble;      // What is wrong, as of the last line; empty: nothing.

  friend bool operator==(const LogHealth&, const LogHealth&) = default;
};

// Where lines go: to stderr, and once the home is ours to the log file as well, or to that alone
// where stderr leads there anyway. A line that cannot be written is counted, and the log says so as
// soon as it can. Waits for the disk. One thread at a time.
class LogSink {
 public:
  // The line, with its end, that says how many lines were lost before it, and why.
  using LossNotice = std::function<std::string(uint64_t lost, const std::string& why)>;

  explicit LogSink(LossNotice notice) : notice_(std::move(notice)) {}

  // `owns_path` as for LogFile.
  void Open(const std::string& path, std::function<bool()> owns_path);
  void SetLimits(LogLimits limits);
  // `line` has its end.
  void Write(const std::string& line);
  // Lines were lost before they came here.
  void CountLost(uint64_t lines, const std::string& why);

  const LogHealth& health() const { return health_; }

 private:
  void WriteToFile(const std::string& line);

  const LossNotice notice_;
  LogLimits limits_;
  std::optional<LogFile> file_;
  LogHealth health_;
  uint64_t unannounced_ = 0;  // Lost, and the log does not say so yet.
  std::string cause_;         // Why they were lost.
};

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_LOG_SINK_H_
