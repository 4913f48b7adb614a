"""Sources look as clang-format writes them. scripts/format makes it so."""

import functools
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import tree

# Another release lays out the same code in another way; this is Debian 12's.
RELEASE = "14"
SKIPPED = 77


@functools.lru_cache(maxsize=None)
def formatter():
    """clang-format of the release that counts, or None."""
    for name in (f"clang-format-{RELEASE}", "clang-format"):
        program = shutil.which(name)
        if program:
            version = subprocess.run([program, "--version"], capture_output=True, text=True,
                                     check=True).stdout
            if re.search(rf"version {RELEASE}\.", version):
                return program
    return None


def unformatted(root, paths):
    """Those of `paths` that clang-format would change."""
    result = subprocess.run([formatter(), "--dry-run", "--Werror", *paths], cwd=root,
                            capture_output=True, text=True, check=False)
    if result.returncode != 0 and "[-Wclang-format-violations]" not in result.stderr:
        raise RuntimeError(result.stderr)
    return sorted(set(re.findall(r"^(\S+?):\d+:\d+: error:", result.stderr, re.MULTILINE)))


class TheProject(unittest.TestCase):
    def test_looks_as_clang_format_writes_it(self):
        paths = tree.files(tree.ROOT, ".cc", ".h", under=("runtime", "ctl", "tests"))
        self.assertEqual([], unformatted(tree.ROOT, paths), "run scripts/format")


class AFile(unittest.TestCase):
    def test_that_looks_otherwise_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            shutil.copy(tree.ROOT / ".clang-format", root)
            tree.write(root, "good.cc", "int a = 1;\n")
            tree.write(root, "bad.cc", "int   a=1 ;\n")
            self.assertEqual(["bad.cc"], unformatted(root, ["good.cc", "bad.cc"]))


if __name__ == "__main__":
    if formatter() is None:
        print(f"skipped: clang-format {RELEASE} is not installed")
        sys.exit(SKIPPED)
    unittest.main()
