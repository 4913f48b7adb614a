"""Daemons of others that run beside ours while we measure, each in a folder of its own."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

START_SECONDS = 20


class Missing(Exception):
    """A peer is not installed, or cannot run here."""


def require(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Missing(f"{program} is not installed (scripts/install-packages third_party/bench-packages.txt)")


def await_socket(path, process):
    """Until someone answers there."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise Missing(f"{process.args[0]} ended with {process.returncode}")
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(str(path))
                return
        except OSError:
            time.sleep(0.02)
    raise Missing(f"{process.args[0]} does not answer")


class Daemon:
    """A process that serves a socket until it is closed."""

    def __init__(self, folder, arguments, served):
        self.log = open(folder / "log", "wb")
        self.process = subprocess.Popen([str(part) for part in arguments], cwd=folder,
                                        stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log, start_new_session=True)
        self.socket = served
        try:
            await_socket(served, self.process)
        except Missing:
            self.close()
            raise

    @property
    def pid(self):
        return self.process.pid

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


def _folder(root, name):
    folder = pathlib.Path(root) / name
    folder.mkdir()
    return folder


def containerd(root):
    """containerd with nothing but its gRPC service."""
    require("containerd", "ctr")
    if os.geteuid() != 0:
        raise Missing("containerd wants root")
    folder = _folder(root, "containerd")
    served = folder / "c.sock"
    (folder / "config.toml").write_text(f"""version = 2
root = "{folder}/root"
state = "{folder}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.aufs", "io.containerd.internal.v1.opt",
  "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"]
[grpc]
  address = "{served}"
[ttrpc]
  address = "{folder}/t.sock"
""")
    return Daemon(folder, ["containerd", "--config", folder / "config.toml"], served)


def supervisord(root):
    """supervisord with one program, `sleep`, that counts as started at once."""
    require("supervisord", "supervisorctl")
    folder = _folder(root, "supervisor")
    served = folder / "s.sock"
    (folder / "supervisord.conf").write_text(f"""[unix_http_server]
file={served}
[supervisord]
logfile={folder}/supervisord.log
pidfile={folder}/supervisord.pid
childlogdir={folder}
{"user=root" if os.geteuid() == 0 else ""}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://{served}
[program:sleep]
command=sleep 1000000
autostart=false
startsecs=0
""")
    daemon = Daemon(folder, ["supervisord", "-n", "-c", folder / "supervisord.conf"], served)
    daemon.config = folder / "supervisord.conf"
    return daemon


def empty_server(root, program):
    """Ours, and no peer: a gRPC server that does nothing."""
    folder = _folder(root, "empty")
    return Daemon(folder, [program, folder / "e.sock"], folder / "e.sock")
