#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "ctl/commands/command_tree.h"
#include "runtime/config/schema.h"

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

std::string Item(const std::string& term, const std::string& text) {
  return absl::StrCat(".TP\n\\fB", Roff(term), "\\fR\n", Roff(text), "\n");
}

std::string Example(const std::string& what, const std::string& command) {
  return absl::StrCat(".PP\n", Roff(what), ":\n.PP\n.RS 4\n.nf\n", Roff(command), "\n.fi\n.RE\n");
}

std::string Examples() {
  return absl::StrCat(
      Example("Start a runtime, look at it, and stop it",
              "holonctl start\nholonctl status\nholonctl stop"),
      Example("Make it run with another configuration, by a reload where that is enough",
              "holonctl ensure --set log.level=debug"),
      Example("See what differs between your configuration and the runtime's, and where each value "
              "comes from",
              "holonctl diff"),
      Example("In CI: a runtime for as long as one command takes", "holonctl run -- make test"),
      Example("In a script: is it healthy, and does it run as I want?",
              "holonctl status --exit-code --quiet || holonctl ensure"),
      Example("Follow the log of the last ten minutes", "holonctl logs --since 10m --follow"));
}

std::string Environment() {
  std::string text = absl::StrCat(
      Item("HOLON_HOME", "The home where --home is not given; without it ~/.holon."),
      Item("HOLON_SOCKET", "The socket where --socket is not given. Set for a command of run."),
      Item("NO_COLOR", "Any value but an empty one: no colours."),
      Item("LC_ALL, LC_CTYPE, LANG, TERM", "Whether the terminal shows more than ASCII."));
  for (const config::Leaf& leaf : config::Leaves()) {
    if (leaf.rule->from_home()) continue;
    absl::StrAppend(&text,
                    Item(leaf.variable, absl::StrCat(leaf.path, ": ", config::Comment(leaf))));
    if (leaf.secret) {
      absl::StrAppend(&text, Item(config::VariableOf({&leaf, true}), "A file that holds it."));
    }
  }
  return text;
}

std::string Files() {
  return absl::StrCat(
      Item("HOME/config.json", "The configuration."),
      Item("HOME/fingerprint.key", "Tells secrets apart without showing them."),
      Item("HOME/control.token", "The token that calls on control_addr need."),
      Item("HOME/run/holon.lock", "Held by the runtime of this home for as long as it lives."),
      Item("HOME/run/holon.sock", "Where the runtime answers."),
      Item("HOME/run/daemon.json, HOME/run/holon.pid", "What the runtime says of itself."),
      Item("HOME/run/daemon.log, HOME/run/audit.log", "What happened; who changed what."),
      Item("HOME/run/failures.json", "What went wrong."));
}

std::string Signals() {
  return absl::StrCat(
      "Every command ends properly at SIGINT, SIGTERM, SIGHUP and SIGQUIT: it prints what it did, "
      "and dies by the signal, so that a shell reports 128 + N. A start stops what it has "
      "started; ",
      "a stop takes no further step, and says what is left. A run passes the signal on to its "
      "command.\n");
}

}  // namespace

std::string ManualPage(const CommandNode& root, const std::string& version) {
  std::string text = absl::StrCat(
      ".TH ", absl::AsciiStrToUpper(root.name), " 1 \"\" \"Holon ", version, "\"\n.SH NAME\n",
      root.name, " \\- start, stop and watch Holon runtimes\n.SH SYNOPSIS\n\\fB", root.name,
      "\\fR [\\fIOPTIONS\\fR] \\fICOMMAND\\fR\n.SH DESCRIPTION\n", Roff(root.description),
      "\n.SH OPTIONS\nBefore or behind the command.\n", OptionsText(root), ".SH COMMANDS\n");
  for (const CommandNode& command : root.commands) AppendCommand(command, root.name, &text);
  absl::StrAppend(&text, ".SH EXIT STATUS\n", Roff(root.footer), "\n.SH SIGNALS\n", Roff(Signals()),
                  ".SH ENVIRONMENT\n", Environment(), ".SH FILES\n", Files(), ".SH EXAMPLES\n",
                  Examples(), ".SH SEE ALSO\n\\fBholond\\fR(8)\n");
  return text;
}

}  // namespace holon::ctl
