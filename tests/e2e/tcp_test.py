"""control_addr: who may call over TCP, who is named, and what idle strangers cannot do."""

import json
import os
import resource
import socket
import threading
import time

import grpc

import http2
import processes
import strangers
import stubs
from harness import HolonTest, main

DEADLINE = 60
REFLECTION = [f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo"
              for version in ("v1", "v1alpha")]
LIST_SERVICES = b"\x3a\x00"


class TcpTest(HolonTest):
    def start(self, *sets, host="127.0.0.1", port=0, **options):
        """Starts a runtime with control_addr; the address that status shows."""
        sets = (f"control_addr={host}:{port}",) + sets
        arguments = [word for value in sets for word in ("--set", value)]
        self.pid = self.home.start(*arguments, **options)["pid"]
        self.address = self.call_socket("RuntimeStatus").control_addr
        return self.address

    def call_socket(self, method, **fields):
        channel, control = stubs.control(self.home.socket)
        with channel:
            return getattr(control, method)(stubs.message(method + "Request")(**fields),
                                            timeout=DEADLINE)

    def channel(self):
        channel = grpc.insecure_channel(self.address, [("grpc.enable_http_proxy", 0)])
        self.addCleanup(channel.close)
        return channel

    def call(self, method="Readiness", token=None, **fields):
        control = stubs.load("runtime_control_pb2_grpc").RuntimeControlStub(self.channel())
        metadata = [] if token is None else [("authorization", f"Bearer {token}")]
        return getattr(control, method)(stubs.message(method + "Request")(**fields),
                                        timeout=DEADLINE, metadata=metadata, wait_for_ready=True)

    def assert_turned_away(self, token=None):
        with self.assertRaises(grpc.RpcError) as caught:
            self.call(token=token)
        self.assertEqual(grpc.StatusCode.UNAUTHENTICATED, caught.exception.code())

    @property
    def token_file(self):
        return self.home.path / "control.token"

    def connect(self):
        host, _, port = self.address.rpartition(":")
        client = socket.create_connection((host.strip("[]"), int(port)), timeout=DEADLINE)
        self.addCleanup(client.close)
        return client

    def open_files(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))


