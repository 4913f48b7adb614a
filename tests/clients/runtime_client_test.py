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
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

import python_client

# Ends what hangs; nothing waits that long.
DEADLINE = 60

# What of grpc.reflection.v1alpha is needed here; Debian's Python has no package of it.
REFLECTION = """
name: "reflection.proto" package: "grpc.reflection.v1alpha" syntax: "proto3"
message_type { name: "ServerReflectionRequest"
  field { name: "file_containing_symbol" number: 4 type: TYPE_STRING oneof_index: 0 }
  field { name: "list_services" number: 7 type: TYPE_STRING oneof_index: 0 }
  oneof_decl { name: "message_request" } }
message_type { name: "ServerReflectionResponse"
  field { name: "file_descriptor_response" number: 4 type: TYPE_MESSAGE type_name: "Files" }
  field { name: "list_services_response" number: 6 type: TYPE_MESSAGE type_name: "Services" } }
message_type { name: "Files"
  field { name: "file_descriptor_proto" number: 1 type: TYPE_BYTES label: LABEL_REPEATED } }
message_type { name: "Services"
  field { name: "service" number: 1 type: TYPE_MESSAGE type_name: "Service" label: LABEL_REPEATED } }
message_type { name: "Service" field { name: "name" number: 1 type: TYPE_STRING } }
"""


def reflect(channel, **question):
    """The answer of a server to one question about itself."""
    pool = descriptor_pool.DescriptorPool()
    pool.Add(text_format.Parse(REFLECTION, descriptor_pb2.FileDescriptorProto()))
    factory = message_factory.MessageFactory(pool)
    package = "grpc.reflection.v1alpha"
    request, response = (
        factory.GetPrototype(pool.FindMessageTypeByName(f"{package}.ServerReflection{kind}"))
        for kind in ("Request", "Response"))
    call = channel.stream_stream(f"/{package}.ServerReflection/ServerReflectionInfo",
                                 request_serializer=request.SerializeToString,
                                 response_deserializer=response.FromString)
    return next(call(iter([request(**question)]), timeout=DEADLINE))


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

    def test_a_watch_ends_when_the_runtime_drains(self):
        watch = self.control.WatchRuntimeStatus(
            self.contract.control.WatchRuntimeStatusRequest(), timeout=DEADLINE)
        next(watch)
        self.call("Shutdown", reason="the watch is over")
        *before, last = watch
        self.assertFalse([message for message in before if message.last])
        self.assertTrue(last.last)
        self.assertEqual(self.contract.control.PHASE_DRAINING, last.status.phase)
        self.assertEqual(self.status["instance_id"], last.status.instance_id)

    def test_it_describes_itself(self):
        answer = reflect(self.channel, list_services="")
        services = {service.name for service in answer.list_services_response.service}
        self.assertLessEqual({"holon.v1.RuntimeControl", "grpc.health.v1.Health"}, services)
        answer = reflect(self.channel, file_containing_symbol="holon.v1.RuntimeControl")
        described = descriptor_pb2.FileDescriptorProto.FromString(
            answer.file_descriptor_response.file_descriptor_proto[0])
        self.assertEqual(self.contract.control.DESCRIPTOR.name, described.name)
        self.assertEqual(
            list(self.contract.control.DESCRIPTOR.services_by_name["RuntimeControl"].methods_by_name),
            [method.name for method in described.service[0].method])

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

    def test_a_reload_applies_what_may_change_and_names_the_rest(self):
        before = self.status["runtime_config_fingerprint"]
        self.assertEqual(before, self.call("Reload").config_fingerprint)
        (self.home / "config.json").write_text(
            '{"model": {"default": "example/small"}, "drain": {"timeout_ms": 2000},'
            ' "http_addr": "127.0.0.1:0"}\n')
        answer = self.call("Reload", expected_instance_id=self.status["instance_id"])
        self.assertEqual(["model.default"], [row.path for row in answer.applied])
        self.assertEqual(["http_addr"], [row.path for row in answer.refused])
        self.assertNotEqual(before, answer.config_fingerprint)
        self.assertEqual(answer.config_fingerprint, self.call("Readiness").config_fingerprint)

    def test_a_reload_of_an_invalid_file_changes_nothing(self):
        (self.home / "config.json").write_text('{"model": 1}\n')
        with self.assertRaises(grpc.RpcError) as caught:
            self.call("Reload")
        self.assertEqual(grpc.StatusCode.INVALID_ARGUMENT, caught.exception.code())
        _, info = self.contract.reason(caught.exception)
        self.assertEqual("INVALID_CONFIG", info.reason)
        self.assertEqual(self.status["runtime_config_fingerprint"],
                         self.call("Readiness").config_fingerprint)

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
