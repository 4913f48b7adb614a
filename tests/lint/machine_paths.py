"""Where the project is kept on somebody's machine is nobody else's business: no file names such a place."""

import re

import tree

# A folder at the root of the file system, not the end of a longer path ("../work/", "{home}/root/").
PLACE = re.compile(r"(?<![\w.~})])/(?:work|root|Users)/")


def faults(root):
    """Lines of any text file that name a place of one machine."""
    found = []
    for path in tree.files(root):
        content = (root / path).read_bytes()
        if b"\0" in content:
            continue
        for number, text in enumerate(content.decode("utf-8", "replace").splitlines(), start=1):
            match = PLACE.search(text)
            if match:
                found.append(tree.Fault(path, number, f"{match[0]} is a place of one machine; name it "
                                                      "from the project's root, or by what it is for"))
    return found