class TokenTest(TcpTest):
    def test_auto_and_required_ask_everybody_for_the_token(self):
        for mode in ("auto", "required"):
            with self.subTest(mode):
                self.start(f"control_auth_mode={mode}", env={"HOLON_CONTROL_TOKEN": "Sesame"})
                self.assertTrue(self.call(token="Sesame").healthy)
                self.assert_turned_away()
                self.assert_turned_away("Sesam")
                self.assert_turned_away("Sesame ")
                self.assertFalse(self.token_file.exists(), "one is configured")
                self.home.stop()

    def test_where_none_is_configured_one_is_made_and_kept(self):
        self.start("control_auth_mode=required")
        fingerprint = self.assert_state("running")["runtime_config_fingerprint"]
        self.assertEqual(0o600, self.token_file.stat().st_mode & 0o777)
        token = self.token_file.read_text().strip()
        self.assertRegex(token, "^[0-9a-f]{64}$")
        self.assertTrue(self.call(token=token).healthy)
        self.assert_turned_away()
        self.assertNotIn(token, self.home.log())
        self.assert_exit(0, self.home.ctl("reload"))
        self.token_file.unlink()
        processes.wait_until(self.token_file.exists, "the token is healed")
        self.assertEqual(token, self.token_file.read_text().strip())
        self.home.stop()
        self.token_file.unlink()
        self.start("control_auth_mode=required")
        status = self.assert_state("running")
        self.assertEqual(fingerprint, status["runtime_config_fingerprint"], "it is no difference")
        self.assertNotEqual(token, self.token_file.read_text().strip())

    def test_without_control_addr_there_is_no_token(self):
        self.home.start()
        self.assertFalse(self.token_file.exists())

    def test_a_token_file_that_others_read_is_refused(self):
        self.home.make()
        self.token_file.write_text("Sesame\n")
        self.token_file.chmod(0o644)
        result = self.home.ctl("start", "--json", "--set", "control_addr=127.0.0.1:0")
        document = self.assert_failure(result, 1)
        self.assertIn("control.token is open to others; run: chmod 600", str(document))
        self.assertEqual("Sesame\n", self.token_file.read_text())

    def test_disabled_opens_the_port_and_says_so(self):
        self.start("control_auth_mode=disabled")
        self.assertEqual(self.assert_state("running")["instance_id"], self.call().instance_id)
        self.assertIn("control_auth_mode is disabled", str(self.call().degraded))
        self.assertIn("control_auth_mode is disabled", self.home.log())
        self.assertFalse(self.token_file.exists())
        for command in ("start", "ensure", "status", "doctor"):
            result = self.home.ctl(command, "--set", "control_auth_mode=disabled",
                                   "--set", "control_addr=127.0.0.1:0")
            self.assertIn("control_auth_mode is disabled", result.out + result.err, command)

    def test_an_address_off_loopback_is_refused_before_anything_starts(self):
        for mode, address in (("auto", "0.0.0.0:0"), ("required", "[::]:0"), ("disabled", "10.0.0.1:1")):
            with self.subTest(mode):
                result = self.home.ctl("start", "--json", "--set", f"control_auth_mode={mode}",
                                       "--set", f"control_addr={address}",
                                       env={"HOLON_CONTROL_TOKEN": "Sesame"})
                document = self.assert_failure(result, 2)
                self.assertIn("control_addr", str(document))
                self.assertIn("allowed: a loopback address", str(document))

    def test_status_shows_the_port_that_was_free(self):
        self.assertRegex(self.start(), r"^127\.0\.0\.1:[1-9]\d*$")
        self.assertEqual(self.address, self.home.record()["control_addr"])
        self.home.stop()
        self.assertRegex(self.start(host="localhost"), r"^localhost:[1-9]\d*$")

    def test_reflection_wants_the_token_and_costs_no_thread(self):
        self.start(env={"HOLON_CONTROL_TOKEN": "Sesame"})
        bearer = [("authorization", "Bearer Sesame")]
        channel = self.channel()
        calls = [channel.stream_stream(name) for name in REFLECTION]
        for call in calls:
            with self.assertRaises(grpc.RpcError) as caught:
                next(call(iter([LIST_SERVICES]), timeout=DEADLINE))
            self.assertEqual(grpc.StatusCode.UNAUTHENTICATED, caught.exception.code())
            answer = next(call(iter([LIST_SERVICES]), timeout=DEADLINE, metadata=bearer))
            self.assertIn(b"holon.v1.RuntimeControl", answer)
        threads = os.listdir(f"/proc/{self.pid}/task")
        over = threading.Event()

        def one_question():
            yield LIST_SERVICES
            over.wait(DEADLINE)

        streams = [call(one_question(), timeout=DEADLINE, metadata=bearer)
                   for call in calls for _ in range(50)]
        for stream in streams:
            next(stream)
        # gRPC's own pool may grow by one when it is busy.
        self.assertLess(len(os.listdir(f"/proc/{self.pid}/task")), len(threads) + 5, "none of 100 streams has a thread")
        over.set()

    def test_log_and_audit_name_the_tcp_caller(self):
        self.start(env={"HOLON_CONTROL_TOKEN": "Sesame"})
        self.call("Shutdown", token="Sesame", reason="by\ntcp\x1b[2J",
                  caller={"pid": 7, "command": "x\nforged"})
        self.home.serving = False
        processes.wait_gone(self.pid)
        audit = [json.loads(line) for line in
                 (self.home.run_dir / "audit.log").read_text().splitlines()]
        stopped = next(entry for entry in audit if "by?tcp?[2J" in str(entry))
        self.assertIn("tcp 127.0.0.1:", str(stopped))
        self.assertNotIn("uid", str([value for key, value in stopped.items() if "tcp 127" in str(value)]))
        self.assertIn("tcp 127.0.0.1:", self.home.log())
        self.assertNotIn("\nforged", self.home.log())


