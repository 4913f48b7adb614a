#include "ctl/commands/options.h"

#include <algorithm>
#include <functional>
#include <iostream>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "ctl/commands/caller_text.h"
#include "ctl/commands/invocation.h"
#include "ctl/commands/named_command.h"
#include "ctl/render/json_view.h"
#include "holon/ctl/v1/views.pb.h"
#include "runtime/base/duration.h"
#include "runtime/config/text.h"
#include "runtime/config/usage.h"
#include "runtime/state/log_line.h"

namespace holon::ctl {
namespace {

constexpr char kTooManyArguments[] = "there are too many arguments; --set takes one: PATH=VALUE";
constexpr char kNoCommand[] =
    "put -- before the command to run: holonctl run [OPTIONS] -- COMMAND [ARGUMENT...]";
constexpr char kDescription[] = "holonctl starts, stops and watches Holon runtimes.";

// Options of kind DUR: parsed as they are read, so that a mistake is a usage error.
template <typename Target>
CLI::Option* AddDuration(CLI::App* app, const std::string& name, Target* target,
                         const std::string& description) {
  return app
      ->add_option_function<std::string>(
          name,
          [target, name](const std::string& text) {
            absl::StatusOr<absl::Duration> duration = base::ParseDuration(text);
            if (!duration.ok()) {
              throw CLI::ValidationError(name, std::string(duration.status().message()));
            }
            *target = *duration;
          },
          description)
      ->type_name(kDurationType);
}

// One of some words; CLI11's own transformer would also take the numbers behind them.
template <typename Target>
using Choices = std::vector<std::pair<std::string, Target>>;

template <typename Target>
CLI::Option* AddChoice(CLI::App* app, const std::string& name, Target* target,
                       const Choices<Target>& choices, const std::string& description) {
  std::string words;
  for (const auto& [word, value] : choices) {
    absl::StrAppend(&words, words.empty() ? "" : "|", word);
  }
  return app
      ->add_option_function<std::string>(
          name,
          [=](const std::string& text) {
            for (const auto& [word, value] : choices) {
              if (word != text) continue;
              *target = value;
              return;
            }
            throw CLI::ValidationError(name, absl::StrCat("\"", text, "\" is none of ", words));
          },
          description)
      ->type_name(words);
}

// An option that names a file or a directory. An empty one is a mistake: a variable that the caller
// forgot to set.
template <typename T>
void AddPath(CLI::App* app, const std::string& name, const std::string& type, T* target,
             const std::string& description) {
  app->add_option_function<std::string>(
         name,
         [name, type, target](const std::string& path) {
           if (path.empty()) {
             throw CLI::ValidationError(
                 name, absl::StrCat("is empty; name a ", type == "DIR" ? "directory" : "file"));
           }
           *target = path;
         },
         description)
      ->type_name(type);
}

void AddGlobalOptions(CLI::App* app, Options* options) {
  AddPath(app, "--home", "DIR", &options->home, "Home of the runtime (HOLON_HOME, else ~/.holon)");
  AddPath(app, "--socket", "PATH", &options->socket,
          "Socket of the runtime (HOLON_SOCKET, else HOME/run/holon.sock)");
  AddPath(app, "--config", "FILE", &options->config_file, "Configuration file (HOME/config.json)");
  app->add_option("--set", options->sets, "Set one value, for example log.level=debug; repeatable")
      ->type_name("PATH=VALUE")
      ->take_all()
      ->allow_extra_args(false);
  app->add_flag("--json", options->json, "Print one JSON document");
  app->add_flag("--quiet,-q", options->quiet, "Print only errors and what was asked for");
  AddDuration(
      app, "--timeout", &options->timeout,
      "How long to wait for another holonctl in this home (1m); for wait itself: in all (no "
      "limit)");
  AddChoice<ColorChoice>(app, "--color", &options->color,
                         {{"auto", ColorChoice::kAuto},
                          {"always", ColorChoice::kAlways},
                          {"never", ColorChoice::kNever}},
                         "When to use colours (auto)");
}

void AddReset(CLI::App* app, Options* options) {
  app->add_flag("--reset", options->reset,
                "Drop the variables and --set options of earlier starts");
}

void AddStartOptions(CLI::App* app, Options* options) {
  AddDuration(app, "--stability-window", &options->stability_window,
              "How long to watch a ready runtime before reporting success (2s; 0: not at all)");
  AddDuration(app, "--start-timeout", &options->start_timeout,
              "How long a start may go without progress (10s)");
}

void AddStopOptions(CLI::App* app, Options* options) {
  AddDuration(app, "--drain-timeout", &options->drain_timeout,
              "How long running work may take to finish (drain.timeout_ms of the runtime)");
  AddDuration(app, "--term-timeout", &options->term_timeout,
              "How long to wait after SIGTERM (10s)");
  AddDuration(app, "--kill-timeout", &options->kill_timeout, "How long to wait after SIGKILL (5s)");
  app->add_flag("--force", options->force, "Also stop an incompatible runtime");
}

// A time, or a duration back from now.
CLI::Option* AddTime(CLI::App* app, const std::string& name, std::optional<absl::Time>* target,
                     const std::string& description) {
  return app
      ->add_option_function<std::string>(
          name,
          [target, name](const std::string& text) {
            absl::StatusOr<absl::Time> time = state::ParseSince(text, absl::Now());
            if (!time.ok()) {
              throw CLI::ValidationError(name, std::string(time.status().message()));
            }
            *target = *time;
          },
          description)
      ->type_name("WHEN");
}

void AddLogOptions(CLI::App* app, Options* options) {
  app->add_option_function<std::string>(
         "--tail,-n",
         [options](const std::string& text) {
           size_t lines = 0;
           options->tail_all = text == "all";
           if (options->tail_all) return;
           if (!absl::SimpleAtoi(text, &lines)) {
             throw CLI::ValidationError(
                 "--tail",
                 absl::StrCat("\"", text, "\" is not a number of lines; write 0 or more, ",
                              "or all"));
           }
           options->tail = lines;
         },
         "The last N lines, or all (20; with --since, --until or --grep: all).\n"
         "A number shows at most the last 128 KiB; a warning says when that is less")
      ->type_name("N");
  AddTime(app, "--since", &options->since,
          "Only lines since then: 2d, 1h, 10m, or "
          "2026-01-02T03:04:05Z");
  CLI::Option* until =
      AddTime(app, "--until", &options->until, "Only lines until then, as --since");
  app->add_option("--grep", options->grep, "Only lines that contain this text (no pattern)")
      ->type_name("TEXT");
  app->add_flag("--follow,-f", options->follow,
                "Keep printing new lines, through rotation and restarts, until interrupted;\n"
                "waits where there is no log yet")
      ->excludes(until);
  app->add_flag("--audit", options->audit, "Show the audit log instead: who changed what");
}

class CommandTree {
 public:
  CommandTree(CLI::App* app, Options* options) : app_(app), options_(options) {}

