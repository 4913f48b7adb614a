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
  config::Environment environment = config::ReadEnvironment();
  config::ScrubSecrets();
  absl::StatusOr<config::LoadInputs> made =
      config::MakeInputs({options.home, options.config_file, options.socket, options.sets},
                         std::move(environment), base::WorkingDirectory().value_or(""));
  if (!made.ok()) {
    std::cerr << "holond: " << made.status().message() << "\n";
    *exit_code = base::ExitCode::kUsage;
    return std::nullopt;
  }
  config::LoadInputs& inputs = startup.inputs = *std::move(made);

  absl::Status trusted = state::CheckHome(state::HomePaths(inputs.home), state::HomeUse::kChange);
  if (!trusted.ok()) {
    std::cerr << "holond: " << trusted.message() << "\n";
    *exit_code = base::ExitCodeFor(trusted);
    return std::nullopt;
  }
  config::LoadResult loaded = config::Load(inputs);
  if (!loaded.faults.empty()) {
    absl::Status summary = config::Summary(loaded.faults);
    std::cerr << "holond: " << summary.message() << ":\n";
    for (const config::Fault& fault : loaded.faults) {
      std::cerr << "  " << config::FaultText(fault) << "\n";
    }
    *exit_code = base::ExitCodeFor(summary);
    return std::nullopt;
  }
  startup.configuration = std::move(loaded.configuration);
  startup.ephemeral = options.ephemeral;
  startup.warnings = std::move(loaded.warnings);
  return startup;
}

}  // namespace holon::daemon
