#ifndef HOLON_RUNTIME_DAEMON_OPTIONS_H_
#define HOLON_RUNTIME_DAEMON_OPTIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "runtime/base/exit_code.h"

namespace holon::daemon {

// holond's command line.
struct Options {
  std::optional<std::string> home;
  std::string config_file;
  std::string socket;
  std::vector<std::string> sets;
  bool check = false;
  bool ephemeral = false;  // Ends with its last user; see Users.
};

// The options, or nothing and how to exit: after --help, --version or a mistake, which it has
// printed.
std::optional<Options> ParseOptions(int argc, char** argv, base::ExitCode* exit_code);

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_OPTIONS_H_
