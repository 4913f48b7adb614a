"""Stands at a socket's path, or merely holds the instance lock, and is no Holon.

    fake_peer.py silent SOCKET      accepts and never says a word, as `nc -lU` does
    fake_peer.py garbage SOCKET     answers whatever it is told with something else
    fake_peer.py hangup SOCKET      accepts and closes
    fake_peer.py full SOCKET        has a full backlog and never accepts
    fake_peer.py refusing SOCKET    the socket's file is there, but nobody listens
    fake_peer.py absent             no socket at all

    --lock FILE                     holds that instance lock meanwhile, as a runtime does
    --record FILE --home DIR        and writes a record that names this process

Prints "ready"; ends when standard input ends.
"""

import argparse
import os
import pathlib
import socket
import threading

import claims
from end_with_stdin import end_with_stdin


def serve(listener, answer):
    kept = []
    while True:
        connection, _ = listener.accept()
        if answer is None:
            kept.append(connection)
            continue
        try:
            connection.sendall(answer)
        except OSError:
            pass  # It has left already.
        connection.close()


def fill_backlog(path):
    """Connections that nobody accepts, until not even one more can wait."""
    kept = []
    while True:
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.setblocking(False)
        kept.append(client)
        try:
            client.connect(path)
        except BlockingIOError:
            return kept


def stand_at(path, mode):
    """Returns what must be kept alive."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    if mode == "refusing":
        return [listener]
    listener.listen(0 if mode == "full" else 16)
    if mode == "full":
        return [listener, fill_backlog(path)]
    answer = {"silent": None, "hangup": b"", "garbage": b"HTTP/1.1 400 Bad Request\r\n\r\n"}[mode]
    threading.Thread(target=serve, args=(listener, answer), daemon=True).start()
    return [listener]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=["silent", "garbage", "hangup", "full", "refusing", "absent"])
    parser.add_argument("socket", nargs="?")
    parser.add_argument("--lock")
    parser.add_argument("--record")
    parser.add_argument("--home")
    parser.add_argument("--name", help="what the kernel shall call this process")
    options = parser.parse_args()
    end_with_stdin()
    if options.name:
        pathlib.Path("/proc/self/comm").write_text(options.name, encoding="ascii")
    kept = []
    if options.lock:
        kept.append(claims.take_instance_lock(options.lock))
    if options.record:
        own_socket = options.socket or f"{options.home}/run/holon.sock"
        own = claims.record(os.getpid(), options.home, own_socket)
        claims.write_record(options.record, own)
    if options.mode != "absent":
        kept.append(stand_at(options.socket, options.mode))
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
