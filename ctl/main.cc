// The command line's program.
#include <signal.h>

#include <optional>
#include <string>
#include <vector>

#include "ctl/commands/commands.h"
#include "ctl/commands/context.h"
#include "ctl/commands/options.h"
#include "ctl/lifecycle/command_text.h"
#include "runtime/base/clock.h"
#include "runtime/base/limits.h"
#include "runtime/base/signals.h"
#include "runtime/config/text.h"

// gRPC takes a dozen, and aborts where it cannot have them.
constexpr uint64_t kLeastDescriptors = 16;

int main(int argc, char** argv) {
  using holon::base::ExitCode;
  ExitCode exit_code = ExitCode::kFailed;
  std::optional<holon::ctl::Options> options = holon::ctl::ParseOptions(argc, argv, &exit_code);
  if (!options.has_value()) return static_cast<int>(exit_code);
  // Before there is any thread, so that all of them inherit the mask.
  std::vector<int> signals = {SIGINT, SIGTERM, SIGQUIT};
  if (!holon::base::IsIgnored(SIGHUP)) signals.push_back(SIGHUP);  // Not under nohup.
  auto interrupts = holon::base::SignalFd::Create(signals);
  if (!interrupts.ok()) return static_cast<int>(ExitCode::kFailed);
  holon::base::SystemClock clock;
  const std::string self = holon::ctl::CommandText({argv, argv + argc});
  holon::ctl::Context context(*options, self, clock, *interrupts);
  if (!holon::config::IsUtf8(context.inputs().home)) {
    return static_cast<int>(context.Fail(ExitCode::kUsage, "USAGE",
                                         "the home's name is not UTF-8; choose another --home"));
  }
  absl::Status descriptors = holon::base::CheckOpenFiles(kLeastDescriptors);
  if (!descriptors.ok()) {
    return static_cast<int>(
        context.Fail(ExitCode::kFailed, "TOO_FEW_DESCRIPTORS", std::string(descriptors.message())));
  }
  exit_code = holon::ctl::RunCommand(context);
  const holon::ctl::Console& console = context.console();
  if (exit_code == ExitCode::kDone && !console.delivered() && !console.reader_left()) {
    context.console().Error("the output could not be written; is the disk full?");
    exit_code = ExitCode::kFailed;
  }
  return static_cast<int>(exit_code);
}