  CLI::App* Add(CLI::App* parent, const std::string& name, const std::string& description,
                Command command) {
    CLI::App* sub = parent->add_subcommand(name, description);
    sub->fallthrough();
    std::string full = parent == app_ ? name : parent->get_name() + " " + name;
    sub->final_callback([options = options_, full, command] {
      options->command = command;
      options->command_name = full;
    });
    return sub;
  }

  void Build();

 private:
  void BuildConfig();

  CLI::App* app_;
  Options* options_;
};

void CommandTree::Build() {
  Options* options = options_;
  CLI::App* start =
      Add(app_, "start", "Start the runtime and wait until it is ready", Command::kStart);
  AddStartOptions(start, options);
  CLI::App* stop = Add(app_, "stop", "Stop the runtime step by step, and verify that it is gone",
                       Command::kStop);
  AddStopOptions(stop, options);
  stop->add_flag("--plan", options->plan, "Print the steps without taking them");
  CLI::App* restart = Add(app_, "restart",
                          "Stop the runtime and start it again, with the options of its last start",
                          Command::kRestart);
  AddStartOptions(restart, options);
  AddStopOptions(restart, options);
  AddReset(restart, options);
  restart->add_flag("--if-changed", options->if_changed,
                    "Only if the configuration differs from the runtime's");
  restart->add_flag("--plan", options->plan, "Print the steps of the stop without taking them");
  CLI::App* ensure = Add(
      app_, "ensure", "Make the runtime run with this configuration: start, reload or restart it",
      Command::kEnsure);
  AddStartOptions(ensure, options);
  AddStopOptions(ensure, options);
  AddReset(ensure, options);
  Add(app_, "reload", "Apply changes that need no restart", Command::kReload);
  CLI::App* status = Add(app_, "status", "Show the state of the runtime", Command::kStatus);
  CLI::Option* watch = status->add_flag("--watch,-w", options->watch,
                                        "Keep running, and print the status at every change");
  status
      ->add_flag("--exit-code", options->exit_code,
                 "Exit 0 only for a healthy runtime with this configuration; 1 not healthy, "
                 "5 configuration differs")
      ->excludes(watch);
  CLI::App* wait =
      Add(app_, "wait", "Wait until the runtime is ready, stopped or idle", Command::kWait);
  AddChoice<Goal>(wait, "--for", &options->goal,
                  {{"ready", Goal::kReady}, {"stopped", Goal::kStopped}, {"idle", Goal::kIdle}},
                  "What to wait for (ready)");
  CLI::App* run = Add(app_, "run", "Run a command with a runtime for as long as the command takes",
                      Command::kRun);
  AddStartOptions(run, options);
  AddStopOptions(run, options);
  run->add_flag("--ensure", options->ensure,
                "Change a runtime that has another configuration, as `ensure` does");
  // ParseOptions cuts it off; what is left without -- is refused.
  run->add_option("COMMAND", options->words,
                  "Behind --: the command and its arguments, passed on as typed")
      ->expected(0, CLI::detail::expected_max_vector_size);
  run->footer(
      "Uses the runtime that runs with this configuration, or starts one. A runtime that it "
      "starts\n"
      "is ephemeral: it ends with the last `holonctl run` that uses it, whatever ends that one;\n"
      "`start` and `ensure` make it permanent. Another configuration is refused (exit 5).\n"
      "The command finds the runtime in HOLON_SOCKET and HOLON_HOME.\n"
      "Exits as the command: 127 not found, 126 not executable, 128 and the signal that ended it;\n"
      "1 where the runtime has ended under a command that exits 0.");
  Add(app_, "list", "List the runtimes of this user on this machine", Command::kList);
  Add(app_, "failures", "Show recorded failures, newest first", Command::kFailures);
  Add(app_, "cleanup", "Remove the files that a dead runtime left", Command::kCleanup);
  Add(app_, "doctor", "Check everything that can be wrong, and say what to do", Command::kDoctor);
  Add(app_, "diff", "Compare this configuration with the runtime's", Command::kDiff);
  BuildConfig();
  AddLogOptions(Add(app_, "logs", "Show the runtime's log", Command::kLogs), options);
  CLI::App* completion =
      Add(app_, "completion", "Print a shell's completion script, or the manual page",
          Command::kCompletion);
  AddChoice<Shell>(
      completion, "SHELL", &options->shell,
      {{"bash", Shell::kBash}, {"zsh", Shell::kZsh}, {"fish", Shell::kFish}, {"man", Shell::kMan}},
      "Which shell's: source <(holonctl completion bash)")
      ->required();
  Add(app_, "version", "Show the versions of holonctl, the contract and the runtime",
      Command::kVersion);
}

void CommandTree::BuildConfig() {
  CLI::App* config = app_->add_subcommand("config", "Show and edit the configuration");
  config->fallthrough();
  config->require_subcommand(1);
  CLI::App* show =
      Add(config, "show", "Show all values of this configuration", Command::kConfigShow);
  show->add_flag("--origin", options_->origin, "Show where each value comes from");
  show->add_flag("--runtime", options_->runtime,
                 "Show the runtime's values instead of this call's");
  CLI::App* get = Add(config, "get", "Print one value", Command::kConfigGet);
  get->add_option("PATH", options_->path, "A setting, for example model.default")->required();
  CLI::App* set =
      Add(config, "set", "Write a value to the configuration file", Command::kConfigSet);
  set->add_option("PATH", options_->path, "A setting, for example model.default")->required();
  set->add_option("VALUE", options_->value, "The new value")->required();
  CLI::App* unset =
      Add(config, "unset", "Remove a value from the configuration file", Command::kConfigUnset);
  unset->add_option("PATH", options_->path, "A setting, for example model.default")->required();
  Add(config, "list", "Describe every setting: meaning, range, default, what a change takes",
      Command::kConfigList);
  Add(config, "validate", "Check the configuration and list every fault", Command::kConfigValidate);
  Add(config, "fingerprint", "Print the fingerprint of the configuration",
      Command::kConfigFingerprint);
  Add(config, "path", "Print the path of the configuration file", Command::kConfigPath);
}

// CLI11's words, where they are to the point.
std::string UsageText(const CLI::App& app, const NamedCommand& named, const CLI::ParseError& error,
                      bool sets) {
  const std::vector<std::string> unknown = app.remaining(/*recurse=*/true);
  const bool extras = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  // Whatever its path is meant to be, a value that was typed apart from it may be a secret.
  if (extras && sets) return kTooManyArguments;
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && !unknown.empty() && !sets) {
    return named.unknown.empty() ? absl::StrCat("\"", unknown.front(), "\" is no command")
                                 : UnknownCommand(named);
  }
  return error.what();
}

void PrintUsageError(bool json, const std::string& message, const NextStep& next) {
  if (!json) {
    Console(ColorChoice::kAuto, false).Error(message, next);
    return;
  }
  v1::ErrorDocument document;
  document.set_ok(false);
  document.mutable_error()->set_reason("USAGE");
  document.mutable_error()->set_message(message);
  SetNext(next, &document);
  std::cout << ToJsonLine(document) << "\n";
}

// The help of the command as far as it was understood.
NextStep HelpOf(const NamedCommand& named) {
  Invocation call;
  call.program = OwnName();
  call.command = named.words;
  return NextFor(call, Situation::kUsage);
}

void BuildCommandLine(CLI::App* app, Options* options) {
  app->name("holonctl");
  app->require_subcommand(1);
  app->set_version_flag("--version", std::string("holonctl ") + HOLON_VERSION);
  app->footer(
      "Exit codes: 0 done; 1 failed, or died and left files; 2 usage or invalid configuration;\n"
      "3 not running; 4 unknown: unresponsive, foreign, incompatible, or cannot be compared;\n5 "
      "configuration differs; "
      "6 permission denied; 124 time-out;\n128 + N ended by signal N (130 interrupted, 143 "
      "terminated).");
  AddGlobalOptions(app, options);
  CommandTree(app, options).Build();
}

OptionNode Describe(const CLI::Option& option) {
  OptionNode node;
  for (const std::string& name : option.get_lnames()) node.names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) node.names.push_back("-" + name);
  if (option.get_items_expected_max() > 0) {
    node.value = node.names.empty() ? option.get_name() : option.get_type_name();
    const std::string type = option.get_type_name();
    if (absl::StrContains(type, '|')) node.choices = absl::StrSplit(type, '|');
  }
  node.description = option.get_description();
  return node;
}

