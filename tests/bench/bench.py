#!/usr/bin/env python3
"""Measures Holon beside its peers, in one run and in turn, and prints ratios. See README.md."""

import argparse
import contextlib
import json
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import lateness
import measure
import peers

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Bench:
    """One run: what is up while it lasts, and what was found."""

    def __init__(self, arguments, root, stack):
        self.arguments = arguments
        self.root = pathlib.Path(root)
        self.stack = stack
        self.build = arguments.build.resolve()
        self.holonctl = self.build / "bin" / "holonctl"
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith(("HOLON_", "NOTIFY_"))}
        self.results = {}
        self.rows = []

    # Pieces.

    def home(self, name):
        """A home with the configuration that everyone copies."""
        home = self.root / name
        home.mkdir(mode=0o700)
        shutil.copy(ROOT / "examples" / "config.json", home / "config.json")
        return home

    def ctl(self, home, *arguments):
        result = subprocess.run([self.holonctl, "--home", home, "--json", *arguments],
                                env=self.environment, stdin=subprocess.DEVNULL,
                                capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise measure.Failed(f"holonctl {arguments}: {result.stdout}{result.stderr}")
        return json.loads(result.stdout)

    def peer(self, make, *arguments):
        """A peer that runs until the end of the bench, or None and a line that says why."""
        try:
            daemon = make(self.root, *arguments)
        except peers.Missing as missing:
            print(f"skipped: {missing}", file=sys.stderr)
            return None
        self.stack.callback(daemon.close)
        return daemon

    def program(self, name):
        """A program of HOLON_BUILD_BENCH, or None."""
        path = self.arguments.programs.resolve() / name
        if path.exists():
            return path
        print(f"skipped: {path} is not built (-DHOLON_BUILD_BENCH=ON)", file=sys.stderr)
        return None

    def row(self, what, ours, theirs, least, unit="ms"):
        """A line of the table: medians, their ratio, and the ratio that is asked for at least."""
        ratio = ours / theirs
        self.rows.append((what, f"{ours:.2f} {unit}", f"{theirs:.2f} {unit}", f"{ratio:.3f}",
                          f"{least}", "yes" if ratio < least else "NO"))

    def figure(self, what, ours, least, unit):
        self.rows.append((what, f"{ours:.2f} {unit}", "", "", f"{least} {unit}",
                          "yes" if ours < least else "NO"))

    # What is measured.

    def run(self):
        home = self.home("h")
        self.ctl(home, "start", "--stability-window", "0")
        self.stack.callback(self.ctl, home, "stop")
        pid = self.ctl(home, "status")["pid"]
        containerd = self.peer(peers.containerd)
        supervisord = self.peer(peers.supervisord)
        time.sleep(2)  # Whatever a start leaves to be done is done.
        self.status(home, containerd)
        self.start_and_stop(supervisord)
        self.exits()
        self.memory(pid, containerd, supervisord)
        self.idle(pid)
        self.warm(home)
        self.late()

    def status(self, home, containerd):
        commands = {"true": ["true"], "holonctl status": [self.holonctl, "--home", home, "status"]}
        shared = self.arguments.shared.resolve() / "bin" / "holonctl"
        if shared.exists():
            commands["holonctl status, shared"] = [shared, "--home", home, "status"]
        else:
            print(f"skipped: {shared} is not built (see README.md)", file=sys.stderr)
        minimal = self.program("minimal_client")
        if minimal:
            commands["minimal client"] = [minimal, home / "run" / "holon.sock"]
        if containerd:
            commands["ctr version"] = ["ctr", "--address", containerd.socket, "version"]
        found = self.commands("status", commands)
        ours = found["holonctl status"]
        for name, least in [("ctr version", 1.0), ("holonctl status, shared", 0.5),
                            ("minimal client", 1.25)]:
            if name in found:
                self.row(f"holonctl status / {name}", ours, found[name], least)

    def start_and_stop(self, supervisord):
        home = self.home("s")
        commands = {
            "holonctl start": [self.holonctl, "--home", home, "start", "--stability-window", "0"],
            "holonctl stop": [self.holonctl, "--home", home, "stop"],
        }
        if supervisord:
            control = ["supervisorctl", "-c", supervisord.config]
            commands["supervisorctl start"] = [*control, "start", "sleep"]
            commands["supervisorctl stop"] = [*control, "stop", "sleep"]
        found = self.commands("start_and_stop", commands)
        for verb in ("start", "stop"):
            ours = found[f"holonctl {verb}"]
            if supervisord:
                self.row(f"holonctl {verb} / supervisorctl {verb}", ours,
                         found[f"supervisorctl {verb}"], 0.1)

    def exits(self):
        """How soon `wait --for stopped` says so, and is over: after a runtime that ends, and one that is killed."""
        home = self.home("e")
        waiter = [self.holonctl, "--home", home, "wait", "--for", "stopped"]
        found = {}
        for name, sent in (("ends", signal.SIGTERM), ("is killed", signal.SIGKILL)):
            times = {"told": [], "returned": []}
            for _ in range(self.arguments.exits):
                self.ctl(home, "start", "--stability-window", "0")
                pid = self.ctl(home, "status")["pid"]
                for end, took in measure.exit_noticed(pid, waiter, sent, self.environment).items():
                    times[end].append(took)
            for end, values in times.items():
                found[f"{end}, after the runtime {name}"] = measure.summary(values)
            self.figure(f"wait --for stopped has told, after the runtime {name}",
                        measure.summary(times["told"])["median"], 1, "ms")
        self.results["exit_noticed"] = found

    def commands(self, topic, commands):
        """Medians by name."""
        times = measure.interleaved(commands, self.arguments.runs, self.environment)
        self.results[topic] = {name: measure.summary(values) for name, values in times.items()}
        return {name: result["median"] for name, result in self.results[topic].items()}

    def memory(self, pid, containerd, supervisord):
        found = {"holond": measure.resident_kib(pid)}
        for name, daemon in (("containerd", containerd), ("supervisord", supervisord)):
            if daemon:
                found[name] = measure.resident_kib(daemon.pid)
        self.results["memory_kib"] = found
        self.figure("resident memory of an idle holond", found["holond"]["resident"] / 1000, 20, "MB")

    def idle(self, pid):
        seconds = self.arguments.idle
        if seconds == 0:
            return
        found = {"seconds": seconds, "threads": measure.wake_ups(pid, seconds)}
        if shutil.which("strace"):
            found["system_calls"] = measure.system_calls(pid, seconds)
        else:
            print("skipped: strace is not installed", file=sys.stderr)
        self.results["idle"] = found

    def warm(self, home):
        warm_calls = self.program("warm_calls")
        server = self.program("empty_server")
        if not warm_calls or not server:
            return
        server = self.peer(peers.empty_server, server)
        if not server:
            return
        result = subprocess.run(
            [warm_calls, home / "run" / "holon.sock", server.socket, str(self.arguments.calls)],
            env=self.environment, capture_output=True, text=True, check=True)
        found = json.loads(result.stdout)
        self.results["warm_microseconds"] = found
        ours = found["runtime_status"]["median"]
        self.figure("RuntimeStatus over a warm channel", ours, 80, "µs")
        for name, what in (("empty_call", "empty call"), ("health_check", "health check, same runtime")):
            self.row(f"RuntimeStatus / {what}", ours, found[name]["median"], 1.2, "µs")

    def late(self):
        if self.arguments.late == 0:
            return
        late = lateness.Lateness(self.build, self.root / "late", self.environment)
        found = {}
        for load in lateness.LOADS:
            found[load] = late.measure(load, self.arguments.late, max(1, self.arguments.late // 20))
            for name in ("status", "sign of life", "SIGTERM"):
                self.figure(f"p99 of {name} beside {load}", found[load][name]["p99"], 100, "ms")
        self.results["lateness"] = found

    # What is told.

    def print(self):
        for topic in ("status", "start_and_stop"):
            print(f"\n{topic.replace('_', ' ')} (median and p90 of {self.arguments.runs} runs, ms)")
            for name, result in self.results.get(topic, {}).items():
                print(f"  {name:28} {result['median']:9.2f} {result['p90']:9.2f}")
        print(f"\nwait --for stopped (median and p90 of {self.arguments.exits} exits, ms after the exit)")
        for name, result in self.results["exit_noticed"].items():
            print(f"  {name:40} {result['median']:9.2f} {result['p90']:9.2f}")
        print("\nresident memory (KiB, own part)")
        for name, result in self.results["memory_kib"].items():
            print(f"  {name:28} {result['resident']:9} {result['anonymous']:9}")
        idle = self.results.get("idle")
        if idle:
            print(f"\nwake-ups of an idle holond in {idle['seconds']} s, thread by thread")
            for thread in idle["threads"]:
                print(f"  {thread['name']:28} {thread['wake_ups']:9}")
            if "system_calls" in idle:
                calls = ", ".join(f"{name} {count}" for name, count in idle["system_calls"].items())
                print(f"  under strace: {calls or 'none'}")
        for load, result in self.results.get("lateness", {}).items():
            print(f"\nlateness beside {load} (p99 and most, ms; count)")
            for name, values in result.items():
                print(f"  {name:28} {values['p99']:9.2f} {values['most']:9.2f} {values['count']:6}")
        print()
        head = ("what", "ours", "theirs", "ratio", "below", "met")
        widths = [max(len(row[column]) for row in [head, *self.rows]) for column in range(len(head))]
        for row in [head, *self.rows]:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release",
                        help="the build that is measured (build/release)")
    parser.add_argument("--shared", type=pathlib.Path, default=ROOT / "build" / "release-shared",
                        help="the same program with shared libraries (build/release-shared)")
    parser.add_argument("--runs", type=int, default=60, help="runs of each command (60)")
    parser.add_argument("--calls", type=int, default=20000, help="calls over a warm channel (20000)")
    parser.add_argument("--idle", type=int, default=10, help="seconds to watch an idle runtime (10)")
    parser.add_argument("--json", type=pathlib.Path, help="write everything there, too")
    parser.add_argument("--programs", type=pathlib.Path,
                        help="where minimal_client, empty_server and warm_calls are (BUILD/bench)")
    parser.add_argument("--exits", type=int, default=20, help="exits of each kind to notice (20)")
    parser.add_argument("--late", type=int, default=400, help="runs of status under each load (400)")
    arguments = parser.parse_args()
    arguments.programs = arguments.programs or arguments.build / "bench"
    with contextlib.ExitStack() as stack:
        # In a short place, because a socket's path has at most 107 bytes.
        root = stack.enter_context(tempfile.TemporaryDirectory(prefix="hb", dir="/tmp"))
        bench = Bench(arguments, root, stack)
        bench.run()
    bench.print()
    if arguments.json:
        machine = {"machine": platform.machine(), "kernel": platform.release(),
                   "processors": os.cpu_count()}
        document = {**machine, **bench.results,
                    "ratios": [dict(zip(("what", "ours", "theirs", "ratio", "below", "met"), row))
                               for row in bench.rows]}
        arguments.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
