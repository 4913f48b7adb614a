#include "runtime/state/stale_files.h"

#include <utility>

#include "runtime/base/file.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/temporary_file.h"
#include "runtime/base/unix_socket.h"
#include "runtime/state/daemon_record.h"
#include "runtime/state/vanished.h"

namespace holon::state {
namespace {

bool Exists(const std::string& path) {
  absl::StatusOr<base::FileInfo> info = base::Look(path);
  return info.ok() && info->type != base::FileType::kAbsent;
}

std::vector<std::string> LeftoversOf(const absl::StatusOr<v1::DaemonRecord>& record,
                                     const HomePaths& paths, const std::string& socket_path) {
  std::vector<std::string> sockets = {socket_path};
  // The record of another home, whose copy this one is, names that one's socket.
  if (record.ok() && base::SameFile(record->home_dir(), paths.home) &&
      !record->socket_path().empty() && record->socket_path() != socket_path) {
    sockets.push_back(record->socket_path());
  }
  std::vector<std::string> leftovers;
  for (const std::string& socket : sockets) {
    if (base::ConnectTo(socket).outcome == base::ConnectOutcome::kRefused) {
      leftovers.push_back(socket);
    }
  }
  for (const std::string& path : {paths.pid_file, paths.daemon_record}) {
    if (Exists(path)) leftovers.push_back(path);
    // Of a runtime that was killed while it wrote.
    for (std::string& abandoned : base::AbandonedOf(path)) {
      leftovers.push_back(std::move(abandoned));
    }
  }
  return leftovers;
}

}  // namespace

std::vector<std::string> LeftoverFiles(const HomePaths& paths, const std::string& socket_path) {
  return LeftoversOf(ReadDaemonRecord(paths.daemon_record), paths, socket_path);
}

absl::Status RemoveLeftovers(const InstanceLock&, const HomePaths& paths,
                             const std::string& socket_path, Vanished vanished,
                             std::vector<std::string>* removed) {
  const absl::StatusOr<v1::DaemonRecord> record = ReadDaemonRecord(paths.daemon_record);
  if (record.ok()) HOLON_RETURN_IF_ERROR(CheckFormat(*record));
  // Before the record goes, which tells of whom. A disk that is full keeps nobody from cleaning up;
  // the report of a crash stays then.
  if (vanished == Vanished::kRecord) (void)RecordVanished(paths);
  // The socket's temporary name has no name before the dot.
  for (const std::string& path :
       {paths.failures, paths.notify_socket, base::JoinPath(paths.run, "")}) {
    base::RemoveAbandoned(path);
  }
  absl::Status first;
  for (const std::string& path : LeftoversOf(record, paths, socket_path)) {
    absl::Status status = base::RemoveFile(path);
    if (status.ok()) {
      removed->push_back(path);
    } else {
      first.Update(status);
    }
  }
  return first;
}

}  // namespace holon::state
