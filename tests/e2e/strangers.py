"""Other users, other namespaces, other names: what a test needs in order to come from outside."""

import functools
import os
import resource
import shutil
import signal
import socket
import subprocess
import unittest
import uuid

import processes

STRANGER = 12345
ANOTHER = 12346

# A pid namespace of its own with the /proc that belongs to it, as a sidecar has it.
APART = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")

needs_root = unittest.skipUnless(os.geteuid() == 0, "needs root: other users, namespaces, mounts")

def needs(*programs):
    missing = [program for program in programs if shutil.which(program) is None]
    return unittest.skipIf(missing, f"there is no {', '.join(missing)}")


@functools.lru_cache(maxsize=None)
def has_pid_namespaces():
    return os.geteuid() == 0 and shutil.which("unshare") is not None and subprocess.run(
        [*APART, "true"], check=False, stderr=subprocess.DEVNULL).returncode == 0


def needs_pid_namespaces(test):
    """For a test or a class of tests."""
    return unittest.skipUnless(has_pid_namespaces(), "no pid namespace of its own can be had")(test)


def limit_of(pid):
    """Soft and hard limit of a process's descriptors."""
    return resource.prlimit(pid, resource.RLIMIT_NOFILE)


def set_limit(pid, soft, hard):
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))


def as_user(uid):
    """Options of a command that this user gives."""
    return {"user": uid, "group": uid, "extra_groups": [], "cwd": "/"}


def ignore_child_ends():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)


def mount(*arguments):
    if subprocess.run(["mount", *map(str, arguments)], check=False, stderr=subprocess.DEVNULL).returncode:
        raise unittest.SkipTest(f"cannot be mounted here: {' '.join(map(str, arguments))}")


def unmount(path):
    subprocess.run(["umount", "--lazy", path], check=False, stderr=subprocess.DEVNULL)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def victim_with_pid(pid, command):
    """A process of this pid, which is free; None where the kernel does not give it. For small pid namespaces."""
    for _ in range(20):
        with open("/proc/sys/kernel/ns_last_pid", "w", encoding="ascii") as file:
            file.write(str(pid - 1))
        victim = subprocess.Popen(command)
        if victim.pid == pid:
            return victim
        victim.kill()
        victim.wait()
    return None


class Flood:
    """Clients that connect to an address again and again, until they are closed: HolonTest.keep(Flood(…))."""

    SCRIPT = """
import socket, sys
address = int(sys.argv[1]) if sys.argv[1].isdigit() else sys.argv[1]
print("ready", flush=True)
while True:
    client = socket.socket(socket.AF_INET if isinstance(address, int) else socket.AF_UNIX)
    client.setblocking(False)
    try:
        client.connect(("127.0.0.1", address) if isinstance(address, int) else address)
    except OSError:
        pass
    client.close()
"""

    def __init__(self, address, clients=2):
        self.clients = []
        for _ in range(clients):
            self.clients.append(subprocess.Popen(["/usr/bin/python3", "-c", self.SCRIPT, str(address)],
                                                 stdout=subprocess.PIPE))
        for client in self.clients:
            client.stdout.readline()

    def close(self):
        for client in self.clients:
            client.kill()
            client.wait()
            client.stdout.close()


class Manager:
    """The socket of a service manager, and what it is told. `path` is what NOTIFY_SOCKET says."""

    def __init__(self, folder=None):
        """In a folder, or without a file."""
        self.path = f"@holon-test-{uuid.uuid4()}" if folder is None else str(folder / "manager")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path.replace("@", "\0", 1))

    def receive(self, seconds=processes.HANG_SECONDS):
        """The lines of the next message; TimeoutError where none comes, BlockingIOError for 0 seconds."""
        self.socket.settimeout(seconds)
        return self.socket.recv(65536).decode(errors="replace").splitlines()

    def lines(self):
        """All that has come since the last look."""
        found = []
        try:
            while True:
                found += self.receive(0)
        except BlockingIOError:
            return found

    def read_until(self, line, count=1):
        """All lines up to the message that holds `line` for the `count`th time, that message included."""
        found = []
        while found.count(line) < count:
            found += self.receive()
        return found

    def close(self):
        self.socket.close()


def cpu_seconds(pid):
    fields = processes.claims.process_stat(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