class OwnClientTest(TcpTest):
    """Our own clients on the Unix socket need no token, whatever their end is bound to."""

    def test_a_client_bound_to_a_name_is_served(self):
        self.start()
        for name in (None, "\0" + f"holon-test-{os.getpid()}", f"{self.home.root}/client"):
            client = socket.socket(socket.AF_UNIX)
            self.addCleanup(client.close)
            if name is None:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            else:
                client.bind(name)
            client.connect(str(self.home.socket))
            connection = http2.Connection(client, seconds=DEADLINE)
            connection.call("Readiness")
            self.assertIn(str(self.home.path).encode(), connection.answer())


class LimitTest(TcpTest):
    def limit(self, files):
        _, most = resource.prlimit(self.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (files, most))

    def test_idle_strangers_take_no_descriptor_from_the_socket(self):
        self.start()
        self.limit(128)
        held = [self.connect() for _ in range(150)]
        self.assert_state("running")
        self.assertLessEqual(self.open_files(), 96, "a quarter is kept free")
        owned = []
        for _ in range(150):
            client = socket.socket(socket.AF_UNIX)
            self.addCleanup(client.close)
            client.connect(str(self.home.socket))
            owned.append(client)
        self.assert_state("running")
        processes.wait_until(lambda: self.open_files() <= 96, "a quarter is free")
        for client in held + owned:
            client.close()
        token = self.token_file.read_text().strip()
        self.assertEqual(self.pid, self.call("RuntimeStatus", token=token).pid)

    def test_a_client_that_speaks_outlives_those_that_never_did(self):
        self.start()
        self.limit(128)
        stream = stubs.control(self.home.socket)
        self.addCleanup(stream[0].close)
        watch = stream[1].WatchRuntimeStatus(stubs.message("WatchRuntimeStatusRequest")())
        next(watch)
        for _ in range(100):
            client = socket.socket(socket.AF_UNIX)
            self.addCleanup(client.close)
            client.connect(str(self.home.socket))
        self.assert_state("running")
        self.home.stop()
        *_, last = watch
        self.assertTrue(last.last)

    def test_without_descriptors_it_waits_says_so_once_and_recovers(self):
        self.start()
        self.limit(self.open_files() - 2)
        before, log = strangers.cpu_seconds(self.pid), len(self.home.log())
        waiting = socket.socket(socket.AF_UNIX)
        self.addCleanup(waiting.close)
        waiting.connect(str(self.home.socket))
        self.connect()
        time.sleep(2)
        # Work of the processor, not time that passes: a busy loop does 2 s of it.
        self.assertLess(strangers.cpu_seconds(self.pid) - before, 1)
        self.assertLess(len(self.home.log()) - log, 2000)
        self.assertIn("no connection can be accepted", self.home.log())
        self.limit(1024)
        self.assertTrue(self.call_socket("Readiness").pid)
        token = self.token_file.read_text().strip()
        processes.wait_until(lambda: self.call(token=token).healthy, "TCP answers, and all is well")

    def test_what_is_no_http2_is_closed(self):
        self.start()
        client = self.connect()
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        while client.recv(4096):
            pass
        files = self.open_files()
        processes.wait_until(lambda: self.open_files() <= files, "its descriptors are closed")

    def test_a_port_that_is_taken_is_a_failed_start(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            result = self.home.ctl("start", "--json", "--set",
                                   f"control_addr=127.0.0.1:{taken.getsockname()[1]}")
        self.assertIn("is the port taken", str(self.assert_failure(result, 1)))
        self.home.leaves_files = True


if __name__ == "__main__":
    main()
