"""Process 1 of a pid namespace in which a bystander gets the pid of a process that once listened on the socket.

Called by identity_test.py as `reused_pid.py BIN FOLDER UID [recorded]`; prints JSON: which signals reached the
bystander of `stop`, and why it could not be tried.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import types
from pathlib import Path

import case  # noqa: F401
import strangers
from peers import FakeRuntime, answer_of
from processes import claims


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def relay(listener, inner):
    while True:
        client = listener.accept()[0]
        server = socket.socket(socket.AF_UNIX)
        server.connect(inner)
        for pair in ((client, server), (server, client)):
            threading.Thread(target=pump, args=pair, daemon=True).start()


def listen_and_leave(path, inner, uid):
    """Somebody listens, ends, and leaves the socket to a child. Returns the pid that is free now."""
    pid = os.fork()
    if pid == 0:
        claims.become(uid)
        os.umask(0)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(16)
        if os.fork() == 0:
            relay(listener, inner)
        os._exit(0)
    os.waitpid(pid, 0)
    return pid


def main():
    binaries, folder, uid, recorded = sys.argv[1:]
    root = Path(folder)
    home = types.SimpleNamespace(root=root, path=root / "home", socket=root / "r.sock",
                                 record_file=root / "home/run/daemon.json")
    home.record_file.parent.mkdir(parents=True, exist_ok=True)
    for made in (home.path, home.record_file.parent):
        made.chmod(0o700)
    inner, pid_file = root / "inner.sock", root / "pid"
    for path in (home.socket, inner):
        path.unlink(missing_ok=True)
    pid_file.write_text("1", encoding="ascii")
    os.umask(0)
    FakeRuntime(home, answer_of(home), "--socket", inner, "--claimed-pid", pid_file, "--on-shutdown", "nothing")
    os.umask(0o022)
    victim = strangers.victim_with_pid(
        listen_and_leave(str(home.socket), str(inner), int(uid)), ["/usr/bin/python3", "-c", BYSTANDER])
    if victim is None:
        print(json.dumps({"skip": "the pid could not be had again", "signals": []}))
        os._exit(0)
    pid_file.write_text(str(victim.pid), encoding="ascii")
    home.record_file.unlink(missing_ok=True)
    if recorded:
        claims.write_record(home.record_file, claims.record(victim.pid, home.path, home.socket))
    stop = subprocess.run([f"{binaries}/holonctl", "--home", home.path, "--socket", home.socket, "stop", "--json",
                           *case.QUICK], capture_output=True, text=True, check=False)
    ended = victim.poll()
    print(json.dumps({"skip": "", "signals": [] if ended is None else [ended], "stop": stop.stdout}), flush=True)
    os._exit(0)  # And with process 1 everybody else here.


# Any signal ends it, and its exit code says which.
BYSTANDER = "import time; time.sleep(600)"


if __name__ == "__main__":
    main()
