"""Fakes that a test puts beside, or in place of, a runtime. All end with the test."""

import os
import pathlib
import shutil
import signal
import stat
import subprocess
import sys
import uuid

import stubs
from harness import bin_dir
from processes import FAKES, HANG_SECONDS, is_alive

PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable


class Fake:
    """A program of tests/fakes that says "ready" and ends when its standard input does."""

    def __init__(self, script, *arguments, stubs_needed=False, ready="ready"):
        environment = dict(os.environ)
        if stubs_needed:
            environment["PYTHONPATH"] = stubs.folder()
        self.process = subprocess.Popen(
            [PYTHON, os.path.join(FAKES, script), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )
        self.pid = self.process.pid
        self.greeting = self.process.stdout.readline().split()
        if not self.greeting or self.greeting[0] != ready:
            self.close()
            raise AssertionError(f"{script} said {self.greeting} and not {ready!r}")

    def is_alive(self):
        return is_alive(self.pid)

    def wait(self):
        return self.process.wait(HANG_SECONDS)

    def close(self):
        """Ends it; a second time does nothing."""
        if self.process.stdout.closed:
            return
        if not self.process.stdin.closed:
            self.process.stdin.close()
        self.process.send_signal(signal.SIGCONT)  # Who is suspended sees no end of input.
        try:
            self.process.wait(HANG_SECONDS)
        finally:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()


class Peer(Fake):
    """Something at a socket's path that is no Holon: "silent", "garbage", …; see fake_peer.py."""

    def __init__(self, mode, *arguments):
        super().__init__("fake_peer.py", mode, *arguments)


class Victim(Fake):
    """A process that must never be signalled; for what it holds meanwhile see victim.py."""

    def __init__(self, *arguments):
        super().__init__("victim.py", *arguments)

    def signals(self):
        """Ends it. Every signal that reached it; SIGKILL included."""
        self.process.stdin.close()
        exit_code = self.wait()
        caught = self.process.stdout.read().split()
        return caught + ([f"ended with {exit_code}"] if exit_code != 0 else [])


def answer_of(home, **fields):
    """What a healthy runtime of this home would say, but for `fields`; as a message."""
    said = {
        "contract_version": "1.0",
        "version": "0.1.0",
        "instance_id": str(uuid.uuid4()),
        "phase": "PHASE_READY",
        "healthy": True,
        "home_dir": str(home.path),
        "socket_path": str(home.socket),
        "config_fingerprint": "0" * 64,
        "activity": {"state": "ACTIVITY_STATE_IDLE"},
        **fields,
    }
    answer = stubs.message("RuntimeStatusResponse")(**said)
    answer.started_at.GetCurrentTime()
    return answer


class FakeRuntime(Fake):
    """Answers on the home's socket with a message, or with bytes that are none; see fake_runtime.py."""

    def __init__(self, home, answer, *options, ready="ready"):
        raw = isinstance(answer, bytes)
        file = home.root / f"answer-{uuid.uuid4()}"
        file.write_bytes(answer if raw else answer.SerializeToString())
        arguments = ["--socket", home.socket, "--answer", file, *(["--raw"] if raw else []), *options]
        super().__init__("fake_runtime.py", *arguments, stubs_needed=True, ready=ready)

    def go(self):
        """Lets one that was told to wait answer, or one that is starting be ready; returns when it is so."""
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        self.wait_for("ready")

    def wait_for(self, said):
        """Reads what it says up to this line."""
        while (line := self.process.stdout.readline().strip()) != said:
            assert line, f"it never said {said!r}"


class SmallDisk:
    """A home on a file system of its own, of 256 KiB."""

    def __init__(self, home):
        self.home = home
        home.path.mkdir(mode=0o700)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs", home.path],
                       check=True)

    def fill(self):
        try:
            with open(self.home.path / "ballast", "wb") as file:
                while True:
                    file.write(b"\0" * 4096)
                    file.flush()
        except OSError:
            pass

    def close(self):
        subprocess.run(["umount", "--lazy", self.home.path], check=True)


def owning(home):
    """Options of a fake that has the home in its hands, as a runtime has it."""
    return ("--lock", home.lock_file, "--record", home.record_file)


def binaries_beside(folder, holond=None):
    """A folder with holonctl, and a holond beside it: the real one, or the given text as a script."""
    folder = pathlib.Path(folder)
    folder.mkdir(exist_ok=True)
    for name in ["holonctl"] if holond else ["holonctl", "holond"]:
        shutil.copy(bin_dir() / name, folder / name)
    if holond:
        script = folder / "holond"
        script.write_text(holond, encoding="utf-8")
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return folder


def use_fake_holond(home, behaviour, config=None):
    """From here on this home's holonctl starts a holond that behaves like this; see fake_holond.py.

    `config` is a RuntimeStatusResponse whose configuration the fake claims to run with.
    """
    exports = f"export PYTHONPATH='{stubs.folder()}'\n"
    if config is not None:
        file = home.root / "fake-config"
        file.write_bytes(config.SerializeToString())
        exports += f"export FAKE_CONFIG='{file}'\n"
    script = os.path.join(FAKES, "fake_holond.py")
    home.bin = binaries_beside(
        home.root / "bin",
        f"#!/bin/sh\n{exports}exec {PYTHON} {script} {behaviour} {bin_dir()}/holond \"$@\"\n",
    )


def configuration_of(home):
    """The configuration that the real runtime of this home describes, for a fake to claim."""
    home.start()
    channel, control = stubs.control(home.socket)
    with channel:
        answer = control.RuntimeStatus(stubs.message("RuntimeStatusRequest")(), timeout=HANG_SECONDS)
    home.stop()
    return answer
