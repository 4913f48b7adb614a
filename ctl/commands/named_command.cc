#include "ctl/commands/named_command.h"

#include <algorithm>

#include "CLI/CLI.hpp"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/config/text.h"

namespace holon::ctl {

std::optional<std::string> EmptyOption(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--") break;
    if (absl::StartsWith(argument, "--") && argument.find('=') == argument.size() - 1) {
      return argument.substr(0, argument.size() - 1);
    }
  }
  return std::nullopt;
}

std::vector<const CLI::App*> CommandsOf(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

NamedCommand FindCommand(const CLI::App& app, const std::vector<std::string>& arguments) {
  NamedCommand named{&app, {}, "", std::nullopt};
  for (auto word = arguments.begin(); word != arguments.end(); ++word) {
    if (*word == "--") break;
    if (absl::StartsWith(*word, "-")) {
      const CLI::Option* option = app.get_option_no_throw(*word);
      const bool takes_next = option != nullptr && option->get_items_expected_max() > 0;
      if (takes_next && std::next(word) != arguments.end()) ++word;
      continue;
    }
    // The words of a command that has no others below it are its own.
    const std::vector<const CLI::App*> commands = CommandsOf(*named.app);
    if (commands.empty()) break;
    if (*word == "help" && !named.help.has_value()) {
      named.help = word - arguments.begin();
      continue;
    }
    const auto next = std::find_if(commands.begin(), commands.end(), [&](const CLI::App* command) {
      return command->get_name() == *word;
    });
    if (next == commands.end()) {
      named.unknown = *word;
      break;
    }
    named.app = *next;
    named.words.push_back(*word);
  }
  return named;
}

std::string UnknownCommand(const NamedCommand& named) {
  std::vector<std::string> names;
  for (const CLI::App* child : CommandsOf(*named.app)) {
    names.push_back(child->get_name());
  }
  return absl::StrCat("\"", named.unknown, "\" is no command",
                      config::Suggestion(named.unknown, names));
}

}  // namespace holon::ctl
