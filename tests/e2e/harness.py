"""A home of its own for every test, the real binaries on it, and a look that nothing is left behind.

Run with HOLON_BIN naming the folder of holonctl and holond; one file alone:

    HOLON_BIN=build/release/bin /usr/bin/python3 tests/e2e/lifecycle_test.py -v LifecycleTest.test_…
"""

import contextlib
import fcntl
import json
import os
import pathlib
import pty
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import unittest

import processes
from commands import Running
from processes import HANG_SECONDS, claims

NO_WINDOW = ("--stability-window", "0")

# What `status --json` always says, whatever it finds.
STATUS_KEYS = {
    "ok", "state", "healthy", "home_dir", "socket_path", "http_addr", "pid", "control_connectivity",
    "runtime_config_fingerprint", "config_fingerprint_match", "activity", "last_failure",
    "stale_files", "message", "instance_id", "phase", "version", "started_at", "differences",
}

# Verdict: exit code of status.
EXIT_OF_STATE = {
    "running": 0, "starting": 0, "stopping": 0, "stale": 1, "stopped": 3,
    "unresponsive": 4, "incompatible": 4, "foreign": 4,
}

# Under nohup, and in the background of a script, some are ignored, and what we start would inherit that.
for _number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
    if signal.getsignal(_number) == signal.SIG_IGN:
        signal.signal(_number, signal.SIG_DFL)


def bin_dir():
    if "HOLON_BIN" not in os.environ:
        raise RuntimeError("HOLON_BIN must name the folder of holonctl and holond")
    return pathlib.Path(os.environ["HOLON_BIN"]).resolve()


