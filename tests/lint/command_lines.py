"""Command lines in messages come from one builder, which quotes them: no string holds one in pieces."""

import re

import tree

# Files whose strings may name commands, and why.
ALLOWED = {
    # Help texts: examples without a path.
    "ctl/commands/manual_page.cc",
    "ctl/commands/options.cc",
    "runtime/daemon/options.cc",
    # What a caller says of itself.
    "ctl/lifecycle/stopper.h",
}
COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|//.*')
STRING = re.compile(r'"((?:\\.|[^"\\])*)"')
# A program with something behind it: what comes next would be pasted without quotes.
COMMAND = re.compile(r"(?:^|[\s:;(→])(?:holonctl (?:-|(?:cleanup|config|diff|doctor|ensure|failures|list|logs|reload|"
                     r"restart|run|start|status|stop|wait)\b)|(?:chmod|chown|cp|df|kill|ls|mkdir|mv|rm|systemctl|sudo) "
                     r"(?:-|[0-9%]|$))")


def faults(root):
    found = []
    for path in tree.files(root, ".cc", ".h", under=("runtime", "ctl")):
        if path in ALLOWED:
            continue
        for number, text in tree.lines(root, path):
            code = COMMENT.sub(lambda match: match[1] or "", text)
            if "#include" in code:
                continue
            if any(COMMAND.search(literal) for literal in STRING.findall(code)):
                found.append(tree.Fault(path, number, "a string holds a piece of a command line; use NextFor of "
                                                      "ctl/render/next_command.h, or config::ShellText"))
    return found
