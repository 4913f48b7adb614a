#ifndef HOLON_RUNTIME_STATE_LOG_READER_H_
#define HOLON_RUNTIME_STATE_LOG_READER_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/state/log_files.h"
#include "runtime/state/log_line.h"

namespace holon::state {

// Reads a log line by line, across its files, and goes on with what is written later: through
// rotation, removal, truncation and a new generation. Waits for nothing. One thread.
//
//   LogReader reader(path);
//   reader.Tail(20, take);
//   while (somebody wakes us) reader.Read(take);
class LogReader {
 public:
  // Gets lines in order, without their ends. What it returns ends the reading, if it is not OK.
  using Take = std::function<absl::Status(const std::vector<std::string>&)>;

  explicit LogReader(std::string path) : path_(std::move(path)) {}

  // The last lines, at most kMaxTailBytes; Read goes on behind them. One that has no end yet is
  // counted, and left to Read or Finish.
  absl::Status Tail(size_t lines, const Take& take);
  // How many lines the last Tail found, where kMaxTailBytes held fewer than it was asked for.
  std::optional<size_t> cut() const { return cut_; }

  // Leaves out files that were last written to before `since`.
  absl::Status SkipBefore(absl::Time since);

  // All that has come since the last call; at first, everything.
  absl::Status Read(const Take& take);

  // A line that has no end yet, as the last thing.
  absl::Status Finish(const Take& take);

 private:
  absl::Status Drain(const Take& take);
  absl::Status DrainFile(OpenLog& file, const Take& take);
  absl::StatusOr<bool> Refresh(const Take& take);

  const std::string path_;
  std::vector<OpenLog> files_;  // Oldest first.
  size_t at_ = 0;               // The file being read: the last one, once all others are.
  LineSplitter splitter_;
  std::optional<size_t> cut_;
};

}  // namespace holon::state

#endif  // HOLON_RUNTIME_STATE_LOG_READER_H_
