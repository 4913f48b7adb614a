"""Messages and stubs of the contract, generated from protos/ as any Python client would do it."""

import atexit
import functools
import importlib
import pathlib
import shutil
import subprocess
import sys
import tempfile

PROTOS = pathlib.Path(__file__).resolve().parents[2] / "protos"
FILES = ["holon/v1/options.proto", "holon/v1/config.proto", "holon/v1/runtime_control.proto"]


@functools.lru_cache(maxsize=None)
def folder():
    """Where the generated modules are, for PYTHONPATH. Removed when the test ends.

    Debian's grpc_tools brings a protoc that is too old for optional fields, so the real one is called.
    """
    made = tempfile.mkdtemp(prefix="holon-stubs-", dir="/tmp")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    plugin = shutil.which("grpc_python_plugin")
    subprocess.run(
        ["protoc", f"-I{PROTOS}", f"--python_out={made}", f"--grpc_python_out={made}",
         f"--plugin=protoc-gen-grpc_python={plugin}", *FILES],
        check=True,
    )
    return made


@functools.lru_cache(maxsize=None)
def load(name):
    """The module holon.v1.NAME."""
    if folder() not in sys.path:
        sys.path.insert(0, folder())
    return importlib.import_module(f"holon.v1.{name}")


def message(name):
    """A message type of the control service."""
    return getattr(load("runtime_control_pb2"), name)


def config_message(name):
    return getattr(load("config_pb2"), name)


def control(socket):
    """A channel to a socket, and the control service on it. Close the channel."""
    import grpc

    channel = grpc.insecure_channel(f"unix:{socket}", [("grpc.enable_http_proxy", 0)])
    return channel, load("runtime_control_pb2_grpc").RuntimeControlStub(channel)
