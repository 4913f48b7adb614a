"""Files stay small and clean, and the lint that says so notices when they do not."""

import pathlib
import tempfile
import unittest

import sizes
import tree


class TheProject(unittest.TestCase):
    def test_consists_of_small_clean_files(self):
        self.assertEqual([], [str(fault) for fault in sizes.faults(tree.ROOT)])


class AFile(unittest.TestCase):
    def assert_faults(self, path, text, *words):
        with tempfile.TemporaryDirectory() as folder:
            tree.write(folder, path, text)
            found = [str(fault) for fault in sizes.faults(pathlib.Path(folder))]
        self.assertEqual(len(words), len(found), found)
        for word, fault in zip(words, found):
            self.assertIn(word, fault)

    def test_of_500_lines_may_stand(self):
        self.assert_faults("runtime/base/a.cc", "int a;\n" * 500)

    def test_of_501_lines_is_found(self):
        self.assert_faults("runtime/base/a.cc", "int a;\n" * 501, "a.cc:501: more than 500 lines")

    def test_with_loose_ends_is_found(self):
        self.assert_faults("ctl/a.h", "int a; \n\tint b;\nint c;", ":1: white space", ":2: a tab",
                           ":3: no line end")


if __name__ == "__main__":
    unittest.main()
