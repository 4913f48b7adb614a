"""System calls stay in runtime/base, and the lint that says so notices when they do not."""

import pathlib
import tempfile
import unittest

import system_calls
import tree


class TheProject(unittest.TestCase):
    def test_calls_the_kernel_from_one_place(self):
        self.assertEqual([], [str(fault) for fault in system_calls.faults(tree.ROOT)])


class ALine(unittest.TestCase):
    def test_of_code_is_read(self):
        for text, names in [
                ("  int fd = open(path.c_str(), O_RDONLY);", ["open"]),
                ("  if (::kill(pid, 0) == 0) return fork();", ["kill", "fork"]),
                ("  (void)!write(2, text, size);", ["write"]),
                ("  return stat(path.c_str(), &info);", ["stat"]),
                ("  file.open(path);  // open(path)", []),
                ("  stream->read(buffer, size);", []),
                ("  base::socket(path);", []),
                ("  reopen(path);", []),
                ('  Log("kill(pid)");', []),
                ("  absl::Status listen(int backlog);", []),
                ("  struct stat info;", []),
                ("  getpid();", []),
        ]:
            self.assertEqual(names, system_calls.calls(text), text)


class ATree(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def faults(self, allowed):
        return [str(fault) for fault in system_calls.faults(self.root, allowed)]

    def test_with_a_call_elsewhere_is_a_fault(self):
        tree.write(self.root, "runtime/state/a.cc", "// Reads.\nint a = open(name, 0);\n")
        self.assertEqual(1, len(self.faults({})))
        self.assertIn("runtime/state/a.cc:2: open()", self.faults({})[0])

    def test_with_a_call_in_base_or_with_permission_is_none(self):
        tree.write(self.root, "runtime/base/file.cc", "int a = open(name, 0);\n")
        tree.write(self.root, "ctl/a.cc", "int a = open(name, 0);\n")
        self.assertEqual([], self.faults({"ctl/a.cc": {"open"}}))

    def test_with_a_permission_that_nobody_needs_is_a_fault(self):
        tree.write(self.root, "ctl/a.cc", "int a = 1;\n")
        self.assertIn("no longer called", self.faults({"ctl/a.cc": {"open"}})[0])


if __name__ == "__main__":
    unittest.main()
