// The home of a runtime: where everything stands, and whether it may be trusted.
#ifndef HOLON_RUNTIME_STATE_HOME_H_
#define HOLON_RUNTIME_STATE_HOME_H_

#include <string>

#include "absl/status/status.h"

namespace holon::state {

// Paths under one home. A value; touches nothing.
struct HomePaths {
  explicit HomePaths(const std::string& home);

  std::string home;
  std::string run;             // run/
  std::string instance_lock;   // run/holon.lock: held by a runtime for life
  std::string lifecycle_lock;  // run/lifecycle.lock: held by whoever starts or stops
  std::string users_lock;      // run/users.lock: shared by each `holonctl run`
  std::string pid_file;        // run/holon.pid
  std::string daemon_record;   // run/daemon.json
  std::string log;             // run/daemon.log
  std::string failures;        // run/failures.json
  std::string crash_report;    // run/crash.log: how a runtime that crashed ended
  std::string audit_log;       // run/audit.log: who changed what
  std::string notify_socket;   // run/notify: before the random part of where a start is told
  std::string default_socket;  // run/holon.sock
  std::string config;          // config.json
};

// What is wanted of a home.
enum class HomeUse {
  kLook,    // Reads only. Root may look at every home; nothing needs to be writable.
  kChange,  // Writes: it must be ours and writable.
};

// OK where home and run directory are absent, or directories that serve the use, and that nobody
// but their owner and root can write to. PERMISSION_DENIED, or FAILED_PRECONDITION where it is no
// directory or the file system is read-only; the message names what is wrong and the fix. NOT_FOUND
// never.
absl::Status CheckHome(const HomePaths& paths, HomeUse use);

// The home is ours, and the caller can write to it and to its run directory, or make it.
bool MayChangeHome(const HomePaths& paths);

// Makes home (with its parents) and run directory, 0700, where they are missing, and checks them.
absl::Status MakeHome(const HomePaths& paths);

}  // namespace holon::state

#endif  // HOLON_RUNTIME_STATE_HOME_H_
