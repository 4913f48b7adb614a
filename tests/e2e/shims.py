"""Libraries that are preloaded into the product: a slow disk, and calls that a kernel or file system refuses."""

import atexit
import errno
import functools
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import processes


@functools.lru_cache(maxsize=None)
def folder():
    made = pathlib.Path(tempfile.mkdtemp(prefix="holon-shims-", dir="/tmp"))
    made.chmod(0o755)  # Other users preload them, too.
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


@functools.lru_cache(maxsize=None)
def library(name):
    """tests/fakes/NAME.c as a shared library."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise unittest.SkipTest("there is no C compiler")
    path = folder() / f"{name}.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", path,
                    os.path.join(processes.FAKES, f"{name}.c"), "-ldl"], check=True)
    return path


def preload(name):
    """Variables that load a shim. Address sanitizer would refuse to start behind it."""
    sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    return {"LD_PRELOAD": str(library(name)), "ASAN_OPTIONS": sanitizer}


class SlowDisk:
    """While `environment` is a program's, `call` on files of that name takes `seconds`, or hangs until
    become_fast(); see slow_disk.c."""

    def __init__(self, home, call, name, seconds=processes.HANG_SECONDS, program="holond", from_the_start=True):
        self.mark = home.root / "slow-calls"
        self.mark.write_text("", encoding="ascii")
        self.switch = home.root / "is-slow"
        self.environment = {
            **preload("slow_disk"), "SLOW_CALL": call, "SLOW_NAME": name,
            "SLOW_SECONDS": str(seconds), "SLOW_PROGRAM": program, "SLOW_MARK": str(self.mark),
            "SLOW_WHEN": str(self.switch),
        }
        if from_the_start:
            self.become_slow()

    def become_slow(self):
        self.switch.touch()

    def become_fast(self):
        self.switch.unlink(missing_ok=True)

    def calls(self):
        """How many slow calls have begun."""
        return self.mark.read_text(encoding="ascii").count("\n")

    def wait_for_call(self, seconds=processes.HANG_SECONDS):
        processes.wait_until(lambda: self.calls() > 0, "a slow call has begun", seconds)


def refusing(**calls):
    """The environment in which these calls fail: refusing(link="EPERM"); see refused_calls.c."""
    words = [f"{call}={getattr(errno, name)}" for call, name in calls.items()]
    return {**preload("refused_calls"), "REFUSED_CALLS": " ".join(words)}
