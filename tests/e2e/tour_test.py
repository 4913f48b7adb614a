"""README's tour: its commands are run in their order, and print what stands there."""

import pathlib
import re
import shutil
import subprocess
import unittest

from harness import HolonTest, bin_dir, main

ROOT = pathlib.Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
# What is another at every run, in the order in which it is replaced.
CHANGING = [
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
    (r"between \d{4}-\d\d-\d\d \d\d:\d\d:\d\d and (\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d", "between TIMES"),
    (r"\d\d:\d\d UTC", "CLOCK"),
    (r"\bpid( +|=)\d+", "pid N"),
    (r"\d+(\.\d+)? (ms|s)\b", "DURATION"),
    (r"  +", "  "),
]


def blocks(language, text=README):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def examples():
    """Each command of the tour with what it prints."""
    for block in blocks("console"):
        for example in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, printed = example.split("\n", 1)
            yield command, printed


def without_changing(text):
    for pattern, name in CHANGING:
        text = re.sub(pattern, name, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def pattern_of(printed):
    """"…" stands for any text, on a line of its own for any lines."""
    lines = without_changing(printed).splitlines()
    return "".join(r"(?:.*\n)*" if line.strip() == "…" else re.escape(line).replace("…", ".*") + r"\n"
                   for line in lines)


def fits(printed, actual):
    return re.fullmatch(pattern_of(printed), without_changing(actual) + "\n") is not None


class TourTest(HolonTest):
    def setUp(self):
        super().setUp()
        self.home = self.new_home("ada/.holon")
        self.ada = self.home.path.parent
        self.ada.mkdir()
        environment = self.home.environment({"HOME": str(self.ada)})
        environment.pop("HOLON_HOME", None)
        self.environment = {**environment, "PATH": f"{bin_dir()}:{environment.get('PATH', '/usr/bin:/bin')}"}

    def shell(self, command, **options):
        return subprocess.run(["bash", "-c", command], cwd=self.ada, env=self.environment, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options).stdout

    def test_every_output_is_what_the_command_prints(self):
        seen = 0
        for command, printed in examples():
            with self.subTest(command):
                actual = self.shell(command).replace(str(self.ada), "/home/ada")
                self.assertTrue(fits(printed, actual), f"README says:\n{printed}\nit prints:\n{actual}")
            seen += 1
        self.assertGreater(seen, 15)

    def test_the_client_in_python_runs_as_printed(self):
        client = blocks("python")[0]
        recipe = next(block for block in blocks("sh") if "client.py" in block)
        shutil.copytree(ROOT / "protos", self.ada / "protos")
        (self.ada / "client.py").write_text(client, encoding="utf-8")
        self.home.start()
        self.assertEqual("PHASE_READY\n", self.shell(recipe.replace("python3", "/usr/bin/python3")))

    def test_a_changed_output_is_noticed(self):
        expected = "a  b…\n  …\nlast, pid 1"
        for printed, right in (("a  b and more\nany\nlines\nlast, pid 22", True), ("a  b\nlast, pid 1", True),
                               ("a  c\nlast, pid 1", False), ("a  b\nlast, pid 1\nmore", False)):
            self.assertEqual(right, fits(expected, printed), printed)


if __name__ == "__main__":
    main()
