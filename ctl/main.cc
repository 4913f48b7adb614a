// The command line's program.
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <iostream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ctl/commands/commands.h"
#include "ctl/commands/completion.h"
#include "ctl/commands/context.h"
#include "ctl/commands/options.h"
#include "runtime/base/clock.h"
#include "runtime/base/limits.h"
#include "runtime/base/process_setup.h"
#include "runtime/base/signals.h"
#include "runtime/base/thread.h"
#include "runtime/config/text.h"

namespace {

using holon::base::ExitCode;

// gRPC takes a dozen, and aborts where it cannot have them.
constexpr uint64_t kLeastDescriptors = 16;

constinit std::vector<int> closed_stdio;

// Before main: libraries open descriptors while they are initialized.
[[gnu::constructor(101)]] void FillStandardDescriptors() {
  closed_stdio = holon::base::FillStandardDescriptors();
}

// Whether a command may talk to a runtime, and so needs gRPC.
bool AsksRuntimes(const holon::ctl::Options& options) {
  using holon::ctl::Command;
  switch (options.command) {
    case Command::kConfigShow:
      return options.runtime;
    case Command::kConfigGet:
    case Command::kConfigList:
    case Command::kConfigValidate:
    case Command::kConfigFingerprint:
    case Command::kConfigPath:
    case Command::kLogs:
    case Command::kCompletion:
      return false;
    default:
      return true;
  }
}

// gRPC needs one at least; where it cannot have it, it aborts or waits for ever.
absl::Status CheckThreads() {
  absl::StatusOr<std::thread> thread = holon::base::StartThread([] {});
  if (thread.ok()) thread->join();
  return thread.status();
}

// `signal`: by what this process shall end; 0: by its exit code.
ExitCode Main(int argc, char** argv, int* signal) {
  const holon::base::CallersWorld callers =
      holon::base::SetUpProcess(holon::base::ProcessKind::kCommandLine, closed_stdio);
  if (argc > 2 && std::string(argv[1]) == holon::ctl::kCompleteCommand) {
    std::cout << holon::ctl::CompletionText(holon::ctl::Complete(
        holon::ctl::DescribeCommandLine(), std::vector<std::string>(argv + 3, argv + argc)));
    return ExitCode::kDone;
  }
  ExitCode exit_code = ExitCode::kFailed;
  std::optional<holon::ctl::Options> options = holon::ctl::ParseOptions(argc, argv, &exit_code);
  if (!options.has_value()) return exit_code;
  // Before there is any thread, so that all of them inherit the mask.
  auto interrupts = holon::base::SignalFd::Create(holon::base::EndingSignals());
  if (!interrupts.ok()) return ExitCode::kFailed;
  holon::base::SystemClock clock;
  holon::ctl::Context context(*options, options->caller_text, clock, *interrupts, callers);
  if (!context.usable().ok()) {
    return context.Fail(ExitCode::kUsage, "USAGE", std::string(context.usable().message()));
  }
  if (!holon::config::IsUtf8(context.inputs().home)) {
    return context.Fail(ExitCode::kUsage, "USAGE",
                        "the home's name is not UTF-8; choose another --home");
  }
  absl::Status descriptors = holon::base::CheckOpenFiles(kLeastDescriptors);
  if (!descriptors.ok()) {
    return context.Fail(ExitCode::kFailed, "TOO_FEW_DESCRIPTORS",
                        std::string(descriptors.message()));
  }
  absl::Status threads = AsksRuntimes(*options) ? CheckThreads() : absl::OkStatus();
  if (!threads.ok()) {
    return context.Fail(ExitCode::kFailed, "NO_THREAD",
                        absl::StrCat(threads.message(),
                                     "; raise the limit of processes: ulimit -u, pids.max of "
                                     "the cgroup, or TasksMax= of the unit"));
  }
  exit_code = holon::ctl::RunCommand(context);
  const holon::ctl::Console& console = context.console();
  if (exit_code == ExitCode::kDone && !console.delivered() && !console.reader_left()) {
    context.console().Error("the output could not be written; is the disk full?");
    exit_code = ExitCode::kFailed;
  }
  if (exit_code == ExitCode::kInterrupted && context.dies_by() == 0) {
    (void)interrupts->Read();  // A look is interrupted by what it leaves to be read.
    context.DieBy(interrupts->first());
  }
  *signal = context.dies_by();
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  int signal = 0;
  const ExitCode exit_code = Main(argc, argv, &signal);
  std::cout.flush();
  std::cerr.flush();
  fflush(nullptr);
  // Whoever has sent it sees that it has ended us.
  if (signal != 0) holon::base::DieBySignal(signal);
  // gRPC's own end waits for its threads, which it may never have got.
  _exit(static_cast<int>(exit_code));
}
