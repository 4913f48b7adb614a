"""Processes as the kernel sees them: who lives, who has ended, who belongs to a test."""

import os
import select
import shutil
import signal
import sys
import time

FAKES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fakes")
sys.path.insert(0, os.path.normpath(FAKES))

import claims  # noqa: E402

# Nothing here takes this long; whatever does hangs. Sanitizers and a busy machine included.
HANG_SECONDS = 100


def is_alive(pid):
    """A zombie is dead."""
    try:
        return claims.process_stat(pid)[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def state_of(pid):
    """One letter, as in /proc/PID/stat: T is suspended."""
    return claims.process_stat(pid)[0]


def wait_gone(pid, seconds=HANG_SECONDS):
    """Waits until a process, ours or not, has ended."""
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        poller = select.poll()
        poller.register(pidfd, select.POLLIN)
        if not poller.poll(seconds * 1000):
            raise AssertionError(f"process {pid} lives on: {command_line(pid)}")
    finally:
        os.close(pidfd)


def wait_until(condition, what, seconds=HANG_SECONDS):
    """For what nothing notifies of. Returns the first true value of `condition()`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        time.sleep(0.01)


def kill(pid, number):
    os.kill(pid, number)
    if number == signal.SIGKILL:
        wait_gone(pid)
    if number == signal.SIGSTOP:
        wait_until(lambda: state_of(pid) == "T", f"process {pid} is suspended")


def command_line(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def of_root(root):
    """Everybody whose command line or environment names the folder of a test. Zombies name nothing."""
    name = os.fsencode(root)
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            for source in ("cmdline", "environ"):
                with open(f"/proc/{entry}/{source}", "rb") as file:
                    if name in file.read():
                        found.append(int(entry))
                        break
        except OSError:
            continue
    return found


def status_field(pid, field):
    """A line of /proc/PID/status: "Uid", "SigIgn", …"""
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        for line in file:
            if line.startswith(field + ":"):
                return line.split(":", 1)[1].strip()
    raise KeyError(field)


def switches(pid):
    """How often the main thread has gone to sleep of its own accord."""
    return int(status_field(pid, "voluntary_ctxt_switches"))


def wait_until_asleep(pid):
    """Until it has come to rest: it sleeps, and nothing has woken it for a while."""
    def rests():
        before = switches(pid)
        time.sleep(0.2)
        return state_of(pid) == "S" and switches(pid) == before
    wait_until(rests, f"process {pid} sleeps")


def remove_tree(path):
    """A tree that somebody keeps filling: on a busy machine healing may come between the files and their folder."""
    def gone():
        shutil.rmtree(path, ignore_errors=True)
        return not path.exists()
    gone() or wait_until(gone, f"{path} is removed")
