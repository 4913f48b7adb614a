// A log that is begun anew when it has grown: PATH is the present file, PATH.1 the one before, and
// so on.
#ifndef HOLON_RUNTIME_STATE_LOG_FILES_H_
#define HOLON_RUNTIME_STATE_LOG_FILES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/base/file.h"
#include "runtime/base/unique_fd.h"

namespace holon::state {

// Pure. "PATH.2" for 2, PATH for 0.
std::string NumberedLog(const std::string& path, unsigned number);

// Pure. The number of an older file of the log that is named `base`: 12 for "daemon.log.12"; 0
// where `name` is none.
unsigned LogNumber(absl::string_view name, absl::string_view base);

// Numbers of the older files that exist, ascending. Empty where the folder cannot be read.
std::vector<unsigned> OlderLogs(const std::string& path);

// One file of a log, as it was when it was opened. While it is open no other file can be taken for
// it: inode numbers are reused at once.
struct OpenLog {
  base::UniqueFd fd;
  base::FileInfo info;
  off_t offset = 0;  // What a reader has read.
};

// All files, oldest first; none where there are none. What rotates meanwhile is neither missed nor
// there twice. Errors as base::ReadFile.
absl::StatusOr<std::vector<OpenLog>> OpenLogs(const std::string& path);

}  // namespace holon::state

#endif  // HOLON_RUNTIME_STATE_LOG_FILES_H_
