"""control_addr: nobody without the token gets an answer, and nobody can silence the runtime.

Bad requests do not fill the log, silent clients do not use up the descriptors, and two programs never share a port.
"""

import os
import re
import socket
import subprocess
import threading

import grpc

from case import NO_WINDOW, CaseTest, processes, strangers
import http2
import stubs
from harness import main
from peers import PYTHON

CONTROL = "/holon.v1.RuntimeControl/"
METHODS = [CONTROL + name for name in ("RuntimeStatus", "Readiness", "CompareConfig", "Reload", "Shutdown")]
WATCH = CONTROL + "WatchRuntimeStatus"
REFLECTION = [f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo" for version in ("v1", "v1alpha")]
TOKEN = "a-token-for-this-test"
SHUTDOWN = """
import grpc, sys
call = grpc.insecure_channel("127.0.0.1:" + sys.argv[1]).unary_unary(
    "/holon.v1.RuntimeControl/Shutdown", request_serializer=bytes, response_deserializer=bytes)
try:
    call(b"", timeout=30)
    print("OK")
except grpc.RpcError as error:
    print(error.code().name)
"""


class TcpTest(CaseTest):
    def serve_tcp(self, mode="auto", token=TOKEN, *arguments):
        self.port = strangers.free_port()
        env = {"HOLON_CONTROL_TOKEN": token} if token else {}
        return self.home.start("--set", f"control_addr=127.0.0.1:{self.port}", "--set", f"control_auth_mode={mode}",
                               *arguments, env=env)

    def ask(self, method, request=b"", kind="unary", token=None):
        """(name of the status code, first answer)."""
        metadata = [("authorization", f"Bearer {token}")] if token else None
        with grpc.insecure_channel(f"127.0.0.1:{self.port}", [("grpc.enable_http_proxy", 0)]) as channel:
            options = {"request_serializer": bytes, "response_deserializer": bytes}
            try:
                if kind == "unary":
                    return "OK", channel.unary_unary(method, **options)(request, timeout=30, metadata=metadata)
                if kind == "watch":
                    return "OK", next(channel.unary_stream(method, **options)(request, timeout=30, metadata=metadata))
                calls = channel.stream_stream(method, **options)(iter([request]), timeout=30, metadata=metadata)
                return "OK", next(calls)
            except (grpc.RpcError, StopIteration) as error:
                return getattr(error, "code", lambda: grpc.StatusCode.OK)().name, b""

    def ask_all(self, token=None):
        """What answers: {method: status code}, Shutdown at the end."""
        answers = {method: self.ask(method, b"\x3a\x00", "both", token)[0] for method in REFLECTION}
        answers[WATCH] = self.ask(WATCH, kind="watch", token=token)[0]
        answers.update({method: self.ask(method, token=token)[0] for method in METHODS})
        return answers


class TokenTest(TcpTest):
    def test_no_call_is_answered_without_the_token(self):
        for mode in ("auto", "required"):
            started = self.serve_tcp(mode)
            for token in (None, "not-the-token", TOKEN[:-1], TOKEN + "x"):
                with self.subTest(mode=mode, token=token):
                    for method, code in self.ask_all(token).items():
                        self.assertEqual("UNAUTHENTICATED", code, method)
            self.assert_state("running", instance_id=started["instance_id"])
            self.assertEqual("OK", self.ask(METHODS[0], token=TOKEN)[0])
            self.home.stop()

    @strangers.needs_root
    def test_another_user_cannot_end_it_over_loopback(self):
        for token in (TOKEN, None):
            started = self.serve_tcp(token=token)
            asked = subprocess.run([PYTHON, "-c", SHUTDOWN, str(self.port)], capture_output=True, text=True,
                                   check=True, **strangers.as_user(strangers.STRANGER))
            self.assertEqual("UNAUTHENTICATED\n", asked.stdout)
            self.assert_state("running", instance_id=started["instance_id"])
            self.home.stop()

    def test_who_ended_it_over_tcp_is_told_with_its_address(self):
        pid = self.serve_tcp()["pid"]
        self.assert_exit(0, self.home.status())  # The last client of the Unix socket had no part in it.
        self.assertEqual("OK", self.ask(METHODS[-1], token=TOKEN)[0])
        processes.wait_gone(pid)
        self.home.serving = False
        log = self.home.log()
        draining = next(line for line in log.splitlines() if "draining" in line)
        self.assertTrue(set(re.findall(r"127\.0\.0\.1:(\d+)", draining)) - {str(self.port)}, draining)
        self.assertNotIn(TOKEN, log)

    def test_a_port_is_not_shared(self):
        self.serve_tcp()
        second = self.new_home()
        result = second.ctl("start", *NO_WINDOW, "--set", f"control_addr=127.0.0.1:{self.port}",
                            env={"HOLON_CONTROL_TOKEN": TOKEN})
        self.assert_exit(1, result)
        self.assertRegex(result.err, "(?i)in use|taken")
        self.assertEqual("stopped", second.status().json["state"])


class StreamsTest(TcpTest):
    def test_streams_without_a_token_cost_no_threads(self):
        pid = self.serve_tcp("required")["pid"]

        def threads():
            return len(os.listdir(f"/proc/{pid}/task"))

        before = threads()
        done = threading.Event()

        def silent():
            done.wait(60)
            yield from ()

        with grpc.insecure_channel(f"127.0.0.1:{self.port}") as channel:
            calls = []
            for method in REFLECTION:
                stream = channel.stream_stream(method, request_serializer=bytes, response_deserializer=bytes)
                calls += [stream(silent(), timeout=60) for _ in range(40)]
            self.assertTrue(self.stays(lambda: threads() <= before + 10, 1.5), f"{before} threads, now {threads()}")
            done.set()
            for call in calls:
                call.cancel()

    def test_with_a_token_they_cost_none_either(self):
        pid = self.serve_tcp()["pid"]
        before = len(os.listdir(f"/proc/{pid}/task"))
        channel, control = stubs.control(self.home.socket)
        with channel:
            watches = [control.WatchRuntimeStatus(stubs.message("WatchRuntimeStatusRequest")()) for _ in range(60)]
            for watch in watches:
                next(watch)
            self.assertLessEqual(len(os.listdir(f"/proc/{pid}/task")), before + 10)


class IdleTest(TcpTest):
    """Connections that say nothing, more than there are descriptors."""

    def serve_few(self, descriptors=128):
        self.port = strangers.free_port()
        self.home.make()
        command = ("--set", f"control_addr=127.0.0.1:{self.port}")
        running = self.home.spawn_holond(*command, env={"HOLON_CONTROL_TOKEN": TOKEN},
                                         preexec_fn=lambda: limit_descriptors(descriptors))
        self.addCleanup(self.end_process, self.home, running)
        self.assert_exit(0, self.home.ctl("wait", "--for", "ready", "--timeout", "30s"))
        processes.wait_until(lambda: http2.speaks_http2(self.port), "the port answers")
        return running

    def connect_many(self, address, count):
        held = []
        for _ in range(count):
            client = socket.socket(socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX)
            client.settimeout(0.3)
            try:
                client.connect(address)
            except OSError:
                client.close()
                break
            held.append(client)
        self.addCleanup(close_all, held)
        return held

    def test_idle_tcp_connections_never_silence_the_unix_socket(self):
        for descriptors in (64, 128):
            running = self.serve_few(descriptors)
            held = self.connect_many(("127.0.0.1", self.port), 200)
            for _ in range(3):
                self.assert_state("running", pid=running.pid)
            close_all(held)
            processes.wait_until(lambda: http2.speaks_http2(self.port), "the port answers again")
            self.home.stop()
            running.finish()

def limit_descriptors(count):
    import resource
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))