CommandNode Describe(const CLI::App& app, const std::string& inherited_footer) {
  CommandNode node;
  node.name = app.get_name();
  node.description = app.get_description();
  // A command has that of the whole where it has none of its own.
  if (app.get_footer() != inherited_footer) node.footer = app.get_footer();
  for (const CLI::Option* option : app.get_options()) node.options.push_back(Describe(*option));
  for (const CLI::App* child : CommandsOf(app)) {
    node.commands.push_back(Describe(*child, app.get_footer()));
  }
  return node;
}

}  // namespace

CommandNode DescribeCommandLine() {
  Options options;
  CLI::App app{kDescription};
  BuildCommandLine(&app, &options);
  return Describe(app, "");
}

std::optional<Options> ParseOptions(int argc, char** argv, base::ExitCode* exit_code) {
  Options options;
  CLI::App app{kDescription};
  BuildCommandLine(&app, &options);
  std::vector<std::string> arguments(argv + 1, argv + argc);
  const NamedCommand named = FindCommand(app, arguments);
  // The words of another program are not for our parser.
  const bool runs = named.words == std::vector<std::string>{"run"};
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  const bool cut = runs && end != arguments.end();
  const std::vector<std::string> words(cut ? end + 1 : arguments.end(), arguments.end());
  if (cut) arguments.erase(end, arguments.end());
  const std::optional<std::string> empty = EmptyOption(arguments);
  auto typed = [&arguments](const char* word) {
    return std::find(arguments.begin(), arguments.end(), word) != arguments.end();
  };
  auto refuse = [&, json = typed("--json"), given = arguments](const std::string& message) {
    PrintUsageError(json, config::UsageMessage(message, given), HelpOf(named));
    *exit_code = base::ExitCode::kUsage;
  };
  const bool asks_help =
      named.help.has_value() ||
      std::any_of(arguments.begin(), std::find(arguments.begin(), arguments.end(), "--"),
                  [](const std::string& word) { return word == "--help" || word == "-h"; });
  if (asks_help && !named.unknown.empty()) {
    // A word behind --set may be a secret.
    const std::string message = typed("--set") ? kTooManyArguments : UnknownCommand(named);
    refuse(message);
    return std::nullopt;
  }
  if (empty.has_value()) {
    refuse(absl::StrCat(*empty, ": is empty"));
    return std::nullopt;
  }
  // `help`, `help COMMAND` and `COMMAND help` are what people type.
  if (named.help.has_value()) {
    arguments.erase(arguments.begin() + static_cast<ptrdiff_t>(*named.help));
    arguments.push_back("--help");
  }
  const bool sets = typed("--set");
  std::reverse(arguments.begin(), arguments.end());  // As CLI11 wants them.
  try {
    app.parse(arguments);
  } catch (const CLI::Success& success) {
    app.exit(success);
    *exit_code = base::ExitCode::kDone;
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    const bool no_command =
        runs && !cut && dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
    refuse(no_command ? kNoCommand : UsageText(app, named, error, sets));
    return std::nullopt;
  }
  if (runs && words.empty()) {
    refuse(kNoCommand);
    return std::nullopt;
  }
  options.words = words;
  options.caller_text = CallerText(app, options);
  return options;
}

}  // namespace holon::ctl
