"""How long commands take, how much memory and how many wake-ups a process needs."""

import os
import pathlib
import re
import select
import shutil
import statistics
import subprocess
import time


class Failed(Exception):
    """A command that is measured must succeed."""


# Ends what hangs; nothing waits that long.
LONGEST_SECONDS = 20

_QUIET = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
          (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]


def run(arguments, environment):
    """Milliseconds from spawn to reap."""
    begin = time.perf_counter_ns()
    pid = os.posix_spawn(arguments[0], arguments, environment, file_actions=_QUIET)
    _, status = os.waitpid(pid, 0)
    took = (time.perf_counter_ns() - begin) / 1e6
    if status != 0:
        raise Failed(f"{' '.join(arguments)}: exit {os.waitstatus_to_exitcode(status)}")
    return took


def interleaved(commands, runs, environment):
    """{name: [milliseconds]} of {name: arguments}, run in turn, `runs` rounds after two that do not count."""
    commands = {name: [shutil.which(str(arguments[0])) or str(arguments[0]), *map(str, arguments[1:])]
                for name, arguments in commands.items()}
    times = {name: [] for name in commands}
    for round_number in range(-2, runs):
        for name, arguments in commands.items():
            took = run(arguments, environment)
            if round_number >= 0:
                times[name].append(took)
    return times


def exit_noticed(pid, waiter, sent, environment):
    """Milliseconds from the exit of process `pid`, brought about by signal `sent`, until the command `waiter`,
    which awaits it, has said so, and until that command is over. Negative where it knew before the process was
    gone."""
    command = subprocess.Popen(waiter, env=environment, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE)
    with command:
        try:
            _await_watcher(command, pid)
            ended = _ends(pid, command, sent)
        except Failed:
            command.kill()
            raise
    if command.returncode != 0:
        raise Failed(f"{waiter[0]}: exit {command.returncode}")
    return {name: (at - ended["runtime"]) / 1e6 for name, at in ended.items() if name != "runtime"}


def _ends(pid, command, sent):
    """When the process was gone, the command had said so, and the command was gone: nanoseconds by name."""
    names = {os.pidfd_open(pid): "runtime", os.pidfd_open(command.pid): "returned"}
    pidfds = list(names)
    names[command.stdout.fileno()] = "told"
    poll = select.poll()
    for descriptor in names:
        poll.register(descriptor, select.POLLIN)
    ended = {}
    os.kill(pid, sent)
    while len(ended) < len(names):
        events = poll.poll(LONGEST_SECONDS * 1000)
        now = time.perf_counter_ns()
        if not events:
            raise Failed(f"the exit of {pid} goes unnoticed")
        for descriptor, _ in events:
            ended[names[descriptor]] = now
            poll.unregister(descriptor)
    for descriptor in pidfds:
        os.close(descriptor)
    return ended


def _await_watcher(command, pid):
    """Until the command holds a pidfd of `pid`, and has had time to go to sleep over it."""
    end = time.monotonic() + LONGEST_SECONDS
    folder = pathlib.Path(f"/proc/{command.pid}/fdinfo")
    while time.monotonic() < end:
        if command.poll() is not None:
            raise Failed(f"{command.args[0]}: exit {command.returncode} before anything ended")
        for info in folder.iterdir():
            try:
                if re.search(rf"^Pid:\t{pid}$", info.read_text(encoding="utf-8"), re.MULTILINE):
                    time.sleep(0.03)
                    return
            except OSError:
                pass  # Closed meanwhile.
        time.sleep(0.002)
    raise Failed(f"{command.args[0]} does not watch {pid}")


def summary(values):
    return {"median": round(statistics.median(values), 3),
            "p90": round(statistics.quantiles(values, n=10)[8], 3), "runs": len(values)}


def resident_kib(pid):
    """VmRSS, and the part of it that is the process's own."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return {name: int(re.search(rf"^{key}:\s+(\d+) kB", text, re.MULTILINE)[1])
            for name, key in (("resident", "VmRSS"), ("anonymous", "RssAnon"))}


def _switches(pid):
    threads = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        text = (task / "status").read_text(encoding="utf-8")
        name = (task / "comm").read_text(encoding="utf-8").strip()
        count = int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", text, re.MULTILINE)[1])
        threads[task.name] = (name, count)
    return threads


def wake_ups(pid, seconds):
    """Every thread with how often it woke while nobody asked for anything."""
    before = _switches(pid)
    time.sleep(seconds)
    after = _switches(pid)
    return [{"thread": thread, "name": name, "wake_ups": count - before.get(thread, (name, count))[1]}
            for thread, (name, count) in sorted(after.items(), key=lambda item: int(item[0]))]


def system_calls(pid, seconds):
    """{name: calls} of all threads, by strace."""
    result = subprocess.run(
        ["timeout", "-s", "INT", str(seconds), "strace", "-c", "-f", "-p", str(pid)],
        capture_output=True, text=True, check=False)
    calls = {}
    for line in result.stderr.splitlines():
        parts = line.split()
        if len(parts) >= 5 and re.fullmatch(r"[\d.]+", parts[0]) and parts[-1] != "total":
            calls[parts[-1]] = int(parts[3])
    return calls
