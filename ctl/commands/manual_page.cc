#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "ctl/commands/command_tree.h"

namespace holon::ctl {
namespace {

// A minus that can be copied, and no line that roff would take for a request of its own.
std::string Roff(const std::string& text) {
  std::string escaped = absl::StrReplaceAll(text, {{"\\", "\\e"}, {"-", "\\-"}});
  if (absl::StartsWith(escaped, ".") || absl::StartsWith(escaped, "'")) {
    escaped = absl::StrCat("\\&", escaped);
  }
  return absl::StrReplaceAll(escaped, {{"\n.", "\n\\&."}, {"\n'", "\n\\&'"}});
}

std::string OptionsText(const CommandNode& node) {
  std::string text;
  for (const OptionNode& option : node.options) {
    std::vector<std::string> names;
    for (const std::string& name : option.names) {
      names.push_back(absl::StrCat("\\fB", Roff(name), "\\fR"));
    }
    absl::StrAppend(&text, ".TP\n", absl::StrJoin(names, ", "), names.empty() ? "" : " ",
                    option.value.empty() ? "" : absl::StrCat("\\fI", Roff(option.value), "\\fR"),
                    "\n", Roff(option.description), "\n");
  }
  return text;
}

void AppendCommand(const CommandNode& node, const std::string& path, std::string* text) {
  const std::string full = absl::StrCat(path, " ", node.name);
  absl::StrAppend(text, ".SS ", Roff(full), "\n", Roff(node.description), ".\n", OptionsText(node));
  if (!node.footer.empty()) absl::StrAppend(text, ".PP\n", Roff(node.footer), "\n");
  for (const CommandNode& child : node.commands) AppendCommand(child, full, text);
}

}  // namespace

std::string ManualPage(const CommandNode& root, const std::string& version) {
  std::string text = absl::StrCat(
      ".TH ", absl::AsciiStrToUpper(root.name), " 1 \"\" \"Holon ", version, "\"\n.SH NAME\n",
      root.name, " \\- start, stop and watch Holon runtimes\n.SH SYNOPSIS\n\\fB", root.name,
      "\\fR [\\fIOPTIONS\\fR] \\fICOMMAND\\fR\n.SH DESCRIPTION\n", Roff(root.description),
      "\n.SH OPTIONS\nBefore or behind the command.\n", OptionsText(root), ".SH COMMANDS\n");
  for (const CommandNode& command : root.commands) AppendCommand(command, root.name, &text);
  absl::StrAppend(&text, ".SH EXIT STATUS\n", Roff(root.footer), "\n");
  return text;
}

}  // namespace holon::ctl
