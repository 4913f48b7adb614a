"""Other clients keep nobody waiting: floods, pings, names, and a look while somebody else connects all the time.

Keepalive pings, unusual names of the server (:authority of a Unix-domain socket) and streams that are held open are
ordinary behaviour of clients; none of it may cost another client its answer.
"""

import os
import resource
import socket
import subprocess
import time

from case import CaseTest, strangers
import http2
from harness import main


class FloodTest(CaseTest):
    def flood(self, address, clients=2):
        return self.keep(strangers.Flood(address, clients))

    def assert_answers(self, pid):
        for _ in range(3):
            self.assert_state("running", pid=pid)

    def test_status_beside_a_flood_of_the_tcp_port(self):
        port = strangers.free_port()
        pid = self.home.start("--set", f"control_addr=127.0.0.1:{port}",
                              env={"HOLON_CONTROL_TOKEN": "a-token-for-this"})["pid"]
        flood = self.flood(port)
        self.assert_answers(pid)
        flood.close()

    def test_status_beside_two_clients_that_call_all_the_time(self):
        pid = self.home.start()["pid"]
        script = """
import sys
sys.path.insert(0, sys.argv[2])
import http2
print("ready", flush=True)
while True:
    with http2.connect(sys.argv[1]) as client:
        connection = http2.Connection(client)
        connection.call("RuntimeStatus")
        connection.answer()
"""
        for _ in range(2):
            client = subprocess.Popen(["/usr/bin/python3", "-c", script, self.home.socket, os.path.dirname(http2.__file__)],
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            self.addCleanup(client.stdout.close)
            self.addCleanup(client.wait)
            self.addCleanup(client.kill)
            self.assertEqual(b"ready\n", client.stdout.readline())
        self.assert_answers(pid)

    def test_status_beside_more_idle_connections_than_are_kept(self):
        pid = self.home.start()["pid"]
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4000), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        held = []
        self.addCleanup(lambda: [client.close() for client in held])
        for number in range(1300):
            client = socket.socket(socket.AF_UNIX)
            held.append(client)
            client.settimeout(1)
            try:
                client.connect(str(self.home.socket))
                if number % 2:
                    client.sendall(http2.PREFACE[:10])  # Half a greeting.
            except OSError:
                break
        self.assert_answers(pid)

    def test_the_flood_costs_few_log_lines(self):
        self.home.start("--set", "log.level=debug")
        before = self.home.log().count("\n")
        flood = self.flood(self.home.socket)
        time.sleep(1.5)
        flood.close()
        self.assertLess(self.home.log().count("\n") - before, 100)

    @strangers.needs_root
    def test_strangers_that_are_refused_cost_few_log_lines(self):
        self.share_home()
        self.home.start()
        for path, mode in ((self.home.path, 0o711), (self.home.run_dir, 0o711), (self.home.socket, 0o666)):
            path.chmod(mode)
        script = """
import socket, sys
for _ in range(500):
    client = socket.socket(socket.AF_UNIX)
    try:
        client.connect(sys.argv[1])
        client.recv(1)
    except OSError:
        pass
    client.close()
"""
        subprocess.run(["/usr/bin/python3", "-c", script, self.home.socket], check=True,
                                 **strangers.as_user(strangers.STRANGER))
        self.home.path.chmod(0o700)
        self.home.run_dir.chmod(0o700)
        refused = [line for line in self.home.log().splitlines() if str(strangers.STRANGER) in line]
        self.assertLess(len(refused), 20)


class ClientTest(CaseTest):
    def test_every_authority_that_clients_send_is_taken(self):
        self.home.start()
        path = str(self.home.socket)
        for authority in ("localhost", "", path, path.replace("/", "%2F"), "unix", "localhost:0"):
            with self.subTest(authority), http2.connect(path) as client:
                connection = http2.Connection(client)
                connection.call("Readiness", authority)
                self.assertTrue(connection.answer())

    def test_keepalive_pings_every_second_keep_a_watch(self):
        port = strangers.free_port()
        self.home.start("--set", f"control_addr=127.0.0.1:{port}", env={"HOLON_CONTROL_TOKEN": "a-token-for-this"})
        unix, tcp = http2.connect(self.home.socket), socket.create_connection(("127.0.0.1", port))
        connections = [http2.Connection(unix, seconds=1), http2.Connection(tcp, seconds=1)]
        connections[0].call("WatchRuntimeStatus")
        connections[1].call("WatchRuntimeStatus", authorization="Bearer a-token-for-this")
        with unix, tcp:
            for _ in range(8):
                for connection in connections:
                    connection.ping()
                self.assert_no_goaway(connections, seconds=1)

    def test_pings_without_a_call_are_taken_too(self):
        self.home.start()
        with http2.connect(self.home.socket) as client:
            connection = http2.Connection(client, seconds=1)
            for _ in range(6):
                connection.ping()
                self.assert_no_goaway([connection], seconds=1)

    def assert_no_goaway(self, connections, seconds):
        end = time.monotonic() + seconds
        for connection in connections:
            connection.client.settimeout(max(0.01, seconds / len(connections)))
            while time.monotonic() < end:
                try:
                    got = connection.next()
                except TimeoutError:
                    break
                self.assertIsNotNone(got, "the connection was closed")
                self.assertNotEqual(http2.GOAWAY, got[0], got)

    def test_a_watching_client_that_never_reads_holds_up_nothing(self):
        self.home.start()
        with http2.connect(self.home.socket) as client:
            http2.Connection(client).call("WatchRuntimeStatus")
            for number in range(15):
                self.assert_exit(0, self.home.ctl("reload", "--set", f"agents.idle_timeout_ms={number + 1}"))
            self.assert_state("running")
            self.home.stop()


if __name__ == "__main__":
    main()
