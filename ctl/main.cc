// The command line's program.
#include <signal.h>

#include <optional>
#include <string>

#include "absl/strings/str_join.h"
#include "ctl/commands/commands.h"
#include "ctl/commands/context.h"
#include "ctl/commands/options.h"
#include "runtime/base/clock.h"
#include "runtime/base/signals.h"

int main(int argc, char** argv) {
  using holon::base::ExitCode;
  ExitCode exit_code = ExitCode::kFailed;
  std::optional<holon::ctl::Options> options = holon::ctl::ParseOptions(argc, argv, &exit_code);
  if (!options.has_value()) return static_cast<int>(exit_code);
  // Before there is any thread, so that all of them inherit the mask.
  auto interrupts = holon::base::SignalFd::Create({SIGINT, SIGTERM, SIGHUP});
  if (!interrupts.ok()) return static_cast<int>(ExitCode::kFailed);
  holon::base::SystemClock clock;
  // --set refuses secrets, so the command line holds none.
  const std::string self = absl::StrJoin(argv, argv + argc, " ");
  holon::ctl::Context context(*options, self, clock, *interrupts);
  return static_cast<int>(holon::ctl::RunCommand(context));
}
