"""A client of a runtime that knows nothing but protos/: what it takes in Python."""

import importlib
import pathlib
import shutil
import subprocess
import sys
import tempfile

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PROTOS = pathlib.Path(__file__).resolve().parents[2] / "protos"
GENERATED = ["holon/v1/options.proto", "holon/v1/config.proto", "holon/v1/runtime_control.proto"]
# These live in packages that Python's gRPC and protobuf bring themselves, so no modules are generated.
DESCRIBED = ["google/rpc/status.proto", "google/rpc/error_details.proto",
             "grpc/health/v1/health.proto"]


def _protoc(*arguments):
    subprocess.run(["protoc", f"-I{PROTOS}", *arguments], check=True)


class Contract:
    """Generated messages and stubs, in a folder of their own until they are closed."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="holon-client-")
        folder = self._folder.name
        plugin = shutil.which("grpc_python_plugin")
        _protoc(f"--python_out={folder}", f"--grpc_python_out={folder}",
                f"--plugin=protoc-gen-grpc_python={plugin}", *GENERATED)
        sys.path.insert(0, folder)
        self.control = importlib.import_module("holon.v1.runtime_control_pb2")
        self.config = importlib.import_module("holon.v1.config_pb2")
        self.options = importlib.import_module("holon.v1.options_pb2")
        self._stubs = importlib.import_module("holon.v1.runtime_control_pb2_grpc")
        self._load_described(folder)

    def close(self):
        sys.path.remove(self._folder.name)
        self._folder.cleanup()

    def _load_described(self, folder):
        _protoc("--include_imports", f"--descriptor_set_out={folder}/described.binpb", *DESCRIBED)
        content = pathlib.Path(folder, "described.binpb").read_bytes()
        files = descriptor_pb2.FileDescriptorSet.FromString(content)
        pool = descriptor_pool.DescriptorPool()
        for file in files.file:
            pool.Add(file)
        factory = message_factory.MessageFactory(pool)

        def described(name):
            return factory.GetPrototype(pool.FindMessageTypeByName(name))

        self.rpc_status = described("google.rpc.Status")
        self.error_info = described("google.rpc.ErrorInfo")
        self.health_request = described("grpc.health.v1.HealthCheckRequest")
        self.health_response = described("grpc.health.v1.HealthCheckResponse")

    def connect(self, socket):
        """A channel to a socket. The proxy of the environment is not for sockets."""
        return grpc.insecure_channel(f"unix:{socket}", [("grpc.enable_http_proxy", 0)])

    def stub(self, channel):
        return self._stubs.RuntimeControlStub(channel)

    def health(self, channel, service, timeout):
        """The serving status of a service, by name."""
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=self.health_request.SerializeToString,
            response_deserializer=self.health_response.FromString)
        response = check(self.health_request(service=service), timeout=timeout)
        field = response.DESCRIPTOR.fields_by_name["status"]
        return field.enum_type.values_by_number[response.status].name

    def reason(self, error):
        """The ErrorInfo of a call that failed: what a client branches on."""
        details = dict(error.trailing_metadata())["grpc-status-details-bin"]
        status = self.rpc_status.FromString(details)
        for detail in status.details:
            if detail.type_url.rpartition("/")[2] == "google.rpc.ErrorInfo":
                return status, self.error_info.FromString(detail.value)
        raise AssertionError(f"no ErrorInfo in {status}")
