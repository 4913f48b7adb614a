"""No file names a place of one machine, and the lint that says so notices when one does."""

import pathlib
import tempfile
import unittest

import machine_paths
import tree

# In pieces, or this file would be found.
PLACE = "/" + "work/"


class TheProject(unittest.TestCase):
    def test_names_no_place_of_one_machine(self):
        self.assertEqual([], [str(fault) for fault in machine_paths.faults(tree.ROOT)])

    def test_is_looked_at_as_a_whole(self):
        looked_at = tree.files(tree.ROOT)
        for path in ("README.md", "CMakePresets.json", "scripts/test", "third_party/debian-packages.txt",
                     ".clang-format", "packaging/systemd/holond.service"):
            self.assertIn(path, looked_at)


class AFile(unittest.TestCase):
    def faults(self, content):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "a").write_bytes(content)
            return [str(fault) for fault in machine_paths.faults(pathlib.Path(folder))]

    def test_that_names_one_is_found(self):
        for form in ("cd %smain", 'include("%smain")', "%s", "(%sa)", "key=%sa", "\xff %sa", "://%sa"):
            with self.subTest(form):
                found = self.faults(f"first\n{form % PLACE}\n".encode("latin-1"))
                self.assertEqual(1, len(found), found)
                self.assertIn(f"a:2: {PLACE} is a place of one machine", found[0])
        self.assertEqual(1, len(self.faults(b"cp a /" + b"root/a\n")))

    def test_that_names_something_else_is_not(self):
        for form in ("..%sa", "{folder}%sa", "~%sa", "$(pwd)%sa", "a%sb"):
            with self.subTest(form):
                self.assertEqual([], self.faults((form % PLACE).encode()))
        self.assertEqual([], self.faults(b"/rooted/a /home/ada/.holon /tmp/root\n"))

    def test_that_is_no_text_is_not_read(self):
        self.assertEqual([], self.faults(b"\0 " + PLACE.encode()))


if __name__ == "__main__":
    unittest.main()
