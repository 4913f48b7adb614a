"""Who may not ask at all sends as much as he can, or takes no answer: others notice nothing."""

import os
import socket
import subprocess
import sys

from case import CaseTest, strangers
import http2
from harness import main

# Several connections from one process, each sending one kind of frame without end; one that is ended is made anew.
FLOOD = """
import itertools, selectors, socket, sys
import http2
port, kind = int(sys.argv[1]), sys.argv[2]
fields = {":method": "POST", ":scheme": "http", ":path": "/holon.v1.RuntimeControl/Readiness", ":authority": "x",
          "content-type": "application/grpc", "te": "trailers"}
block = b"".join(http2.header(*field) for field in fields.items())
def frames():
    for n in itertools.count(1, 2):
        if kind == "ping": yield http2.frame(http2.PING, 0, 0, b"a ping..")
        if kind == "settings": yield http2.frame(http2.SETTINGS, 0, 0, b"")
        if kind == "reset": yield http2.frame(1, 4, n, block) + http2.frame(http2.RESET, 0, n, bytes(3) + b"\\x08")
        if kind == "call": yield http2.frame(1, 4, n, block) + http2.frame(http2.DATA, 1, n, bytes(5))
        if kind == "continuation":
            yield http2.frame(9, 0, 1, http2.header("x", "y" * 99)) if n > 1 else http2.frame(1, 0, 1, block)
class Flood:
    def __init__(self):
        self.client = socket.create_connection(("127.0.0.1", port))
        self.client.setblocking(False)
        self.frames, self.rest = frames(), http2.PREFACE + http2.frame(http2.SETTINGS, 0, 0, b"")
    def step(self):
        while len(self.rest) < 65536: self.rest += next(self.frames)
        try: self.rest = self.rest[self.client.send(self.rest):]
        except BlockingIOError: pass
        except OSError:
            self.client.close()
            self.__init__()
floods = [Flood() for _ in range(8)]
print("on", flush=True)
while True:
    for flood in floods: flood.step()
"""


class FloodsTest(CaseTest):
    def serve_tcp(self):
        self.port = strangers.free_port()
        return self.serve("--set", f"control_addr=127.0.0.1:{self.port}")

    def megabytes(self, pid):
        with open(f"/proc/{pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) // 1024

    def test_frames_without_end(self):
        for kind in ("ping", "settings", "reset", "call", "continuation"):
            with self.variant(kind=kind):
                pid = self.serve_tcp().process.pid
                path = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
                with subprocess.Popen([sys.executable, "-B", "-c", FLOOD, str(self.port), kind], text=True, env=path,
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as flood:
                    try:
                        self.assertEqual(flood.stdout.readline(), "on\n")
                        for _ in range(20):
                            self.assertEqual(self.home.status().json["state"], "running")
                        self.assertLess(self.megabytes(pid), 500, "what strangers can make it keep is bounded")
                        self.assert_exit(0, self.home.ctl("stop"))
                    finally:
                        flood.kill()
                self.assertEqual(self.failures(), [])

    def test_who_takes_no_answer_holds_up_no_stop(self):
        for kind in ("tcp", "unix"):
            with self.variant(kind=kind):
                self.serve_tcp()
                # Small windows fill at once, also where the kernel would take more.
                client = socket.socket() if kind == "tcp" else socket.socket(socket.AF_UNIX)
                with client:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
                    client.connect(("127.0.0.1", self.port) if kind == "tcp" else str(self.home.socket))
                    window = (0x7FFFFFFF).to_bytes(4, "big")
                    client.sendall(http2.PREFACE + http2.frame(http2.SETTINGS, 0, 0, b"\0\4" + window) +
                                   http2.frame(8, 0, 0, (0x7FFF0000 - 65535).to_bytes(4, "big")))
                    fields = {":method": "POST", ":scheme": "http", ":authority": "x", "te": "trailers",
                              ":path": "/holon.v1.RuntimeControl/WatchRuntimeStatus",
                              "content-type": "application/grpc"}
                    block = b"".join(http2.header(*field) for field in fields.items())
                    client.settimeout(1)
                    try:
                        for n in range(1, 801, 2):
                            client.sendall(http2.frame(1, 4, n, block) + http2.frame(0, 1, n, bytes(5)))
                    except OSError:
                        pass  # Nobody who sends so much without the token is listened to.
                    self.assert_exit(0, self.home.ctl("stop"))
                self.assertEqual(self.failures(), [])


if __name__ == "__main__":
    main()
