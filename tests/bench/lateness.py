"""How late a runtime is under load: whole runs of `status`, its signs of life, its word that it stops.

Everything stands beside the machine's floor, measured at the same time: the program `true` in place of `status`, and
a process in place of the runtime that does nothing but sleep, send a datagram and take a signal.
"""

import contextlib
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time

import measure

PERIOD_SECONDS = 0.1  # Between two signs of life.
LOADS = ("nothing else", "two floods of connections", "a flood of frames over TCP", "slow disk")
_FRAME_FLOOD = pathlib.Path(__file__).resolve().parents[1] / "e2e" / "frame_flood.py"
_SLOW_DISK = pathlib.Path(__file__).resolve().parents[1] / "fakes" / "slow_disk.c"

_FLOOD = """
import socket, sys
while True:
    with socket.socket(socket.AF_UNIX) as client:
        client.setblocking(False)
        try:
            client.connect(sys.argv[1])
        except OSError:
            pass
"""

# Says what a runtime says, and does nothing else.
_SLEEPER = f"""
import os, signal, socket, time
said = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
said.connect(os.environ["NOTIFY_SOCKET"])
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
said.send(b"READY=1")
due = time.monotonic() + {PERIOD_SECONDS}
while not signal.sigtimedwait([signal.SIGTERM], max(0, due - time.monotonic())):
    said.send(b"WATCHDOG=1")
    due += {PERIOD_SECONDS}
said.send(b"STOPPING=1")
"""


class _Speaker:
    """A process that tells how it fares (sd_notify)."""

    def __init__(self, command, path, environment):
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.listener.bind(str(path))
        self.said = []  # (nanoseconds, line)
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**environment, "NOTIFY_SOCKET": str(path),
                 "WATCHDOG_USEC": str(int(2e6 * PERIOD_SECONDS))})

    def fileno(self):
        return self.listener.fileno()

    def take(self):
        lines = self.listener.recv(65536).decode().splitlines()
        now = time.monotonic_ns()
        self.said += [(now, line) for line in lines]
        return lines

    def until(self, line):
        """When it said so."""
        while select.select([self], [], [], measure.LONGEST_SECONDS)[0]:
            if line in self.take():
                return self.said[-1][0]
        raise measure.Failed(f"{self.process.args[0]} never says {line}")

    def end(self):
        """Milliseconds from SIGTERM to the word that it stops."""
        while select.select([self], [], [], 0)[0]:
            self.take()
        begin = time.monotonic_ns()
        self.process.send_signal(signal.SIGTERM)
        took = (self.until("STOPPING=1") - begin) / 1e6
        self.process.wait(measure.LONGEST_SECONDS)
        return took

    def lateness(self):
        """Milliseconds that each sign of life came later after the one before than it should."""
        signs = [at for at, line in self.said if line == "WATCHDOG=1"]
        return [max(0.0, (after - before) / 1e6 - PERIOD_SECONDS * 1e3)
                for before, after in zip(signs, signs[1:])]

    def close(self):
        self.process.kill()
        self.process.wait()
        self.listener.close()


def _tail(values):
    return {"p99": round(statistics.quantiles(values, n=100, method="inclusive")[98], 2),
            "most": round(max(values), 2), "count": len(values)}


def _slow_disk(root):
    """Variables under which a runtime's every fsync takes 300 ms while a file exists, and that file."""
    library, switch = root / "slow_disk.so", root / "slow"
    if not library.exists():
        subprocess.run([shutil.which("cc") or "gcc", "-shared", "-fPIC", "-O1", "-o", library, _SLOW_DISK, "-ldl"],
                       check=True)
    return switch, {"LD_PRELOAD": str(library), "SLOW_CALL": "sync", "SLOW_NAME": "*", "SLOW_SECONDS": "0.3",
                    "SLOW_PROGRAM": "holond", "SLOW_MARK": os.devnull, "SLOW_WHEN": str(switch)}


class Lateness:
    """Measures one build; `root` is a folder of its own."""

    def __init__(self, build, root, environment):
        self.build, self.root, self.environment = build, root, environment
        self.rounds = 0

    def measure(self, load, runs, ends):
        """{what: tail} of `runs` calls of status and `ends` runtimes that are told to end."""
        found = {name: [] for name in ("status", "true", "sign of life", "sign of life, floor",
                                       "SIGTERM", "SIGTERM, floor")}
        for _ in range(ends):
            self._round(load, runs // ends, found)
        return {name: _tail(values) for name, values in found.items()}

    def _round(self, load, runs, found):
        self.rounds += 1
        place = self.root / str(self.rounds)
        home = place / "h"
        home.mkdir(parents=True, mode=0o700)
        commands = {"status": [str(self.build / "bin" / "holonctl"), "--home", str(home), "status"],
                    "true": [shutil.which("true")]}
        switch, slow = _slow_disk(self.root)
        environment = {**self.environment, **(slow if load == "slow disk" else {})}
        holond = [str(self.build / "bin" / "holond"), "--home", str(home),
                  "--set", "control_addr=127.0.0.1:0"]
        with contextlib.ExitStack() as stack:
            stack.callback(switch.unlink, missing_ok=True)
            runtime = _Speaker(holond, place / "n", environment)
            stack.callback(runtime.close)
            sleeper = _Speaker([sys.executable, "-c", _SLEEPER], place / "s", self.environment)
            stack.callback(sleeper.close)
            speakers = [runtime, sleeper]
            for speaker in speakers:
                speaker.until("READY=1")
            if load == "two floods of connections":
                for _ in range(2):
                    flood = subprocess.Popen([sys.executable, "-c", _FLOOD, home / "run" / "holon.sock"])
                    stack.callback(flood.wait)
                    stack.callback(flood.kill)
            if load == "a flood of frames over TCP":
                record = json.loads((home / "run" / "daemon.json").read_text(encoding="utf-8"))
                port = record["control_addr"].rsplit(":", 1)[1]
                flood = subprocess.Popen([sys.executable, "-B", _FRAME_FLOOD, port, "ping"],
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                stack.callback(flood.wait)
                stack.callback(flood.kill)
            if load == "slow disk":
                switch.touch()
            for _ in range(runs):
                if load == "slow disk":
                    (home / "run" / "holon.pid").unlink(missing_ok=True)  # So that it has something to write.
                for name, command in commands.items():
                    found[name].append(_run(command, self.environment, speakers))
            _run([shutil.which("sleep"), "0.5"], self.environment, speakers)  # So that a few signs come.
            # Before the ends, during which one of them is not listened to.
            found["sign of life"] += runtime.lateness()
            found["sign of life, floor"] += sleeper.lateness()
            found["SIGTERM"].append(runtime.end())
            found["SIGTERM, floor"].append(sleeper.end())


def _run(command, environment, speakers):
    """Milliseconds from spawn to reap, while what the speakers say is noted as it comes."""
    begin = time.perf_counter_ns()
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    exited = os.pidfd_open(process.pid)
    try:
        while True:
            ready, _, _ = select.select([exited, *speakers], [], [], measure.LONGEST_SECONDS)
            took = (time.perf_counter_ns() - begin) / 1e6
            for speaker in ready:
                if speaker is not exited:
                    speaker.take()
            if exited in ready or not ready:
                break
    finally:
        os.close(exited)
    if process.wait() != 0:
        raise measure.Failed(f"{' '.join(command)}: exit {process.returncode}")
    return took
