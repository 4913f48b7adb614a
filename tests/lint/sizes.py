"""How big a file may grow before it is more than one noun."""

import tree

MOST_LINES = 500
SOURCES = (".cc", ".h")
CHECKED = (*SOURCES, ".proto", ".py")


def faults(root):
    """Sources that are too long, and files that are no clean text."""
    found = []
    for path in tree.files(root, *CHECKED, under=("runtime", "ctl", "protos", "tests")):
        numbered = tree.lines(root, path)
        if path.endswith(SOURCES) and len(numbered) > MOST_LINES:
            found.append(tree.Fault(path, len(numbered), f"more than {MOST_LINES} lines: which two nouns "
                                                         "does it hold?"))
        for number, text in numbered:
            if text != text.rstrip():
                found.append(tree.Fault(path, number, "white space at the end of the line"))
            if path.endswith(SOURCES) and "\t" in text:
                found.append(tree.Fault(path, number, "a tab"))
        if numbered and not (root / path).read_bytes().endswith(b"\n"):
            found.append(tree.Fault(path, len(numbered), "no line end at the end of the file"))
    return sorted(found)
