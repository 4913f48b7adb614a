// The command line as data: what completions and the manual page are made from. There is no other
// list of commands and options than the one that parses them.
#ifndef HOLON_CTL_COMMANDS_COMMAND_TREE_H_
#define HOLON_CTL_COMMANDS_COMMAND_TREE_H_

#include <string>
#include <vector>

namespace holon::ctl {

struct OptionNode {
  std::vector<std::string> names;    // "--quiet", "-q"; empty for a positional argument.
  std::string value;                 // "DIR", "auto|always|never"; empty: a flag.
  std::vector<std::string> choices;  // Of `value`, where it names words.
  std::string description;
};

struct CommandNode {
  std::string name;
  std::string description;
  std::string footer;
  std::vector<OptionNode> options;
  std::vector<CommandNode> commands;
};

// The manual page, in roff. Pure.
std::string ManualPage(const CommandNode& root, const std::string& version);

}  // namespace holon::ctl

#endif  // HOLON_CTL_COMMANDS_COMMAND_TREE_H_
