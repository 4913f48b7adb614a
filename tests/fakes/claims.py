"""What a runtime claims of a home: the instance lock and the daemon record."""

import fcntl
import json
import os
import struct
import uuid


def process_stat(pid):
    """The fields of /proc/PID/stat behind the name: [0] is field 3, the state."""
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return file.read().rpartition(")")[2].split()


def start_time(pid):
    return int(process_stat(pid)[19])


def identity(pid):
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        boot_id = file.read().strip()
    return {
        "pid": pid,
        "start_time_ticks": str(start_time(pid)),
        "boot_id": boot_id,
        "pid_namespace": str(os.stat("/proc/self/ns/pid").st_ino),
    }


def record(pid, home, socket, **fields):
    """A daemon record of a process that lives; `fields` replace what it would say."""
    return {
        "identity": identity(pid),
        "instance_id": str(uuid.uuid4()),
        "home_dir": str(home),
        "socket_path": str(socket),
        "started_at": "2024-01-01T00:00:00Z",
        "config_fingerprint": "0" * 64,
        "version": "0.1.0",
        "contract_version": "1.0",
        **fields,
    }


def write_record(path, content):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(content, file)


def lock(path, kind=fcntl.F_WRLCK, start=0, length=0, fd=None):
    """Takes an open-file-description lock; it is held until the returned descriptor is closed. Length 0: all."""
    if fd is None:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.fcntl(fd, fcntl.F_OFD_SETLK, struct.pack("hhqqi", kind, os.SEEK_SET, start, length, 0))
    return fd


def take_instance_lock(path):
    """As a runtime does it: its home, and HOME/run/holon.lock with the mark. Returns the descriptors."""
    home = os.open(os.path.dirname(os.path.dirname(path)), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    fcntl.flock(home, fcntl.LOCK_EX | fcntl.LOCK_NB)
    lock(None, kind=fcntl.F_RDLCK, fd=home)
    held = lock(path, length=1)
    lock(path, kind=fcntl.F_RDLCK, start=1, length=1, fd=held)
    return home, held


def become(uid):
    """Another user, where one is given."""
    if uid:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
