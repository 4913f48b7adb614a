#include "runtime/daemon/log_sink.h"

#include <unistd.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "runtime/base/descriptor.h"

namespace holon::daemon {

void LogSink::Open(const std::string& path, std::function<bool()> owns_path) {
  file_.emplace(path, limits_, std::vector<int>{STDOUT_FILENO, STDERR_FILENO},
                std::move(owns_path));
  (void)file_->Open();  // The first line tries again, and tells.
}

void LogSink::SetLimits(LogLimits limits) {
  limits_ = limits;
  if (file_.has_value()) file_->SetLimits(limits);
}

void LogSink::Write(const std::string& line) {
  if (!file_.has_value() || !file_->Takes(STDERR_FILENO)) {
    base::WriteWithoutWaiting(STDERR_FILENO, line);
  }
  if (file_.has_value()) WriteToFile(line);
}

void LogSink::CountLost(uint64_t lines, const std::string& why) {
  health_.lines_lost += lines;
  unannounced_ += lines;
  cause_ = why;
}

void LogSink::WriteToFile(const std::string& line) {
  absl::Status written;
  if (unannounced_ > 0) {
    written = file_->Append(notice_(unannounced_, cause_));
    if (written.ok()) unannounced_ = 0;
  }
  if (written.ok()) written = file_->Append(line);
  if (!written.ok()) {
    CountLost(1, std::string(written.message()));
    health_.trouble = absl::StrCat("log lines are lost: ", cause_);
  } else if (!file_->rotation().ok()) {
    health_.trouble = absl::StrCat("the log cannot be begun anew and grows: ",
                                   std::string(file_->rotation().message()));
  } else {
    health_.trouble.clear();
  }
}

}  // namespace holon::daemon
