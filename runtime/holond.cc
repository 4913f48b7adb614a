// The runtime's program: one runtime, in the foreground.
#include <signal.h>

#include <optional>
#include <string>
#include <utility>

#include "runtime/base/clock.h"
#include "runtime/base/limits.h"
#include "runtime/base/process_setup.h"
#include "runtime/base/signals.h"
#include "runtime/control/control_server.h"
#include "runtime/daemon/crash_report.h"
#include "runtime/daemon/daemon.h"
#include "runtime/daemon/grpc_log.h"
#include "runtime/daemon/options.h"
#include "runtime/daemon/process_logger.h"
#include "runtime/daemon/startup.h"
#include "runtime/daemon/supervision.h"
#include "runtime/state/home.h"

namespace {

using holon::base::ExitCode;

// Before main: libraries open descriptors while they are initialized.
[[gnu::constructor(101)]] void FillStandardDescriptors() {
  (void)holon::base::FillStandardDescriptors();
}

ExitCode Main(int argc, char** argv) {
  (void)holon::base::SetUpProcess(holon::base::ProcessKind::kRuntime, {});
  absl::StatusOr<holon::daemon::Supervision> supervision = holon::daemon::TakeSupervision();
  // Before there is any thread, so that all of them inherit the mask.
  auto signals = holon::base::SignalFd::Create({SIGTERM, SIGINT, SIGHUP});
  holon::daemon::ProcessLogger logger;
  if (!signals.ok()) {
    logger.Error(signals.status().ToString());
    return ExitCode::kFailed;
  }
  holon::daemon::InstallCrashHandler(argv[0]);
  ExitCode exit_code = ExitCode::kFailed;
  std::optional<holon::daemon::Options> options =
      holon::daemon::ParseOptions(argc, argv, &exit_code);
  if (!options.has_value()) return exit_code;
  holon::base::RaiseOpenFiles();
  absl::Status descriptors = holon::base::CheckOpenFiles(holon::daemon::kLeastDescriptors);
  if (!descriptors.ok()) {
    logger.Error(std::string(descriptors.message()));
    return ExitCode::kFailed;
  }
  std::optional<holon::daemon::StartupConfig> startup =
      holon::daemon::LoadStartupConfig(*options, &exit_code);
  if (!startup.has_value()) return exit_code;
  for (const std::string& warning : startup->warnings) logger.Warning(warning);
  if (options->check) return ExitCode::kDone;
  if (!supervision.ok()) {
    logger.Error(std::string(supervision.status().message()));
    return ExitCode::kUsage;
  }

  absl::Status made = holon::state::MakeHome(holon::state::HomePaths(startup->inputs.home));
  if (!made.ok()) {
    logger.Error(std::string(made.message()));
    return holon::base::ExitCodeFor(made);
  }
  logger.Configure(startup->configuration.values.log());
  if (!startup->configuration.values.control_addr().empty()) holon::control::SeparateServers();
  holon::base::SystemClock clock;
  holon::daemon::GrpcLog grpc_log(logger, clock);
  holon::daemon::Daemon daemon(*std::move(startup), *std::move(supervision), *signals, logger,
                               clock);
  return daemon.Run();
}

}  // namespace

int main(int argc, char** argv) { return static_cast<int>(Main(argc, argv)); }
