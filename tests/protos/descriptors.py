"""Descriptors of a folder of protos, as protoc sees them."""

import pathlib
import subprocess
import tempfile

from google.protobuf import descriptor_pb2

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROTOS = ROOT / "protos"
SNAPSHOT = pathlib.Path(__file__).resolve().parent / "snapshot.txtpb"


class ProtoError(Exception):
    """protoc refused, or warned: both are faults here."""


def load(folder):
    """A FileDescriptorSet of every .proto under `folder`, with comments; imports from elsewhere left out."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.proto"))
    with tempfile.NamedTemporaryFile(suffix=".binpb") as output:
        result = subprocess.run(
            ["protoc", f"-I{folder}", "--include_source_info",
             f"--descriptor_set_out={output.name}", *names],
            capture_output=True, text=True, check=False)
        if result.returncode != 0 or result.stderr:
            raise ProtoError(result.stderr)
        return descriptor_pb2.FileDescriptorSet.FromString(output.read())


def parse(**files):
    """The same of protos that a test writes out: parse(a="package a; …") makes a.proto."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder) / f"{name}.proto"
            path.write_text(f'syntax = "proto3";\n{text}\n', encoding="utf-8")
        return load(pathlib.Path(folder))


def promised(files):
    """What of the descriptors is a promise to others: no comments, and nothing that follows from the rest."""
    kept = descriptor_pb2.FileDescriptorSet()
    kept.CopyFrom(files)
    for file in kept.file:
        file.ClearField("source_code_info")
        file.ClearField("options")
        for message in _messages(file.message_type):
            for field in message.field:
                field.ClearField("json_name")
        for field in _fields(file):
            # Holon's own options say how a value is checked, not how it travels.
            packed = field.options.packed if field.options.HasField("packed") else None
            field.ClearField("options")
            if packed is not None:
                field.options.packed = packed
    return kept


def _messages(messages):
    for message in messages:
        yield message
        yield from _messages(message.nested_type)


def _fields(file):
    yield from file.extension
    for message in _messages(file.message_type):
        yield from message.field
        yield from message.extension
