"""A client in another language looks at a runtime, is refused, and ends it.

Run with HOLON_BIN naming the folder of holonctl and holond:

    HOLON_BIN=build/release/bin /usr/bin/python3 tests/clients/runtime_client_test.py
"""

import json
import os
import pathlib
import select
import shutil
import subprocess
import tempfile
import unittest

import grpc

import python_client

# Ends what hangs; nothing waits that long.
DEADLINE = 60


class RuntimeClientTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.contract = python_client.Contract()
        cls.addClassCleanup(cls.contract.close)

    def setUp(self):
        # In a short place, because a socket's path has at most 107 bytes.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="holon-client-", dir="/tmp"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.home = self.folder / "home"
        self.home.mkdir(mode=0o700)
        (self.home / "config.json").write_text(
            '{"model": {"default": "example/large"}, "drain": {"timeout_ms": 2000}}\n')
        self.addCleanup(self.holonctl, "stop")
        self.holonctl("start", "--stability-window", "0")
        self.status = self.holonctl("status")
        # Before anything is asked of it, so that its end is seen whoever brings it about.
        self.process = os.pidfd_open(self.status["pid"])
        self.addCleanup(os.close, self.process)
        channel = self.contract.connect(self.home / "run" / "holon.sock")
        self.addCleanup(channel.close)
        self.channel = channel
        self.control = self.contract.stub(channel)

    def holonctl(self, command, *arguments):
        """Runs it in the test's home and returns its document."""
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("HOLON_")}
        program = pathlib.Path(os.environ["HOLON_BIN"]) / "holonctl"
        result = subprocess.run(
            [program, "--json", "--home", self.home, command, *arguments], env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=DEADLINE, check=False)
        document = json.loads(result.stdout)
        self.assertEqual(0, result.returncode, document)
        return document

    def call(self, method, **fields):
        request = getattr(self.contract.control, method + "Request")(**fields)
        return getattr(self.control, method)(request, timeout=DEADLINE)

    def test_status_is_what_holonctl_says(self):
        status = self.call("RuntimeStatus")
        self.assertEqual(
            {name: self.status[name] for name in ("pid", "instance_id", "home_dir", "socket_path",
                                                  "version", "healthy")},
            {"pid": status.pid, "instance_id": status.instance_id, "home_dir": status.home_dir,
             "socket_path": status.socket_path, "version": status.version,
             "healthy": status.healthy})
        self.assertEqual(self.status["runtime_config_fingerprint"], status.config_fingerprint)
        self.assertEqual("1", status.contract_version.partition(".")[0])
        self.assertEqual(self.contract.control.PHASE_READY, status.phase)
        self.assertEqual(self.contract.control.ACTIVITY_STATE_IDLE, status.activity.state)
        values = {value.path: value for value in status.config}
        self.assertEqual('"example/large"', values["model.default"].value)
        self.assertEqual(self.contract.config.SOURCE_FILE, values["model.default"].origin.source)
        self.assertIn("config.json:1:", values["model.default"].origin.location)

    def test_readiness_is_the_same_without_what_costs(self):
        readiness = self.call("Readiness")
        status = self.call("RuntimeStatus")
        shared = {field.name for field in readiness.DESCRIPTOR.fields}
        self.assertEqual(set(), {"activity", "last_failure", "counters"} & shared)
        for name in shared:
            self.assertEqual(getattr(status, name), getattr(readiness, name), name)

    def test_a_watch_begins_with_the_present(self):
        watch = self.control.WatchRuntimeStatus(
            self.contract.control.WatchRuntimeStatusRequest(), timeout=DEADLINE)
        first = next(watch)
        self.assertEqual(self.status["instance_id"], first.status.instance_id)
        self.assertFalse(first.last)
        watch.cancel()

    def test_health_is_served_by_name(self):
        for service in ("", "holon.v1.RuntimeControl"):
            self.assertEqual("SERVING", self.contract.health(self.channel, service, DEADLINE))
        with self.assertRaises(grpc.RpcError) as caught:
            self.contract.health(self.channel, "holon.v1.Nothing", DEADLINE)
        self.assertEqual(grpc.StatusCode.NOT_FOUND, caught.exception.code())

    def test_configurations_are_compared_over_there(self):
        same = self.call("CompareConfig", fingerprint=self.status["runtime_config_fingerprint"])
        self.assertTrue(same.match)
        other = self.call("CompareConfig", fingerprint="0" * 64)
        self.assertFalse(other.match)
        self.assertEqual(0, len(other.differences))
        wanted = self.contract.config.EffectiveConfig()
        wanted.model.default = "example/small"
        wanted.drain.timeout_ms = 2000
        answer = self.call("CompareConfig", config=wanted)
        self.assertFalse(answer.match)
        self.assertEqual(["model.default"], [row.path for row in answer.differences])
        self.assertEqual('"example/small"', answer.differences[0].expected)
        self.assertEqual('"example/large"', answer.differences[0].actual)
        self.assertEqual(self.contract.options.APPLY_HOT, answer.differences[0].apply)

    def test_another_generation_is_not_stopped(self):
        with self.assertRaises(grpc.RpcError) as caught:
            self.call("Shutdown", reason="a mistake",
                      expected_instance_id="00000000-0000-4000-8000-000000000000")
        self.assertEqual(grpc.StatusCode.FAILED_PRECONDITION, caught.exception.code())
        status, info = self.contract.reason(caught.exception)
        self.assertEqual(grpc.StatusCode.FAILED_PRECONDITION.value[0], status.code)
        self.assertEqual(("GENERATION_MISMATCH", "holon"), (info.reason, info.domain))
        self.assertEqual(self.status["instance_id"], self.call("Readiness").instance_id)

    def test_a_shutdown_ends_the_process_and_takes_its_files_along(self):
        answer = self.call("Shutdown", reason="the test is over",
                           expected_instance_id=self.status["instance_id"],
                           caller={"pid": os.getpid(), "command": "runtime_client_test"})
        self.assertEqual((self.status["pid"], str(self.home), True, self.status["instance_id"]),
                         (answer.pid, answer.home_dir, answer.shutdown_requested,
                          answer.instance_id))
        readable, _, _ = select.select([self.process], [], [], DEADLINE)
        self.assertTrue(readable, "the process lives on")
        run = self.home / "run"
        left = {path.name for path in run.iterdir()}
        self.assertEqual(set(), left & {"holon.sock", "holon.pid", "daemon.json"})
        self.assertTrue((self.home / "config.json").exists())
        log = (run / "daemon.log").read_text(encoding="utf-8")
        self.assertIn("the test is over", log)
        self.assertIn("runtime_client_test", log)


if __name__ == "__main__":
    unittest.main()
