"""No message pastes a command line together, and the lint that says so notices when one does."""

import pathlib
import tempfile
import unittest

import command_lines
import tree


class TheProject(unittest.TestCase):
    def test_makes_command_lines_in_one_place(self):
        self.assertEqual([], [str(fault) for fault in command_lines.faults(tree.ROOT)])


class AFile(unittest.TestCase):
    def faults(self, line):
        with tempfile.TemporaryDirectory() as folder:
            tree.write(folder, "ctl/a.cc", line + "\n")
            return command_lines.faults(pathlib.Path(folder))

    def test_that_pastes_one_is_found(self):
        for line in ('Cat("holonctl --home ", home)', 'Cat("try: holonctl start")', 'Cat("run: chmod 700 ", path)',
                     'Cat("look at it, then: rm ", path)'):
            with self.subTest(line):
                self.assertEqual(1, len(self.faults(line)))

    def test_that_does_not_is_not(self):
        for line in ('ShellText({"chmod", "700", path})', '// holonctl --home DIR', 'Cat("holonctl: error: ", text)',
                     'Cat("another holonctl")', 'Cat("the rm of it")'):
            with self.subTest(line):
                self.assertEqual([], self.faults(line))


if __name__ == "__main__":
    unittest.main()