def clean_environment(root):
    """Ours without what would reach the product. HOME leads every process back to its test."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(("HOLON_", "NOTIFY_", "LISTEN_", "WATCHDOG_"))
            and name not in ("NO_COLOR", "INVOCATION_ID")}
    return {**kept, "HOME": str(root / "user")}


class Home:
    """A home that does not exist yet, in a fresh folder with a short name."""

    def __init__(self, name="home"):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="h", dir="/tmp"))
        self.path = self.root / name
        self.run_dir = self.path / "run"
        self.socket = self.run_dir / "holon.sock"
        self.pid_file = self.run_dir / "holon.pid"
        self.record_file = self.run_dir / "daemon.json"
        self.log_file = self.run_dir / "daemon.log"
        self.lock_file = self.run_dir / "holon.lock"
        self.lifecycle_lock = self.run_dir / "lifecycle.lock"
        self.config_file = self.path / "config.json"
        self.bin = None
        # The test has a runtime running at its end, and leaves it to the harness to stop it.
        self.serving = False
        # The test leaves files of a runtime that has died, or that never was.
        self.leaves_files = False
        self.commands = []
        (self.root / "user").mkdir()

    # What stands on disk.

    def make(self):
        """Home and run directory, as a start makes them."""
        for folder in (self.path, self.run_dir):
            folder.mkdir(mode=0o700, exist_ok=True)
        return self

    def write_config(self, content):
        """`content` as JSON, or as it is where it is text or bytes."""
        self.path.mkdir(mode=0o700, exist_ok=True)
        if isinstance(content, dict):
            content = json.dumps(content, indent=2) + "\n"
        if isinstance(content, str):
            content = content.encode()
        self.config_file.write_bytes(content)
        self.config_file.chmod(0o600)

    def config(self):
        return json.loads(self.config_file.read_text(encoding="utf-8"))

    def record(self):
        return json.loads(self.record_file.read_text(encoding="utf-8"))

    def write_record(self, content):
        """A whole record, or a text that is none."""
        if isinstance(content, str):
            self.record_file.write_text(content, encoding="utf-8")
        else:
            claims.write_record(self.record_file, content)

    def log(self):
        if not self.log_file.is_file():
            return ""
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def wait_for_log(self, text):
        processes.wait_until(lambda: text in self.log(), f"the log says {text!r}")

    def lifecycle_files(self):
        """Of socket, pid file and record those that exist."""
        files = (self.socket, self.pid_file, self.record_file)
        return {str(file) for file in files if os.path.lexists(file)}

    def snapshot(self):
        """Every path under the root with its size and mode, to see that nothing was touched."""
        found = {}
        for path in sorted(self.root.rglob("*")):
            info = path.lstat()
            found[str(path.relative_to(self.root))] = (info.st_mode, info.st_size)
        return found

    # Commands.

    def environment(self, extra=None):
        return {**clean_environment(self.root), **(extra or {})}

    def spawn(self, program, *arguments, env=None, home=True, **options):
        """`program` on this home, in the background."""
        command = [str((self.bin or bin_dir()) / program)]
        if home:
            command += ["--home", str(self.path)]
        command += [str(argument) for argument in arguments]
        options.setdefault("cwd", self.root)
        running = Running(command, env=self.environment(env), **options)
        self.commands.append(running)
        return running

    def spawn_ctl(self, *arguments, **options):
        return self.spawn("holonctl", *arguments, **options)

    def spawn_holond(self, *arguments, **options):
        return self.spawn("holond", *arguments, **options)

    def ctl(self, *arguments, seconds=HANG_SECONDS, **options):
        return self.spawn_ctl(*arguments, **options).finish(seconds)

    def holond(self, *arguments, seconds=HANG_SECONDS, **options):
        return self.spawn_holond(*arguments, **options).finish(seconds)

    def ctl_on_terminal(self, *arguments, env=None, columns=0):
        """What a command shows on a terminal of its own; one of 0 columns does not tell its size."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        command = [(self.bin or bin_dir()) / "holonctl", "--home", self.path, *arguments]
        shown = b""
        with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs,
                              env=self.environment({"TERM": "xterm", **(env or {})})):
            os.close(theirs)
            try:
                while chunk := os.read(ours, 65536):
                    shown += chunk
            except OSError:  # The other end is closed.
                pass
        os.close(ours)
        return shown.decode()

    def start(self, *arguments, **options):
        """A start that must succeed, without a stability window. Returns its JSON."""
        result = self.ctl("start", "--json", *NO_WINDOW, *arguments, **options)
        if result.exit != 0:
            raise AssertionError(f"start failed:\n{result}\nlog: {self.log()}")
        self.serving = True
        return result.json

    def stop(self, *arguments, **options):
        """A stop that must succeed. Returns its JSON."""
        result = self.ctl("stop", "--json", *arguments, **options)
        if result.exit != 0:
            raise AssertionError(f"stop failed:\n{result}\nlog: {self.log()}")
        self.serving = False
        return result.json

    def status(self, *arguments, **options):
        return self.ctl("status", "--json", *arguments, **options)

    def many(self, count, *arguments, **options):
        """The same command `count` times at once."""
        running = [self.spawn_ctl(*arguments, **options) for _ in range(count)]
        return [command.finish() for command in running]

    # The runtime's process.

    def pid(self):
        """From the record, or from the pid file where there is no record that can be read."""
        try:
            return int(self.record()["identity"]["pid"])
        except (OSError, ValueError, KeyError):
            return int(self.pid_file.read_text(encoding="ascii"))

    def runtimes(self):
        """Every holond, or what stands for one, that serves this home."""
        return [pid for pid in processes.of_root(self.root)
                if "holond" in processes.command_line(pid).split(" --")[0]]

    def kill_runtime(self):
        """kill -9, and the harness expects nothing to stop any more."""
        processes.kill(self.pid(), signal.SIGKILL)
        self.serving = False

    def suspend_runtime(self):
        pid = self.pid()
        processes.kill(pid, signal.SIGSTOP)
        return pid

    # The end.

    def close(self):
        """Ends everything, removes everything, and returns what should not have been there."""
        complaints = []
        if self.serving:
            result = self.ctl("stop")
            if result.exit != 0:
                complaints.append(f"the runtime could not be stopped:\n{result}")
        for command in self.commands:
            if command.process.poll() is None:
                complaints.append(f"still runs: {command.arguments}")
            command.close()
        for pid in processes.of_root(self.root):
            complaints.append(f"process {pid} is left: {processes.command_line(pid)}")
            processes.kill(pid, signal.SIGKILL)
        if not self.leaves_files:
            complaints += [f"{file} is left" for file in sorted(self.lifecycle_files())]
        shutil.rmtree(self.root, ignore_errors=True)
        return complaints


