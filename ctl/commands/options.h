#ifndef HOLON_CTL_COMMANDS_OPTIONS_H_
#define HOLON_CTL_COMMANDS_OPTIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "ctl/commands/command_tree.h"
#include "ctl/render/console.h"
#include "runtime/base/exit_code.h"

namespace holon::ctl {

enum class Command {
  kStart,
  kStop,
  kRestart,
  kEnsure,
  kReload,
  kStatus,
  kWait,
  kDiff,
  kConfigShow,
  kConfigGet,
  kConfigSet,
  kConfigUnset,
  kConfigList,
  kConfigValidate,
  kConfigFingerprint,
  kConfigPath,
  kLogs,
  kFailures,
  kCleanup,
  kDoctor,
  kCompletion,
  kList,
  kRun,
  kVersion,
};

// Who reads what `completion` prints.
enum class Shell { kBash, kZsh, kFish, kMan };

// What `wait` waits for.
enum class Goal { kReady, kStopped, kIdle };

// The command line.
struct Options {
  Command command = Command::kStatus;
  std::string command_name;  // "start", "config show", …
  std::string caller_text;   // This call, for logs: see caller_text.h.

  // Global.
  std::optional<std::string> home;
  std::string socket;
  std::string config_file;
  std::vector<std::string> sets;
  bool json = false;
  bool quiet = false;
  std::optional<absl::Duration> timeout;
  ColorChoice color = ColorChoice::kAuto;

  // start, ensure, restart.
  std::optional<absl::Duration> stability_window;  // Not given: 2 s, and none for run.
  absl::Duration start_timeout = absl::Seconds(10);
  // stop, restart.
  std::optional<absl::Duration> drain_timeout;
  absl::Duration term_timeout = absl::Seconds(10);
  absl::Duration kill_timeout = absl::Seconds(5);
  bool force = false;
  bool plan = false;
  bool if_changed = false;
  bool reset = false;  // restart, ensure, run

  std::vector<std::string> words;  // run: what stands behind --, untouched
  bool ensure = false;             // run
  Shell shell = Shell::kBash;      // completion
  bool watch = false;              // status
  bool exit_code = false;          // status
  Goal goal = Goal::kReady;        // wait
  bool origin = false;             // config show
  bool runtime = false;            // config show
  std::string path;                // config get, set, unset
  std::string value;               // config set

  // logs.
  std::optional<size_t> tail;
  bool tail_all = false;
  std::optional<absl::Time> since;
  std::optional<absl::Time> until;
  std::string grep;
  bool follow = false;
  bool audit = false;
};

// The options, or nothing and how to exit: after help, version or a mistake, which has been printed
// (as a JSON document where the command line asks for JSON).
std::optional<Options> ParseOptions(int argc, char** argv, base::ExitCode* exit_code);

// The command line that ParseOptions parses, as data.
CommandNode DescribeCommandLine();

}  // namespace holon::ctl

#endif  // HOLON_CTL_COMMANDS_OPTIONS_H_
