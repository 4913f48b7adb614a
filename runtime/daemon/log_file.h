#ifndef HOLON_RUNTIME_DAEMON_LOG_FILE_H_
#define HOLON_RUNTIME_DAEMON_LOG_FILE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "runtime/base/file.h"
#include "runtime/base/unique_fd.h"

namespace holon::daemon {

// When a log is begun anew, and how many of its files are kept, the present one included.
struct LogLimits {
  uint64_t max_bytes = 10 * 1024 * 1024;
  unsigned max_files = 5;
};

// A log that is begun anew when it has grown: PATH, and older ones PATH.1, PATH.2, … One thread at
// a time.
class LogFile {
 public:
  // Of `stdio`, those descriptors that lead to PATH when it is opened go with it from then on: what
  // libraries print there lands in the present file. `owns_path`: whether the runtime still holds
  // its home. Without it lines go to the file that is open, wherever that stands, and no file is
  // opened, renamed or removed: they may be another runtime's.
  LogFile(
      std::string path, LogLimits limits, std::vector<int> stdio,
      std::function<bool()> owns_path = [] { return true; });

  // Optional: Append opens it, too.
  absl::Status Open();

  // Writes `line`, which has its end, in one go. Opens the file where it is missing or another one
  // stands in its place, and begins a new one before it would grow over its limit. An error means
  // that the line is lost; it names the path.
  absl::Status Append(absl::string_view line);

  // Applies at once. Files that are over the number are removed.
  void SetLimits(LogLimits limits);

  // Why the last Append could not begin a new file although it should have.
  const absl::Status& rotation() const { return rotation_; }
  // Whether what is written to `fd` lands in the log.
  bool Takes(int fd) const;

 private:
  absl::Status Reopen();
  absl::Status Rotate();
  absl::Status Shift();
  absl::Status RemoveSurplus(unsigned from);
  void Redirect(int fd);
  absl::Status WriteLine(absl::string_view line);

  const std::string path_;
  const std::function<bool()> owns_path_;
  LogLimits limits_;
  std::vector<int> stdio_;  // Before it is opened the candidates, then those that lead to it.
  bool opened_ = false;
  base::UniqueFd fd_;
  base::FileInfo info_;
  bool torn_ = false;  // The file ends within a line.
  absl::Status rotation_;
};

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_LOG_FILE_H_
