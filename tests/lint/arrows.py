"""Which library may use which: the arrows of the house. They run one way and never back."""

import re

import tree

# Direct arrows; what these lead to may be used as well.
ARROWS = {
    "protos/config": [],
    "protos/wire": ["protos/config"],
    "protos/state": [],
    "protos/ctl": [],
    "runtime/base": [],
    "runtime/config": ["runtime/base", "protos/config"],
    "runtime/state": ["runtime/config", "protos/state"],
    "runtime/probe": ["runtime/state", "protos/wire"],
    "runtime/agents": ["runtime/state"],
    "runtime/control": ["runtime/agents", "protos/wire"],
    "runtime/daemon": ["runtime/control", "runtime/probe"],
    "runtime/holond.cc": ["runtime/daemon"],
    "ctl/render": ["runtime/probe", "protos/ctl"],
    "ctl/lifecycle": ["ctl/render"],
    "ctl/doctor": ["ctl/lifecycle"],
    "ctl/commands": ["ctl/doctor"],
    "ctl/main.cc": ["ctl/commands"],
}

# Includes that go against an arrow, and why they may. An entry that is no longer needed is a fault.
ALLOWED = {
    # The receipts are what is rendered: plain values, with nothing of the life cycle behind them.
    ("ctl/render/status_text.h", "ctl/lifecycle/receipts.h"),
}

# Who may use gRPC itself. The others are linked without it by programs that never open a socket.
GRPC_USERS = {"runtime/probe", "runtime/control", "runtime/daemon", "ctl/lifecycle", "ctl/commands"}

# Folders of the libraries that do not bear their own name.
LIBRARY_OF = {
    "holon/state": "protos/state",
    "holon/ctl": "protos/ctl",
    "google/rpc": "protos/wire",
    "grpc/health": "protos/wire",
}
PROTOS_OF_CONFIG = {"holon/v1/options", "holon/v1/config"}
OURS = ("runtime/", "ctl/", "tests/", "holon/", "google/rpc/", "grpc/health/")

INCLUDE = re.compile(r'^\s*#\s*include\s*["<]([^">]+)[">]')
QUOTED = re.compile(r'^\s*#\s*include\s*"')
IMPORT = re.compile(r'^\s*import\s+(?:public\s+|weak\s+)?"([^"]+)"')
COMMENT = re.compile(r"#.*")
LIBRARY = re.compile(r"holon_library\(\s*(\w+)(.*?)\)", re.DOTALL)
PROTO_LIBRARY = re.compile(r"holon_proto\(\s*(\w+)(.*?)\)", re.DOTALL)
LINK = re.compile(r"holon::(\w+)")


def reachable(library, arrows=None):
    """All that `library` may use, itself included."""
    arrows = ARROWS if arrows is None else arrows
    found, open_ones = set(), [library]
    while open_ones:
        name = open_ones.pop()
        if name not in found:
            found.add(name)
            open_ones += arrows.get(name, [])
    return found


def cycles(arrows=None):
    """Libraries that lead back to themselves: there must be none."""
    arrows = ARROWS if arrows is None else arrows
    return sorted(name for name, targets in arrows.items()
                  if any(name in reachable(target, arrows) for target in targets))


def library_of(path):
    """The library of a source or a header; of one that is generated, that of its proto."""
    parts = path.split("/")
    folder = "/".join(parts[:2])
    if parts[:2] == ["holon", "v1"]:
        stem = re.sub(r"(\.grpc)?\.(pb\.h|pb\.cc|proto)$", "", path)
        return "protos/config" if stem in PROTOS_OF_CONFIG else "protos/wire"
    return LIBRARY_OF.get(folder, folder)


def library_named(name):
    """The library of a CMake target, holon::NAME."""
    if name.startswith("proto_"):
        return "protos/" + name[len("proto_"):]
    # The three folders of ctl are one target, which may do what the uppermost of them may.
    return "ctl/commands" if name == "ctl" else "runtime/" + name


def _arrow_fault(path, line, user, used):
    if used.startswith("tests/"):
        return tree.Fault(path, line, f"{user} uses {used}; nothing may depend on tests")
    if used not in ARROWS:
        return tree.Fault(path, line, f"nothing is known of {used}; give it a place in tests/lint/arrows.py")
    if used not in reachable(user):
        allowed = ", ".join(sorted(reachable(user) - {user})) or "nothing"
        return tree.Fault(path, line, f"{user} may not use {used}; its arrows lead to: {allowed}")
    return None


def include_faults(root, allowed=None):
    """Includes of sources and headers that go against the arrows, and permissions that nobody uses."""
    allowed = ALLOWED if allowed is None else allowed
    faults, used = [], set()
    for path in tree.files(root, ".cc", ".h", under=("runtime", "ctl")):
        user = library_of(path)
        if user not in ARROWS:
            faults.append(tree.Fault(path, 1, f"nothing is known of {user}; give it a place in "
                                              "tests/lint/arrows.py"))
            continue
        for number, text in tree.lines(root, path):
            match = INCLUDE.match(text)
            if not match:
                continue
            included = match[1]
            if included.startswith(("grpc/", "grpcpp/")) and not included.startswith("grpc/health/"):
                if user not in GRPC_USERS:
                    faults.append(tree.Fault(path, number, f"{user} is a library without gRPC"))
            elif (path, included) in allowed:
                used.add((path, included))
            elif included.startswith(OURS):
                faults.append(_arrow_fault(path, number, user, library_of(included)))
            elif QUOTED.match(text) and ("/" not in included or included.startswith(".")):
                faults.append(tree.Fault(path, number, f'"{included}": name it from the root'))
    for path, included in sorted(allowed - used):
        faults.append(tree.Fault(path, 1, f"{included} is no longer included; remove its permission from "
                                          "tests/lint/arrows.py"))
    return [fault for fault in faults if fault]


def import_faults(root):
    """Imports between the wire, the disk and the command line's views."""
    faults = []
    for path in tree.files(root, ".proto", under=("protos",)):
        inside = path[len("protos/"):]
        for number, text in tree.lines(root, path):
            match = IMPORT.match(text)
            if match and match[1].startswith(OURS):
                faults.append(_arrow_fault(path, number, library_of(inside), library_of(match[1])))
    return [fault for fault in faults if fault]


def link_faults(root):
    """Libraries that the build links against the arrows."""
    faults = []
    for path in tree.files(root, ".txt", under=("runtime", "ctl", "protos")):
        if not path.endswith("CMakeLists.txt"):
            continue
        text = COMMENT.sub("", (root / path).read_text(encoding="utf-8"))
        declared = [(library_named(match[1]), match) for match in LIBRARY.finditer(text)]
        declared += [("protos/" + match[1], match) for match in PROTO_LIBRARY.finditer(text)]
        for user, match in declared:
            line = text.count("\n", 0, match.start()) + 1
            if user not in ARROWS:
                faults.append(tree.Fault(path, line, f"nothing is known of {user}; give it a place "
                                                     "in tests/lint/arrows.py"))
                continue
            for name in LINK.findall(match[2]):
                faults.append(_arrow_fault(path, line, user, library_named(name)))
    return [fault for fault in faults if fault]


def faults(root, allowed=None):
    """All of them, in order."""
    return sorted(include_faults(root, allowed) + import_faults(root) + link_faults(root))
