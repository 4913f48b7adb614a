// What a process gets from its caller, put right before anything else runs, and what its own
// children get. The two tables of process_setup_test.cc say it whole.
#ifndef HOLON_RUNTIME_BASE_PROCESS_SETUP_H_
#define HOLON_RUNTIME_BASE_PROCESS_SETUP_H_

#include <signal.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace holon::base {

// What the caller left, as it was before SetUpProcess.
struct CallersWorld {
  std::vector<std::string> environment;  // "NAME=value"
  sigset_t blocked = {};                 // Signals that were blocked.
  sigset_t ignored = {};                 // Signals that were ignored.
  mode_t umask = 022;
  uint64_t open_files = 0;        // RLIMIT_NOFILE, the soft one; 0: not known.
  std::vector<int> closed_stdio;  // Those of 0, 1 and 2 that were closed.
};

enum class ProcessKind {
  kRuntime,      // Files are for the owner alone; signals that nobody means end nothing.
  kCommandLine,  // Lives for a moment, in a terminal perhaps.
};

// Opens /dev/null in the place of each of 0, 1 and 2 that is closed: the next file that is opened
// would be taken for it. Returns which were closed. Before anything is opened: libraries do that
// while they are initialized, so call it from a constructor.
std::vector<int> FillStandardDescriptors();

// Puts right what the caller left to this process: variables of gRPC removed, signals, mask, umask,
// dumpability. Call it first in main, before there is a second thread. `closed_stdio` is what
// FillStandardDescriptors returned.
CallersWorld SetUpProcess(ProcessKind kind, std::vector<int> closed_stdio);

// Pure. What a runtime gets of an environment: all but what is meant for another process (the
// protocol of service managers, gRPC's own switches), and NOTIFY_SOCKET in its place.
std::vector<std::string> RuntimeEnvironment(const std::vector<std::string>& environment,
                                            absl::string_view notify_socket);

// Pure. `environment` with "NAME=value" in the place of every value of that name.
std::vector<std::string> WithVariable(std::vector<std::string> environment, absl::string_view name,
                                      absl::string_view value);

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_PROCESS_SETUP_H_
