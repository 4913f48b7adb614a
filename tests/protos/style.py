"""The rules that protos are written by: buf's STANDARD, and a comment on every element. Pure."""

import re

from google.protobuf import descriptor_pb2

PASCAL = re.compile(r"[A-Z][A-Za-z0-9]*")
LOWER_SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
UPPER_SNAKE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
PACKAGE = re.compile(r"[a-z][a-z0-9]*(\.[a-z][a-z0-9_]*)*\.v[1-9][0-9]*")

# The one service that is not named …Service.
PLAIN_SERVICES = {"holon.v1.RuntimeControl"}
# Contracts of others, named as they named them; their comments are ours.
FOREIGN = ("google.", "grpc.")

File = descriptor_pb2.FileDescriptorProto
Message = descriptor_pb2.DescriptorProto
Enum = descriptor_pb2.EnumDescriptorProto
Service = descriptor_pb2.ServiceDescriptorProto


def _number(message, field):
    return message.DESCRIPTOR.fields_by_name[field].number


def faults(files):
    """A sentence for each rule that a FileDescriptorSet with comments breaks."""
    found = []
    for file in files.file:
        _Style(file, found).check()
    return found


class _Style:
    def __init__(self, file, found):
        self.file = file
        self.found = found
        self.ours = not file.package.startswith(FOREIGN)
        self.comments = {tuple(location.path) for location in file.source_code_info.location
                         if location.leading_comments.strip()}
        self.used = {}

    def fault(self, what, message):
        self.found.append(f"{self.file.name}: {what}: {message}")

    def named(self, what, name, form, words):
        if self.ours and not form.fullmatch(name):
            self.fault(what, f"is not written in {words}")

    def commented(self, what, path):
        if tuple(path) not in self.comments:
            self.fault(what, "has no comment")

    def check(self):
        file = self.file
        self.commented("the file", [_number(file, "syntax")])
        if file.syntax != "proto3":
            self.fault("the file", "is not proto3")
        self.check_file()
        for index, message in enumerate(file.message_type):
            self.check_message(file.package, message, [_number(file, "message_type"), index])
        for index, enum in enumerate(file.enum_type):
            self.check_enum(file.package, enum, [_number(file, "enum_type"), index])
        for index, service in enumerate(file.service):
            self.check_service(service, [_number(file, "service"), index])
        for index, field in enumerate(file.extension):
            self.check_field(file.package, field, [_number(file, "extension"), index])

    def check_file(self):
        file = self.file
        folder, _, base = file.name.rpartition("/")
        if folder != file.package.replace(".", "/") and file.package != "google.rpc":
            self.fault("package", f"{file.package} does not match the folder {folder}")
        if file.public_dependency or file.weak_dependency:
            self.fault("import", "is public or weak")
        self.named("file name", base.removesuffix(".proto"), LOWER_SNAKE, "lower_snake_case")
        if self.ours and not PACKAGE.fullmatch(file.package):
            self.fault("package", f"{file.package} does not end in a version, or is not lower case")

    def check_message(self, scope, message, path):
        if message.options.map_entry:
            return
        name = f"{scope}.{message.name}"
        self.commented(name, path)
        self.named(name, message.name, PASCAL, "PascalCase")
        for index, field in enumerate(message.field):
            self.check_field(name, field, [*path, _number(message, "field"), index])
        synthetic = {field.oneof_index for field in message.field if field.proto3_optional}
        for index, oneof in enumerate(message.oneof_decl):
            if index in synthetic:
                continue
            self.commented(f"{name}.{oneof.name}", [*path, _number(message, "oneof_decl"), index])
            self.named(f"{name}.{oneof.name}", oneof.name, LOWER_SNAKE, "lower_snake_case")
        for index, inner in enumerate(message.nested_type):
            self.check_message(name, inner, [*path, _number(message, "nested_type"), index])
        for index, enum in enumerate(message.enum_type):
            self.check_enum(name, enum, [*path, _number(message, "enum_type"), index])

    def check_field(self, scope, field, path):
        name = f"{scope}.{field.name}"
        self.commented(name, path)
        self.named(name, field.name, LOWER_SNAKE, "lower_snake_case")

    def check_enum(self, scope, enum, path):
        name = f"{scope}.{enum.name}"
        self.commented(name, path)
        self.named(name, enum.name, PASCAL, "PascalCase")
        prefix = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", enum.name).upper() + "_"
        for index, value in enumerate(enum.value):
            self.commented(f"{name}.{value.name}", [*path, _number(enum, "value"), index])
            self.named(f"{name}.{value.name}", value.name, UPPER_SNAKE, "UPPER_SNAKE_CASE")
            if self.ours and not value.name.startswith(prefix):
                self.fault(f"{name}.{value.name}", f"does not begin with {prefix}")
            if self.ours and value.number == 0 and value.name != prefix + "UNSPECIFIED":
                self.fault(f"{name}.{value.name}", f"a zero is called {prefix}UNSPECIFIED")
        if enum.options.allow_alias:
            self.fault(name, "allows aliases")

    def check_service(self, service, path):
        name = f"{self.file.package}.{service.name}"
        self.commented(name, path)
        self.named(name, service.name, PASCAL, "PascalCase")
        if self.ours and not service.name.endswith("Service") and name not in PLAIN_SERVICES:
            self.fault(name, "does not end in Service")
        for index, method in enumerate(service.method):
            what = f"{name}.{method.name}"
            self.commented(what, [*path, _number(service, "method"), index])
            self.named(what, method.name, PASCAL, "PascalCase")
            if self.ours:
                self.check_types(service, method, what)

    def check_types(self, service, method, what):
        for kind, full in (("Request", method.input_type), ("Response", method.output_type)):
            short = full.rpartition(".")[2]
            if short not in (method.name + kind, service.name + method.name + kind):
                self.fault(what, f"{short} is not called {method.name}{kind}")
            if full in self.used:
                self.fault(what, f"shares {short} with {self.used[full]}")
            self.used[full] = what
