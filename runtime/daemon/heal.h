// Putting back what a living runtime finds missing, replaced or truncated: one function a kind of
// file. What stood in the way is renamed aside: the newest eight of each path are kept. All of them
// do nothing where everything is as it should be.
#ifndef HOLON_RUNTIME_DAEMON_HEAL_H_
#define HOLON_RUNTIME_DAEMON_HEAL_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "runtime/base/file.h"
#include "runtime/base/file_lock.h"
#include "runtime/base/unique_fd.h"

namespace holon::daemon {

// What was put back.
struct Healed {
  struct File {
    std::string path;
    std::string displaced;  // Where what stood there is now; empty: nothing stood there.
  };
  std::vector<File> files;
  base::UniqueFd socket;  // Listens in place of one whose file was lost; else invalid.
  absl::Status status;    // The first thing that could not be put back.
  // What the runtime itself has lost: it may be another one's by now.
  enum class Loss { kNone, kHome, kLock };
  Loss loss = Loss::kNone;
};

// The directory at `path` must be the one that is locked. NOT_FOUND: the home was moved or removed;
// another one is never taken for it. Any other error: it cannot be looked at.
absl::Status CheckHomeStands(const std::string& path, const base::DirectoryLock& home);

// A lock file that was lost is replaced by a new one, locked and marked before the old lock is
// given up. UNAVAILABLE: another process holds the new file for a moment; IN_CLOSE_WRITE tells when
// it closes it. ABORTED: another runtime holds it.
absl::Status HealLock(const std::string& path, base::FileLock* lock, Healed* healed);

// A small file that must hold exactly `content`.
absl::Status HealContent(const std::string& path, const std::string& content, Healed* healed);

// A listening socket's file that must be `file`, which is updated where it is bound anew.
absl::Status HealSocket(const std::string& path, base::FileInfo* file, Healed* healed);

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_HEAL_H_
