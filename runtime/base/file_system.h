// What some file systems cannot do (directory sync, hard links, modes), and what is done instead.
// Thread-safe; blocks for disk I/O only.
#ifndef HOLON_RUNTIME_BASE_FILE_SYSTEM_H_
#define HOLON_RUNTIME_BASE_FILE_SYSTEM_H_

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace holon::base {

// `error` (errno) of a call on a file, as a Status. As absl::ErrnoToStatus, but a read-only file
// system is no lack of permission (FAILED_PRECONDITION), and what an unclear errno means is said.
absl::Status FileError(int error, absl::string_view message);

// Syncs the directory of a name that was just made or replaced. OK where the file system cannot
// sync a directory (EINVAL on SMB, vboxsf and some FUSE file systems).
absl::Status SyncDirectory(const std::string& directory);

// Gives `from` the name `to`, which must be free: ALREADY_EXISTS. UNIMPLEMENTED: the file system
// has neither hard links nor a rename that replaces nothing. `from` may be left.
absl::Status PublishWithoutReplacing(const std::string& from, const std::string& to);

// Sets the mode of an open file. OK where the file system keeps no modes.
absl::Status SetMode(int fd, mode_t mode);

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_FILE_SYSTEM_H_
