"""HTTP/2 frames by hand, for what a gRPC library would not send."""

import socket

DATA, HEADERS, RESET, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def frame(kind, flags, stream, body):
    return len(body).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + body


def text(value):
    """A string of HPACK, not compressed."""
    value = value.encode()
    if len(value) < 127:
        return bytes([len(value)]) + value
    rest, length = len(value) - 127, b"\x7f"
    while rest >= 128:
        length += bytes([rest % 128 + 128])
        rest //= 128
    return length + bytes([rest]) + value


def header(name, value):
    return b"\0" + text(name) + text(value)


class Connection:
    """One call of the control service, on a socket that is connected."""

    def __init__(self, client, seconds=30):
        self.client = client
        self.received = b""
        client.settimeout(seconds)
        client.sendall(PREFACE + frame(SETTINGS, 0, 0, b""))

    def call(self, method, authority="localhost", **headers):
        """Sends the whole of an empty request."""
        fields = {":method": "POST", ":scheme": "http", ":path": f"/holon.v1.RuntimeControl/{method}",
                  ":authority": authority, "content-type": "application/grpc", "te": "trailers"}
        fields.update({name.replace("_", "-"): value for name, value in headers.items()})
        block = b"".join(header(name, value) for name, value in fields.items())
        self.client.sendall(frame(HEADERS, 4, 1, block) + frame(DATA, 1, 1, bytes(5)))

    def ping(self):
        self.client.sendall(frame(PING, 0, 0, b"a ping..")[:17])

    def next(self):
        """(kind, flags, body) of the next frame; None at the end of the connection."""
        while len(self.received) < 9 or len(self.received) < 9 + int.from_bytes(self.received[:3], "big"):
            more = self.client.recv(65536)
            if not more:
                return None
            self.received += more
        size = int.from_bytes(self.received[:3], "big")
        kind, flags, body = self.received[3], self.received[4], self.received[9:9 + size]
        self.received = self.received[9 + size:]
        return kind, flags, body

    def answer(self):
        """The bytes of the answer up to the end of the call."""
        data = b""
        while (got := self.next()) is not None:
            kind, flags, body = got
            if kind == DATA:
                data += body
            if kind in (RESET, GOAWAY) or (kind == HEADERS and flags & 1):
                break
        return data


def connect(path):
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(path))
    return client


def speaks_http2(port):
    """Whether a TCP port answers the preface."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as client:
            return Connection(client, seconds=1).next() is not None
    except OSError:
        return False
