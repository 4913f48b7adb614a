"""Who may not ask at all sends as much as he can, or takes no answer: others notice nothing."""

import socket
import subprocess
import sys

from case import CaseTest, strangers
import frame_flood
import http2
from harness import main


class FloodsTest(CaseTest):
    def serve_tcp(self):
        self.port = strangers.free_port()
        return self.serve("--set", f"control_addr=127.0.0.1:{self.port}")

    def megabytes(self, pid):
        with open(f"/proc/{pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) // 1024

    def test_frames_without_end(self):
        for kind in frame_flood.KINDS:
            with self.variant(kind=kind):
                pid = self.serve_tcp().process.pid
                with subprocess.Popen([sys.executable, "-B", frame_flood.__file__, str(self.port), kind], text=True,
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
