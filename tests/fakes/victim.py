"""A bystander. Prints the name of every signal that reaches it, and goes on living.

What cannot be caught shows all the same: SIGKILL as its exit status, SIGSTOP by its silence.

    --lock FILE         holds a lock on the whole file, as a backup might
    --lock-byte FILE    on its first byte alone, as somebody who cleans up
    --posix-lock FILE   a lock of the process and not of the open file
    --flock PATH        a flock on a file or a folder
    --listen SOCKET     accepts there and never says a word
    --hangup            or closes at once
    --uid UID           as that user, from before it listens

Prints "ready", or "refused" where it cannot hold what it is told to; ends when standard input ends.
"""

import argparse
import fcntl
import os
import signal
import socket
import threading

import claims
from end_with_stdin import end_with_stdin


def accept(listener, hangup):
    kept = []
    while True:
        client, _ = listener.accept()
        if hangup:
            client.close()
        else:
            kept.append(client)


def hold(options):
    """The descriptors to keep."""
    kept = [claims.lock(path) for path in options.lock]
    kept += [claims.lock(path, length=1) for path in options.lock_byte]
    for path in options.posix_lock:
        kept.append(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        fcntl.lockf(kept[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)
    for path in options.flock:
        kept.append(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
        fcntl.flock(kept[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)
    return kept


def main():
    parser = argparse.ArgumentParser()
    for kind in ("--lock", "--lock-byte", "--posix-lock", "--flock", "--listen"):
        parser.add_argument(kind, action="append", default=[])
    parser.add_argument("--hangup", action="store_true")
    parser.add_argument("--uid", type=int)
    options = parser.parse_args()

    caught = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}
    signal.pthread_sigmask(signal.SIG_BLOCK, caught)
    end_with_stdin()
    try:
        kept = hold(options)
    except OSError as error:
        print(f"refused: {error}")
        return
    claims.become(options.uid)
    for path in options.listen:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        os.chmod(path, 0o777 if options.uid else 0o600)
        listener.listen(16)
        threading.Thread(target=accept, args=(listener, options.hangup), daemon=True).start()
    print("ready", flush=True)
    while kept is not None:
        print(signal.Signals(signal.sigwait(caught)).name, flush=True)


if __name__ == "__main__":
    main()
