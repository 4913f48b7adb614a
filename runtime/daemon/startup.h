#ifndef HOLON_RUNTIME_DAEMON_STARTUP_H_
#define HOLON_RUNTIME_DAEMON_STARTUP_H_

#include <optional>
#include <string>
#include <vector>

#include "runtime/base/exit_code.h"
#include "runtime/config/configuration.h"
#include "runtime/daemon/options.h"

namespace holon::daemon {

// What a runtime knows before it touches anything.
struct StartupConfig {
  config::LoadInputs inputs;
  config::Configuration configuration;
  bool ephemeral = false;
  // What is odd, but not wrong. For the log: nobody may read stderr.
  std::vector<std::string> warnings;
};

// Home and configuration from options, environment and file, validated. On failure every fault has
// been printed on stderr and `exit_code` says how to end. Creates nothing. Takes the secrets out of
// the environment.
std::optional<StartupConfig> LoadStartupConfig(const Options& options, base::ExitCode* exit_code);

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_STARTUP_H_
