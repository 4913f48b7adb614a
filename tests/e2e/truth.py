"""What /proc tells of a home, and which verdicts are true of it."""

import dataclasses
import os
import stat

import processes


@dataclasses.dataclass(frozen=True)
class Runtime:
    """A process that holds an instance lock."""

    pid: int
    homes: frozenset  # (device, inode) of each directory that it has open: its home is among them.
    suspended: bool = False


@dataclasses.dataclass(frozen=True)
class World:
    home: tuple = None  # (device, inode) of what stands at the home's path; None: nothing.
    runtimes: tuple = ()
    stranger_listens: bool = False  # At the socket's path.

    def own(self):
        """Runtimes of the directory that stands at the path now."""
        return [runtime for runtime in self.runtimes if self.home in runtime.homes]

    def strays(self):
        """Runtimes whose home was moved or removed."""
        return [runtime for runtime in self.runtimes if self.home not in runtime.homes]


def states(world):
    """The verdicts that are true. Raises where there is what must never be."""
    own = world.own()
    if len(own) > 1:
        raise AssertionError(f"two runtimes of one home: {own}")
    if own:
        return {"unresponsive"} if own[0].suspended else {"running"}
    return {"foreign"} if world.stranger_listens else {"stopped", "stale"}


def inode(path):
    """(device, inode), or None."""
    try:
        info = os.stat(path)
    except OSError:
        return None
    return info.st_dev, info.st_ino


def look_at(pid):
    """A Runtime, or None where this process holds no instance lock, or is gone."""
    homes, holds = set(), False
    try:
        for fd in os.listdir(f"/proc/{pid}/fd"):
            try:
                info = os.stat(f"/proc/{pid}/fd/{fd}")
                name = os.path.basename(os.readlink(f"/proc/{pid}/fd/{fd}"))
                with open(f"/proc/{pid}/fdinfo/{fd}", encoding="ascii") as file:
                    locked = "OFDLCK" in file.read()
            except FileNotFoundError:
                continue
            if stat.S_ISDIR(info.st_mode):
                homes.add((info.st_dev, info.st_ino))
            holds = holds or (locked and (stat.S_ISDIR(info.st_mode) or name.startswith("holon.lock")))
        suspended = processes.state_of(pid) == "T"
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    return Runtime(pid, frozenset(homes), suspended) if holds else None


def look(home, listeners=()):
    """The World of a Home; `listeners` are the inodes of strangers' sockets."""
    found = [look_at(pid) for pid in home.runtimes()]
    return World(inode(home.path), tuple(runtime for runtime in found if runtime),
                 inode(home.socket) in set(listeners) - {None})
