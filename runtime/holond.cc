// The runtime's program: one runtime, in the foreground.
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <optional>
#include <string>
#include <utility>

#include "runtime/base/clock.h"
#include "runtime/base/descriptor.h"
#include "runtime/base/notify.h"
#include "runtime/base/signals.h"
#include "runtime/daemon/daemon.h"
#include "runtime/daemon/options.h"
#include "runtime/daemon/process_logger.h"
#include "runtime/daemon/startup.h"
#include "runtime/state/home.h"

namespace {

using holon::base::ExitCode;

// What whoever started us passes on for us alone: workers must not inherit it.
std::string TakeVariable(const char* name) {
  const char* value = getenv(name);
  std::string taken = value == nullptr ? "" : value;
  unsetenv(name);
  return taken;
}

// Before main: libraries open descriptors while they are initialized.
[[gnu::constructor(101)]] void FillStandardDescriptors() { holon::base::FillStandardDescriptors(); }

ExitCode Main(int argc, char** argv) {
  umask(077);
  // Before there is any thread, so that all of them inherit the mask.
  auto signals = holon::base::SignalFd::Create({SIGTERM, SIGINT, SIGHUP});
  holon::daemon::ProcessLogger logger;
  if (!signals.ok()) {
    logger.Error(signals.status().ToString());
    return ExitCode::kFailed;
  }
  ExitCode exit_code = ExitCode::kFailed;
  std::optional<holon::daemon::Options> options =
      holon::daemon::ParseOptions(argc, argv, &exit_code);
  if (!options.has_value()) return exit_code;
  std::optional<holon::daemon::StartupConfig> startup =
      holon::daemon::LoadStartupConfig(*options, &exit_code);
  if (!startup.has_value()) return exit_code;
  if (options->check) return ExitCode::kDone;

  absl::Status made = holon::state::MakeHome(holon::state::HomePaths(startup->inputs.home));
  if (!made.ok()) {
    logger.Error(std::string(made.message()));
    return absl::IsPermissionDenied(made) ? ExitCode::kPermissionDenied : ExitCode::kFailed;
  }
  logger.Configure(startup->configuration.values.log());
  holon::base::NotifySender notify(TakeVariable("NOTIFY_SOCKET"));
  holon::base::SystemClock clock;
  holon::daemon::Daemon daemon(*std::move(startup), *signals, notify, logger, clock);
  return daemon.Run();
}

}  // namespace

int main(int argc, char** argv) { return static_cast<int>(Main(argc, argv)); }
