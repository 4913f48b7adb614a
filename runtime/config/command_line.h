// What a spawned runtime is given so that it finds the same configuration, each value where it was
// given before: variables stay variables and options stay options. Pure.
#ifndef HOLON_RUNTIME_CONFIG_COMMAND_LINE_H_
#define HOLON_RUNTIME_CONFIG_COMMAND_LINE_H_

#include <string>
#include <utility>
#include <vector>

#include "runtime/config/configuration.h"

namespace holon::config {

struct SpawnInputs {
  // "--socket", PATH, "--set", "path=value", …: without --home and --config. Never a secret.
  std::vector<std::string> arguments;
  // The whole environment, sorted by nothing in particular. Secrets that were given inline are
  // here.
  std::vector<std::pair<std::string, std::string>> environment;
};

// `environment` is the caller's: all of it is handed on but the HOLON_* variables, which come from
// the configuration's overrides. Take a configuration without faults.
SpawnInputs ForSpawn(const Configuration& configuration,
                     const std::vector<std::pair<std::string, std::string>>& environment);

}  // namespace holon::config

#endif  // HOLON_RUNTIME_CONFIG_COMMAND_LINE_H_
