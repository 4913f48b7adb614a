"""What holond tells whoever starts it: the sd_notify protocol, as systemd speaks it."""

import signal
import socket
import uuid

from harness import HolonTest, main
from processes import HANG_SECONDS


class NotifyTest(HolonTest):
    def listen(self, address):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(listener.close)
        listener.settimeout(HANG_SECONDS)
        listener.bind(address)
        return listener

    def serve(self, address, **options):
        self.home.serving = True
        return self.home.spawn_holond(env={"NOTIFY_SOCKET": address}, **options)

    def read_until(self, listener, line):
        """All lines up to the message that holds `line`, that message included."""
        lines = []
        while line not in lines:
            lines += listener.recv(65536).decode().splitlines()
        return lines

    def end(self, holond):
        holond.signal(signal.SIGTERM)
        result = holond.finish()
        self.home.serving = False
        return result

    def test_it_tells_of_its_steps_then_that_it_is_ready_then_that_it_stops(self):
        name = f"holon-test-{uuid.uuid4()}"
        listener = self.listen("\0" + name)
        holond = self.serve("@" + name)
        starting = self.read_until(listener, "READY=1")
        before = starting[:starting.index("READY=1")]
        self.assertTrue([line for line in before if line.startswith("STATUS=")], starting)
        self.assertNotIn("STOPPING=1", starting)
        # Ready means that it answers, and as the one who said so.
        self.assert_state("running", pid=holond.pid)
        self.assert_exit(0, self.end(holond))
        stopping = self.read_until(listener, "STOPPING=1")
        self.assertNotIn("READY=1", stopping)
        self.assertTrue([line for line in stopping if line.startswith("STATUS=")], stopping)

    def test_a_socket_with_a_path_will_do(self):
        path = str(self.home.root / "notify")
        listener = self.listen(path)
        holond = self.serve(path)
        self.read_until(listener, "READY=1")
        self.assert_exit(0, self.end(holond))

    def test_where_nobody_listens_it_serves_all_the_same(self):
        for address in ("@nobody-" + str(uuid.uuid4()), "/no/such/folder/notify", "x" * 200, ""):
            with self.subTest(address):
                holond = self.serve(address)
                self.assert_exit(0, self.home.ctl("wait", "--for", "ready"))
                self.assert_exit(0, self.end(holond))

    def test_a_refusal_is_told_and_never_ready(self):
        self.home.start()
        name = f"holon-test-{uuid.uuid4()}"
        listener = self.listen("\0" + name)
        second = self.home.spawn_holond(env={"NOTIFY_SOCKET": "@" + name})
        self.assert_exit(1, second.finish())
        listener.settimeout(0)
        told = listener.recv(65536).decode()
        self.assertIn(str(self.home.pid()), told)
        self.assertNotIn("READY=1", told)


if __name__ == "__main__":
    main()
