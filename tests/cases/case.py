"""Base of the cases: the runtime among strangers, in situations that are known to break other daemons.

One file alone: HOLON_BIN=build/release/bin /usr/bin/python3 tests/cases/identity_test.py -v
"""

import os
import pathlib
import shutil
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import processes  # noqa: E402
import strangers  # noqa: E402
from harness import NO_WINDOW, HolonTest, bin_dir  # noqa: E402

QUICK = ("--drain-timeout", "0", "--term-timeout", "1s", "--kill-timeout", "1s")


class CaseTest(HolonTest):
    def share_home(self, owner=0):
        """Lets other users reach the folder of the test, the binaries included, but not the home."""
        self.home.root.chmod(0o1777)
        self.home.bin = self.copy_binaries()
        if owner:
            self.home.make()
            os.chown(self.home.run_dir, owner, owner)
            os.chown(self.home.path, owner, owner)

    def copy_binaries(self, **names):
        """A folder with both programs: copy_binaries(holond=".holond-wrapped")."""
        folder = self.home.root / "bin"
        folder.mkdir(exist_ok=True)
        for program in ("holonctl", "holond"):
            shutil.copy(bin_dir() / program, folder / names.get(program, program))
            (folder / names.get(program, program)).chmod(0o755)
        return folder

    def wait_for_one_runtime(self):
        """Two may live for a moment; one of them has to yield."""
        processes.wait_until(lambda: len(self.home.runtimes()) == 1, "one runtime is left")
        return self.home.runtimes()[0]

    def stays(self, condition, seconds=1):
        """Whether it is so all this time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not condition():
                return False
            time.sleep(0.02)
        return True

    def failures(self):
        return self.home.ctl("failures", "--json").json["failures"]


__all__ = ["NO_WINDOW", "QUICK", "CaseTest", "processes", "strangers"]
