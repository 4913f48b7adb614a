#ifndef HOLON_RUNTIME_DAEMON_INSTANCE_H_
#define HOLON_RUNTIME_DAEMON_INSTANCE_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "holon/state/v1/records.pb.h"
#include "runtime/base/exit_code.h"
#include "runtime/base/file.h"
#include "runtime/base/unique_fd.h"
#include "runtime/base/unix_socket.h"
#include "runtime/daemon/heal.h"
#include "runtime/state/home.h"
#include "runtime/state/instance_lock.h"

namespace holon::daemon {

// Why a home cannot be had.
struct Refusal {
  base::ExitCode exit_code = base::ExitCode::kFailed;
  std::string message;  // What was found and what to do.
};

// This process's claim on a home: the instance lock, marked as a runtime's, and with it socket, pid
// file and record.
// Announce, Heal and Withdraw are for one thread; UpdateRecord may be called from another.
class Instance {
 public:
  // Takes the lock, waiting a second for whoever may be cleaning up; makes sure that no other
  // runtime lives; and removes what a dead one left. `interrupt_fd` ends the wait. A socket that
  // was handed down is somebody else's to bind, to put back and to remove. On refusal nothing has
  // changed.
  static std::optional<Instance> Claim(const state::HomePaths& paths,
                                       const std::string& socket_path,
                                       std::optional<base::HandedSocket> handed, int interrupt_fd,
                                       Refusal* refusal);

  // Writes record and pid file, then listens: whoever can connect can read who we are.
  absl::StatusOr<base::UniqueFd> Announce(const state::v1::DaemonRecord& record);

  // Replaces the record, after a reload.
  absl::Status UpdateRecord(const state::v1::DaemonRecord& record);

  // Puts back whatever of lock file, socket, pid file and record is no longer as this object made
  // it, and the run directory itself. After Announce. Status NOT_FOUND: the home was moved or
  // removed; ABORTED: another runtime holds the lock. Neither can be healed: the runtime must end.
  Healed Heal();

  // Removes socket, pid file and record: what Announce made, and nothing else, also where the home
  // was moved. The lock goes last, with this object.
  absl::Status Withdraw();

 private:
  Instance(state::InstanceLock lock, const state::HomePaths& paths, std::string socket_path,
           std::optional<base::HandedSocket> handed)
      : lock_(std::move(lock)),
        paths_(paths),
        socket_path_(std::move(socket_path)),
        handed_(std::move(handed)) {}

  absl::Status HealRunDirectory();
  // The path by which the home is reached now, also where it was moved.
  std::string Here(const std::string& path) const;

  state::InstanceLock lock_;
  state::HomePaths paths_;
  std::string socket_path_;
  std::optional<base::HandedSocket> handed_;
  base::FileInfo socket_file_;  // Inode 0 before Announce, and of one that was handed down.
  std::string pid_text_;
  // Behind a pointer, so that an instance can be moved before it is announced.
  struct Record {
    absl::Mutex mutex;
    std::string text ABSL_GUARDED_BY(mutex);
  };
  std::unique_ptr<Record> record_ = std::make_unique<Record>();
};

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_INSTANCE_H_
