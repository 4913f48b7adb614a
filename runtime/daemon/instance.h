#ifndef HOLON_RUNTIME_DAEMON_INSTANCE_H_
#define HOLON_RUNTIME_DAEMON_INSTANCE_H_

#include <functional>
#include <memory>
#include <optional>
#include <set>
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
// file and record. All methods wait for the disk. UpdateRecord and Heal may be called from any
// thread after Announce, the two that withdraw at any time.
class Instance {
 public:
  // Takes the lock, waiting a second for a command that cleans up, and makes sure that no other
  // runtime lives. `interrupt_fd` ends the wait. A socket that was handed down is not ours to bind,
  // to put back and to remove. On refusal nothing has changed.
  static std::optional<Instance> Claim(const state::HomePaths& paths,
                                       const std::string& socket_path,
                                       std::optional<base::HandedSocket> handed, int interrupt_fd,
                                       Refusal* refusal);

  // Listens on the socket: before anything else, so that a runtime whose start waits for the disk
  // answers already.
  absl::StatusOr<base::UniqueFd> Listen();

  // Told of a step before it begins, because each may wait long for the disk.
  using Step = std::function<void(const std::string& step)>;
  // Records and removes what a dead runtime left.
  absl::Status RemoveOldRuntime(const Step& step);
  // Writes record and pid file. CANCELLED: Withdraw came before.
  absl::Status Announce(const state::v1::DaemonRecord& record, const Step& step);

  // The control token's file belongs to what Heal puts back. Before Heal is called.
  void KeepToken(const std::string& path, const std::string& text) {
    token_path_ = path;
    token_text_ = text;
  }

  // Replaces the record, after a reload. FAILED_PRECONDITION: the lock is lost, so Heal writes the
  // record once it has the lock again.
  absl::Status UpdateRecord(const state::v1::DaemonRecord& record);

  // Puts back those of lock file, socket, pid file and record that are no longer as this object
  // made them, and the run directory itself. After Announce. Leaves alone what is in `resting`.
  // Healed::loss says that the home or the lock is lost for good. A socket that a Holon of another
  // home serves is not displaced: FAILED_PRECONDITION. Asking it takes up to a second.
  Healed Heal(const std::set<std::string>& resting = {});

  // Removes pid file, record and socket: what this object made, and nothing else, also where the
  // home was moved. The socket goes last, so that a runtime whose disk is slow answers to its end.
  // The lock goes with this object.
  absl::Status Withdraw();
  // Beside whatever the other methods are at: removes what they have made, and then, once they are
  // done, what they were making. They make nothing more.
  absl::Status WithdrawAtOnce();

  // A path of the home as it is reached now, also where the home was moved.
  std::string Here(const std::string& path) const;
  // The home's directory, for as long as this object lives.
  int home_fd() const { return files_->lock.home().fd(); }

  // The home directory that is locked, whatever its path is by now.
  absl::StatusOr<base::FileInfo> home() const { return base::InfoOf(files_->lock.home().fd()); }

  // Tells whether the home still stands at its path. Outlives this object: false then.
  std::function<bool()> HoldsHome() const;

 private:
  Instance(state::InstanceLock lock, const state::HomePaths& paths, std::string socket_path,
           std::optional<base::HandedSocket> handed)
      : paths_(paths),
        socket_path_(std::move(socket_path)),
        handed_(std::move(handed)),
        pid_text_(PidText()),
        files_(std::make_shared<Files>(std::move(lock))) {}

  static std::string PidText();
  absl::Status HealRunDirectory(Healed* healed);
  // OK, or CANCELLED after Withdraw.
  absl::Status CheckNotWithdrawn() const;
  absl::Status WriteRecord(const state::v1::DaemonRecord& record);

  // Behind a pointer, so that an instance can be moved before it is announced.
  struct Files {
    explicit Files(state::InstanceLock held) : lock(std::move(held)) {}
    absl::Mutex disk;  // Of those who write to the run directory. Held over disk I/O.
    // Its lock on the home never changes, and needs no mutex; its lock file needs `disk`.
    state::InstanceLock lock;
    absl::Mutex mutex;  // Held for moments only.
    bool withdrawn ABSL_GUARDED_BY(mutex) = false;
    std::string record ABSL_GUARDED_BY(mutex);
    // Inode 0 before Listen, and of one that was handed down.
    base::FileInfo socket ABSL_GUARDED_BY(mutex);
  };

  state::HomePaths paths_;
  std::string socket_path_;
  std::optional<base::HandedSocket> handed_;
  std::string pid_text_;
  std::string token_path_;  // Empty: there is no such file.
  std::string token_text_;
  std::shared_ptr<Files> files_;
};

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_INSTANCE_H_
