#include "runtime/daemon/log_sink.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "runtime/base/descriptor.h"

namespace holon::daemon {

void LogSink::Open(const std::string& path) {
  std::lock_guard<std::mutex> lock(mutex_);
  file_.emplace(path, limits_, std::vector<int>{STDOUT_FILENO, STDERR_FILENO});
  (void)file_->Open();  // The first line tries again, and tells.
}

void LogSink::SetLimits(LogLimits limits) {
  std::lock_guard<std::mutex> lock(mutex_);
  limits_ = limits;
  if (file_.has_value()) file_->SetLimits(limits);
}

LogHealth LogSink::health() {
  std::lock_guard<std::mutex> lock(mutex_);
  return health_;
}

void LogSink::sink_it_(const spdlog::details::log_msg& message) {
  const std::string line =
      absl::StrCat(absl::string_view(message.payload.data(), message.payload.size()), "\n");
  if (!file_.has_value() || !file_->Takes(STDERR_FILENO)) {
    base::WriteWithoutWaiting(STDERR_FILENO, line);
  }
  if (file_.has_value()) WriteToFile(line);
}

void LogSink::WriteToFile(const std::string& line) {
  absl::Status written;
  if (unannounced_ > 0) {
    written = file_->Append(notice_(unannounced_, cause_));
    if (written.ok()) unannounced_ = 0;
  }
  if (written.ok()) written = file_->Append(line);
  if (!written.ok()) {
    ++health_.lines_lost;
    ++unannounced_;
    cause_ = std::string(written.message());
    health_.trouble = absl::StrCat("log lines are lost: ", cause_);
  } else if (!file_->rotation().ok()) {
    health_.trouble = absl::StrCat("the log cannot be begun anew and grows: ",
                                   std::string(file_->rotation().message()));
  } else {
    health_.trouble.clear();
  }
}

}  // namespace holon::daemon
