#ifndef HOLON_RUNTIME_DAEMON_PROCESS_LOGGER_H_
#define HOLON_RUNTIME_DAEMON_PROCESS_LOGGER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "holon/v1/config.pb.h"
#include "runtime/base/logger.h"
#include "runtime/daemon/log_sink.h"
#include "runtime/daemon/worker.h"

namespace holon::daemon {

// The log of this process: "2026-01-02T03:04:05.678Z info    ready key=value", or JSON. On stderr;
// once it is opened, in its file as well. Thread-safe; never fails.
//
// Until Start the caller writes; from then on a thread of its own does, so that a slow disk delays
// nobody who logs. Lines that wait when the process crashes are lost. Lines that no longer fit into
// the queue are counted, and the log says so.
class ProcessLogger final : public base::Logger {
 public:
  ProcessLogger();
  ~ProcessLogger() override;

  // RESOURCE_EXHAUSTED: no thread can be had.
  absl::Status Start();

  // Level, format and limits; may be called while others log.
  void Configure(const v1::LogConfig& config);

  // From here on lines go to the file at `path`, which is rotated, as long as `owns_path` says so
  // (see LogFile; the log's thread asks it, so it may wait for the disk).
  void Open(
      const std::string& path, std::function<bool()> owns_path = [] { return true; });

  // After Start: told of every change by the log's thread. It may log. Null: nobody is told, and no
  // call is under way any more.
  void OnHealth(std::function<void(const LogHealth&)> listener);

  // Waits until the lines of before this call are written. False: the time is over.
  bool Flush(absl::Duration timeout);

  void Log(base::LogLevel level, const std::string& message, Fields fields) override;

 private:
  std::string Format(base::LogLevel level, const std::string& message, Fields fields) const;
  // Does `job` on the log's thread, or at once where that has not been started.
  bool OnSink(absl::AnyInvocable<void(LogSink&)> job);
  void ReportHealth() ABSL_LOCKS_EXCLUDED(listener_mutex_);

  std::atomic<base::LogLevel> level_ = base::LogLevel::kInfo;
  std::atomic<bool> json_ = false;
  std::atomic<bool> started_ = false;
  std::atomic<uint64_t> refused_ = 0;  // Lines that did not fit into the queue.

  absl::Mutex sink_mutex_;  // After Start of the log's thread alone.
  LogSink sink_ ABSL_GUARDED_BY(sink_mutex_);

  absl::Mutex listener_mutex_;  // Held while the listener is called.
  std::function<void(const LogHealth&)> listener_ ABSL_GUARDED_BY(listener_mutex_);
  LogHealth reported_ ABSL_GUARDED_BY(listener_mutex_);

  Worker writer_;  // Last: its end writes what waits.
};

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_PROCESS_LOGGER_H_