def close_all(sockets):
    for client in sockets:
        client.close()


class LogTest(TcpTest):
    def test_bad_requests_do_not_grow_the_log_beyond_its_bound(self):
        self.serve_tcp("auto", TOKEN, "--set", "log.max_bytes=4096", "--set", "log.max_files=2")
        for headers in ({"grpc_encoding": "z" * 1000}, {"grpc_timeout": "soon" * 200}, {"content_type": "x" * 1000}):
            for _ in range(120):
                with socket.create_connection(("127.0.0.1", self.port), 30) as client:
                    connection = http2.Connection(client)
                    connection.call("Readiness", **headers)
                    connection.answer()
        self.assertLessEqual(self.home.log_file.stat().st_size, 16384)

    def test_what_is_no_http_at_all(self):
        self.serve_tcp("auto", TOKEN, "--set", "log.max_bytes=4096", "--set", "log.max_files=2")
        for _ in range(300):
            with socket.create_connection(("127.0.0.1", self.port), 30) as client:
                client.sendall(b"GET /\x1b[31m HTTP/1.1\r\n\r\n")
        self.assert_state("running")
        self.assertLessEqual(self.home.log_file.stat().st_size, 16384)
        self.assertNotIn("\x1b", self.home.log())

    def test_the_same_warning_is_counted_and_not_repeated(self):
        self.serve_tcp()
        for _ in range(100):
            self.ask(METHODS[0]) if _ < 20 else http2.speaks_http2(self.port)
        lines = [line for line in self.home.log().splitlines() if "127.0.0.1:" in line]
        self.assertLess(len(lines), 30)


if __name__ == "__main__":
    main()
