// What a command line names, found before it is parsed. Pure.
#ifndef HOLON_CTL_COMMANDS_NAMED_COMMAND_H_
#define HOLON_CTL_COMMANDS_NAMED_COMMAND_H_

#include <stddef.h>

#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace holon::ctl {

// The command that the line names, as far as there is one of this name.
struct NamedCommand {
  const CLI::App* app = nullptr;
  std::vector<std::string> words;  // {"config", "get"}
  std::string unknown;             // A word in the place of a command that is none.
  std::optional<size_t> help;      // Where "help" stands, before a command or in its place.
};

std::vector<const CLI::App*> CommandsOf(const CLI::App& app);

NamedCommand FindCommand(const CLI::App& app, const std::vector<std::string>& arguments);

// `"statsu" is no command; did you mean status?`
std::string UnknownCommand(const NamedCommand& named);

// The name of an option that is written as "--home=", for which the parser would take the next
// word.
std::optional<std::string> EmptyOption(const std::vector<std::string>& arguments);

}  // namespace holon::ctl

#endif  // HOLON_CTL_COMMANDS_NAMED_COMMAND_H_