class HolonTest(unittest.TestCase):
    """Base of all end-to-end tests."""

    maxDiff = None

    def run(self, result=None):
        self.result = result
        return super().run(result)

    def setUp(self):
        self.home = self.new_home()

    def has_failed(self):
        """So far; a part of it included."""
        reported = [] if self.result is None else self.result.failures + self.result.errors
        return any(self in (test, getattr(test, "test_case", None)) for test, _ in reported)

    @contextlib.contextmanager
    def variant(self, *name, **parameters):
        """A part of a test with a home of its own, so that no part sees what another has left."""
        with self.subTest(*name, **parameters):
            self.home = self.new_home()
            yield

    def new_home(self, name="home"):
        home = Home(name)
        self.addCleanup(self._close, home)
        return home

    def _close(self, home):
        failed = self.has_failed()
        log = home.log()
        complaints = home.close()
        if failed and log:
            print(f"--- {self.id()}: the log's end\n{log[-4000:]}", file=sys.stderr)
        # Whatever an earlier failure left is no news.
        if complaints and not failed:
            self.fail("\n".join(complaints))

    def serve(self, *arguments, wait=True, **options):
        """A holond without holonctl, so that its exit code is seen; ended with the test."""
        running = self.home.make().spawn_holond(*arguments, **options)
        self.addCleanup(self.end_process, self.home, running)
        if wait:
            self.assert_exit(0, self.home.ctl("wait", "--for", "ready"))
        return running

    def end_process(self, home, running):
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()
            home.leaves_files = True

    def keep(self, helper):
        """A fake, ended with the test, and before the home is looked over."""
        self.addCleanup(helper.close)
        return helper

    # What the tables of the design promise.

    def assert_exit(self, expected, result):
        self.assertEqual(expected, result.exit, str(result))

    def assert_status(self, state, result, **expected):
        """A status document of this verdict, complete, with the exit code that belongs to it."""
        self.assert_exit(EXIT_OF_STATE[state], result)
        document = result.json
        self.assert_complete(document)
        self.assertIs(document["ok"], True, str(result))
        self.assert_contains({"state": state, **expected}, document)
        return document

    def assert_state(self, state, **expected):
        return self.assert_status(state, self.home.status(), **expected)

    def assert_complete(self, document):
        self.assertFalse(STATUS_KEYS - document.keys(), f"missing keys in {document}")

    def assert_contains(self, expected, document):
        actual = {key: document.get(key) for key in expected}
        self.assertEqual(expected, actual, json.dumps(document, indent=2))

    def assert_failure(self, result, exit_code, reason=None):
        """A JSON document that says why a command failed."""
        self.assert_exit(exit_code, result)
        document = result.json
        self.assertIs(document["ok"], False, str(result))
        self.assertRegex(document["error"]["reason"], r"^[A-Z][A-Z0-9_]+$")
        self.assertTrue(document["error"]["message"], str(result))
        if reason is not None:
            self.assertEqual(reason, document["error"]["reason"], str(result))
        return document

    def assert_lifecycle(self, result, action):
        """The result of a command that changes the world, in success."""
        self.assert_exit(0, result)
        document = result.json
        self.assert_lifecycle_document(document, action)
        return document

    def assert_lifecycle_document(self, document, action):
        self.assert_complete(document)
        self.assert_contains({"ok": True, "action": action, "error": None}, document)
        self.assert_receipts(document)

    def assert_receipts(self, document):
        for receipt in document["steps"]:
            self.assertEqual({"step", "evidence", "outcome", "duration_ms"}, set(receipt))
            self.assertIsInstance(receipt["duration_ms"], (int, float))
            self.assertGreaterEqual(receipt["duration_ms"], 0)
            self.assertTrue(receipt["step"] and receipt["evidence"], receipt)

    def assert_nothing_left(self):
        """No process and no file of a runtime; who asks has ended its own fakes."""
        left = [processes.command_line(pid) for pid in processes.of_root(self.home.root)]
        self.assertEqual([], left)
        self.assertEqual(set(), self.home.lifecycle_files())

    def assert_mode(self, expected, path):
        mode = path.stat().st_mode & 0o7777
        self.assertEqual(oct(expected), oct(mode), str(path))


def outcomes(document):
    """The ladder that was climbed: {"sigterm": "done", …} in order."""
    return {receipt["step"]: receipt["outcome"] for receipt in document["steps"]}


def main():
    """Runs the file's tests. Exit code 77: not one of them could run here."""
    result = unittest.main(verbosity=2, exit=False).result
    if not result.wasSuccessful():
        sys.exit(1)
    whole = {id(test) for test, _ in result.skipped if isinstance(test, unittest.TestCase)}
    sys.exit(77 if result.testsRun and len(whole) == result.testsRun else 0)
