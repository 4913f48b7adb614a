"""A stranger without a token: frame_flood.py PORT KIND sends frames of one kind without end on several connections,
and connects anew where one is ended. Prints "on" once it begins."""

import contextlib
import itertools
import socket
import sys

import http2

KINDS = ("ping", "settings", "reset", "call", "continuation")
CONNECTIONS = 8
FIELDS = {":method": "POST", ":scheme": "http", ":path": "/holon.v1.RuntimeControl/Readiness", ":authority": "x",
          "content-type": "application/grpc", "te": "trailers"}
BLOCK = b"".join(http2.header(*field) for field in FIELDS.items())
END_HEADERS, END_STREAM, CANCEL, CONTINUATION = 4, 1, b"\0\0\0\x08", 9


def frames(kind):
    if kind == "continuation":
        yield http2.frame(http2.HEADERS, 0, 1, BLOCK)
        yield from itertools.repeat(http2.frame(CONTINUATION, 0, 1, http2.header("x", "y" * 99)))
    if kind in ("ping", "settings"):
        yield from itertools.repeat(http2.frame(http2.PING, 0, 0, b"a ping..") if kind == "ping" else
                                    http2.frame(http2.SETTINGS, 0, 0, b""))
    for stream in itertools.count(1, 2):
        yield http2.frame(http2.HEADERS, END_HEADERS, stream, BLOCK)
        yield (http2.frame(http2.RESET, 0, stream, CANCEL) if kind == "reset" else
               http2.frame(http2.DATA, END_STREAM, stream, bytes(5)))


class Connection:
    def __init__(self, port, kind):
        self.port, self.kind = port, kind
        self.connect()

    def connect(self):
        self.client = socket.create_connection(("127.0.0.1", self.port))
        self.client.setblocking(False)
        self.frames, self.rest = frames(self.kind), http2.PREFACE + http2.frame(http2.SETTINGS, 0, 0, b"")

    def send(self):
        with contextlib.suppress(OSError):
            while self.client.recv(65536):  # Answers that nobody takes would stop the flood.
                pass
        while len(self.rest) < 65536:
            self.rest += next(self.frames)
        try:
            self.rest = self.rest[self.client.send(self.rest):]
        except BlockingIOError:
            pass
        except OSError:
            self.client.close()
            self.connect()


def main(port, kind):
    connections = [Connection(port, kind) for _ in range(CONNECTIONS)]
    print("on", flush=True)
    while True:
        for connection in connections:
            connection.send()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
