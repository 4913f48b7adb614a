#include <functional>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "ctl/commands/command_tree.h"

namespace holon::ctl {
namespace {

// Every command with the words that lead to it: "", "start", "config", "config show".
void ForEach(const CommandNode& node, const std::string& path,
             const std::function<void(const CommandNode&, const std::string&)>& visit) {
  visit(node, path);
  for (const CommandNode& child : node.commands) {
    ForEach(child, path.empty() ? child.name : absl::StrCat(path, " ", child.name), visit);
  }
}

std::string Quoted(const std::string& text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}, {"\n", " "}}), "'");
}

bool NamesFiles(const std::string& value) {
  return value == "DIR" || value == "PATH" || value == "FILE";
}

// The part that finds out where on the line we are.
std::string BashPosition(const CommandNode& root) {
  std::string moves;
  std::set<std::string> valued;
  ForEach(root, "", [&](const CommandNode& node, const std::string& path) {
    for (const CommandNode& child : node.commands) {
      absl::StrAppend(&moves, "      ", Quoted(absl::StrCat(path, ":", child.name)), ") path=",
                      Quoted(path.empty() ? child.name : absl::StrCat(path, " ", child.name)),
                      " ;;\n");
    }
    for (const OptionNode& option : node.options) {
      if (option.value.empty()) continue;
      valued.insert(option.names.begin(), option.names.end());
    }
  });
  return absl::StrCat(
      "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
      "  local path= words= i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case ${COMP_WORDS[i]} in\n      --) return ;;\n      ",
      absl::StrJoin(valued, "|"),
      ") ((i++)); continue ;;\n    esac\n"
      "    case \"$path:${COMP_WORDS[i]}\" in\n",
      moves, "    esac\n  done\n");
}

std::string BashValues(const CommandNode& root) {
  std::string cases;
  ForEach(root, "", [&](const CommandNode& node, const std::string& path) {
    for (const OptionNode& option : node.options) {
      if (option.value.empty() || option.names.empty()) continue;
      for (const std::string& name : option.names) {
        // An option of the whole is known behind every command.
        absl::StrAppend(&cases, "    ", path.empty() ? "*" : Quoted(path), Quoted(":" + name),
                        ") ");
        if (!option.choices.empty()) {
          absl::StrAppend(&cases, "COMPREPLY=($(compgen -W ",
                          Quoted(absl::StrJoin(option.choices, " ")), " -- \"$current\"))");
        } else if (NamesFiles(option.value)) {
          absl::StrAppend(&cases, "COMPREPLY=($(compgen ", option.value == "DIR" ? "-d" : "-f",
                          " -- \"$current\"))");
        }
        absl::StrAppend(&cases, "; return ;;\n");
      }
    }
  });
  return absl::StrCat("  COMPREPLY=()\n  case \"$path:$previous\" in\n",
                      absl::StrReplaceAll(cases, {{") ; return", ") return"}}), "  esac\n");
}

std::vector<std::string> WordsAfter(const CommandNode& node) {
  std::vector<std::string> words;
  for (const CommandNode& child : node.commands) words.push_back(child.name);
  for (const OptionNode& option : node.options) {
    words.insert(words.end(), option.names.begin(), option.names.end());
    words.insert(words.end(), option.choices.begin(),
                 option.names.empty() ? option.choices.end() : option.choices.begin());
  }
  return words;
}

}  // namespace

std::string BashCompletion(const CommandNode& root) {
  std::string words;
  ForEach(root, "", [&](const CommandNode& node, const std::string& path) {
    std::vector<std::string> after = WordsAfter(node);
    if (&node != &root) {
      for (const OptionNode& option : root.options) {
        after.insert(after.end(), option.names.begin(), option.names.end());
      }
    }
    absl::StrAppend(&words, "    ", Quoted(path), ") words=", Quoted(absl::StrJoin(after, " ")),
                    " ;;\n");
  });
  return absl::StrCat(
      "_", root.name, "() {\n", BashPosition(root), BashValues(root), "  case \"$path\" in\n",
      words, "  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n}\ncomplete -F _",
      root.name, " ", root.name, "\n");
}

std::string ZshCompletion(const CommandNode& root) {
  return absl::StrCat("#compdef ", root.name, "\nautoload -Uz bashcompinit && bashcompinit\n",
                      BashCompletion(root));
}

std::string FishCompletion(const CommandNode& root) {
  const std::string complete = absl::StrCat("complete -c ", root.name, " ");
  std::string script = absl::StrCat(complete, "-f\n");
  ForEach(root, "", [&](const CommandNode& node, const std::string& path) {
    // Where nothing but the words of the path, in their order, has been seen.
    std::string when = "-n '__fish_use_subcommand' ";
    if (!path.empty()) {
      when = absl::StrCat("-n '__fish_seen_subcommand_from ", node.name, "' ");
    }
    for (const CommandNode& child : node.commands) {
      absl::StrAppend(&script, complete, when, "-a ", child.name, " -d ", Quoted(child.description),
                      "\n");
    }
    for (const OptionNode& option : node.options) {
      if (option.names.empty()) continue;
      absl::StrAppend(&script, complete, path.empty() ? "" : when);
      for (const std::string& name : option.names) {
        absl::StrAppend(&script, name.size() > 2 ? "-l " : "-s ",
                        name.substr(name.size() > 2 ? 2 : 1), " ");
      }
      if (!option.choices.empty()) {
        absl::StrAppend(&script, "-x -a ", Quoted(absl::StrJoin(option.choices, " ")), " ");
      } else if (!option.value.empty()) {
        absl::StrAppend(&script, NamesFiles(option.value) ? "-r -F " : "-x ");
      }
      absl::StrAppend(&script, "-d ", Quoted(option.description), "\n");
    }
  });
  return script;
}

}  // namespace holon::ctl
