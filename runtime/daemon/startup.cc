#include "runtime/daemon/startup.h"

#include <unistd.h>

#include <iostream>
#include <string>
#include <utility>

#include "runtime/base/file.h"
#include "runtime/config/environment.h"
#include "runtime/state/home.h"

namespace holon::daemon {

std::optional<StartupConfig> LoadStartupConfig(const Options& options, base::ExitCode* exit_code) {
  StartupConfig startup;
  config::LoadInputs& inputs = startup.inputs;
  inputs.environment = config::ReadEnvironment();
  config::ScrubSecrets();
  inputs.working_directory = base::WorkingDirectory().value_or("/");
  config::Home home =
      config::ResolveHome(options.home, inputs.environment, inputs.working_directory);
  inputs.home = home.path;
  inputs.home_origin = home.origin;
  inputs.config_file = options.config_file;
  inputs.socket = options.socket;
  inputs.sets = options.sets;

  absl::Status trusted = state::CheckHome(state::HomePaths(home.path), state::HomeUse::kChange);
  if (!trusted.ok()) {
    std::cerr << "holond: " << trusted.message() << "\n";
    *exit_code = base::ExitCodeFor(trusted);
    return std::nullopt;
  }
  config::LoadResult loaded = config::Load(inputs);
  for (const std::string& warning : loaded.warnings) {
    std::cerr << "holond: warning: " << warning << "\n";
  }
  if (!loaded.faults.empty()) {
    std::cerr << "holond: the configuration is invalid:\n";
    for (const config::Fault& fault : loaded.faults) {
      std::cerr << "  " << config::FaultText(fault) << "\n";
    }
    *exit_code = base::ExitCode::kUsage;
    return std::nullopt;
  }
  startup.configuration = std::move(loaded.configuration);
  return startup;
}

}  // namespace holon::daemon
