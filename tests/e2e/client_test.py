"""The contract, spoken by a client that knows nothing but protos/: Python's gRPC on the home's socket."""

import threading

import grpc

import processes
import stubs
from harness import HolonTest, main

DEADLINE = 60


class ClientTest(HolonTest):
    def setUp(self):
        super().setUp()
        self.started = self.home.start()
        self.channel, self.control = stubs.control(self.home.socket)
        self.addCleanup(self.channel.close)

    def call(self, method, **fields):
        request = stubs.message(method + "Request")(**fields)
        return getattr(self.control, method)(request, timeout=DEADLINE)

    def refusal(self, method, **fields):
        """The code, and the reason in the status details (ErrorInfo is found by its text)."""
        with self.assertRaises(grpc.RpcError) as caught:
            self.call(method, **fields)
        details = dict(caught.exception.trailing_metadata()).get("grpc-status-details-bin", b"")
        return caught.exception.code(), details

    def test_status_names_the_runtime(self):
        status = self.call("RuntimeStatus")
        self.assertEqual(self.started["instance_id"], status.instance_id)
        self.assertEqual((self.started["pid"], str(self.home.path), str(self.home.socket), True),
                         (status.pid, status.home_dir, status.socket_path, status.healthy))
        self.assertEqual(self.started["runtime_config_fingerprint"], status.config_fingerprint)
        self.assertEqual("1", status.contract_version.split(".")[0])
        self.assertEqual([value.path for value in status.config],
                         sorted(value.path for value in status.config))

    # Case: shutdown requests shutdown.
    def test_shutdown_is_answered_and_ends_the_process(self):
        answer = self.call("Shutdown", reason="a test",
                           expected_instance_id=self.started["instance_id"])
        self.home.serving = False
        self.assertEqual((self.started["pid"], str(self.home.path), True,
                          self.started["instance_id"]),
                         (answer.pid, answer.home_dir, answer.shutdown_requested, answer.instance_id))
        processes.wait_gone(self.started["pid"])
        self.assert_nothing_left()
        self.assertIn("a test", self.home.log())

    def test_another_generation_is_not_stopped(self):
        code, details = self.refusal("Shutdown", expected_instance_id="somebody else")
        self.assertEqual(grpc.StatusCode.FAILED_PRECONDITION, code)
        self.assertIn(b"GENERATION_MISMATCH", details)
        self.assertIn(b"holon", details)
        self.assert_state("running", instance_id=self.started["instance_id"])

    def test_requests_out_of_bounds_are_refused(self):
        for fields in ({"reason": "x" * 1025}, {"drain_deadline": {"seconds": 3601}},
                       {"drain_deadline": {"seconds": -1}}):
            with self.subTest(fields):
                code, details = self.refusal("Shutdown", **fields)
                self.assertEqual(grpc.StatusCode.INVALID_ARGUMENT, code)
                self.assertIn(b"INVALID_ARGUMENT", details)
        with self.assertRaises(grpc.RpcError) as caught:
            self.call("Shutdown", reason="x" * (64 << 20))
        self.assertEqual(grpc.StatusCode.RESOURCE_EXHAUSTED, caught.exception.code())
        self.assert_state("running", instance_id=self.started["instance_id"])

    def test_a_watch_shows_the_present_and_ends_with_a_last_message(self):
        stream = self.control.WatchRuntimeStatus(stubs.message("WatchRuntimeStatusRequest")())
        first = next(stream)
        self.assertEqual((self.started["instance_id"], False),
                         (first.status.instance_id, first.last))
        self.home.stop()
        *_, last = stream
        self.assertTrue(last.last)
        self.assertEqual(3, last.status.phase)

    def test_a_hundred_watches_do_not_hold_a_stop_open(self):
        streams = [self.control.WatchRuntimeStatus(stubs.message("WatchRuntimeStatusRequest")())
                   for _ in range(100)]
        for stream in streams:
            next(stream)
        document = self.home.stop()
        self.assertNotIn("sigterm", [receipt["step"] for receipt in document["steps"]])
        for stream in streams:
            *_, last = stream
            self.assertTrue(last.last)

    def test_a_client_that_never_reads_its_watch_does_not_either(self):
        stream = self.control.WatchRuntimeStatus(stubs.message("WatchRuntimeStatusRequest")())
        document = self.home.stop()
        self.assertNotIn("sigterm", [receipt["step"] for receipt in document["steps"]])
        stream.cancel()

    def test_health_is_serving(self):
        check = self.channel.unary_unary("/grpc.health.v1.Health/Check")
        name = b"holon.v1.RuntimeControl"
        for service in (b"", b"\x0a" + bytes([len(name)]) + name):
            self.assertEqual(b"\x08\x01", check(service, timeout=DEADLINE))
        with self.assertRaises(grpc.RpcError) as caught:
            check(b"\x0a\x04none", timeout=DEADLINE)
        self.assertEqual(grpc.StatusCode.NOT_FOUND, caught.exception.code())

    def test_many_clients_are_answered_at_once(self):
        answers = []

        def ask():
            channel, control = stubs.control(self.home.socket)
            with channel:
                answers.append(control.RuntimeStatus(
                    stubs.message("RuntimeStatusRequest")(), timeout=DEADLINE).instance_id)

        threads = [threading.Thread(target=ask) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([self.started["instance_id"]] * 50, answers)

    # Case: status is open over the Unix socket when auth is required; readiness likewise.
    def test_the_sockets_clients_need_no_token(self):
        self.home.stop()
        self.home.start("--set", "control_auth_mode=required", "--set", "control_addr=127.0.0.1:0",
                        env={"HOLON_CONTROL_TOKEN": "Sesame"})
        channel, control = stubs.control(self.home.socket)
        with channel:
            self.assertTrue(control.RuntimeStatus(
                stubs.message("RuntimeStatusRequest")(), timeout=DEADLINE).healthy)
            self.assertTrue(control.Readiness(
                stubs.message("ReadinessRequest")(), timeout=DEADLINE).healthy)


if __name__ == "__main__":
    main()
