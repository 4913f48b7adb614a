"""Which changes of protos break those who hold the old ones: programs on the wire, files on disk, readers of
JSON. Pure."""

from google.protobuf import descriptor_pb2

Field = descriptor_pb2.FieldDescriptorProto

# Beyond the largest field number.
_MAX = 1 << 29


def incompatible_changes(old, new):
    """A sentence for each change from FileDescriptorSet `old` to `new` that breaks somebody; additions never do.

    What is removed must leave its number and its name reserved, so that nobody gives them another meaning.
    """
    faults = []
    new_files = {file.name: file for file in new.file}
    for file in old.file:
        if file.name not in new_files:
            faults.append(f"file {file.name} is gone")
            continue
        _compare_files(file, new_files[file.name], faults)
    return faults


def additions(old, new):
    """What `new` has and `old` has not: names of messages, fields, values, services and methods."""
    before = set(_names(old))
    return [name for name in _names(new) if name not in before]


def _compare_files(old, new, faults):
    if old.package != new.package:
        faults.append(f"package of {old.name} was {old.package}, is {new.package}")
        return
    if old.syntax != new.syntax:
        faults.append(f"syntax of {old.name} was {old.syntax}, is {new.syntax}")
    scope = old.package
    _compare_messages(scope, old.message_type, new.message_type, faults, old.name)
    _compare_enums(scope, old.enum_type, new.enum_type, faults, old.name)
    _compare_extensions(scope, old.extension, new.extension, faults)
    services = {service.name: service for service in new.service}
    for service in old.service:
        if service.name not in services:
            faults.append(f"service {scope}.{service.name} is gone from {old.name}")
        else:
            _compare_services(f"{scope}.{service.name}", service, services[service.name], faults)


def _compare_messages(scope, old, new, faults, where):
    messages = {message.name: message for message in new}
    for message in old:
        name = f"{scope}.{message.name}"
        if message.name not in messages:
            faults.append(f"message {name} is gone from {where}")
        else:
            _compare_message(name, message, messages[message.name], faults, where)


def _compare_message(name, old, new, faults, where):
    by_number = {field.number: field for field in new.field}
    by_name = {field.name: field for field in new.field}
    for field in old.field:
        if field.number in by_number:
            _compare_fields(name, field, old, by_number[field.number], new, faults)
            continue
        if field.name in by_name:
            faults.append(f"field {name}.{field.name} had number {field.number}, has "
                          f"{by_name[field.name].number}")
            continue
        _require_reserved(f"field {name}.{field.name}", field, new, faults)
    _compare_reserved(f"message {name}", old, new, faults, 0)
    _compare_messages(name, old.nested_type, new.nested_type, faults, where)
    _compare_enums(name, old.enum_type, new.enum_type, faults, where)
    _compare_extensions(name, old.extension, new.extension, faults)


def _compare_fields(name, old, old_message, new, new_message, faults):
    what = f"field {name}.{old.name} ({old.number})"
    for aspect, before, after in [
            ("was called", old.name, new.name),
            ("had type", _type(old), _type(new)),
            ("was", _label(old), _label(new)),
            ("was", _presence(old, old_message), _presence(new, new_message)),
    ]:
        if before != after:
            faults.append(f"{what} {aspect} {before}, now {after}")


def _compare_enums(scope, old, new, faults, where):
    enums = {enum.name: enum for enum in new}
    for enum in old:
        name = f"{scope}.{enum.name}"
        if enum.name not in enums:
            faults.append(f"enum {name} is gone from {where}")
            continue
        other = enums[enum.name]
        by_number = {}
        for value in other.value:
            by_number.setdefault(value.number, []).append(value.name)
        by_name = {value.name: value.number for value in other.value}
        for value in enum.value:
            if value.name in by_name and by_name[value.name] != value.number:
                faults.append(f"value {value.name} of {name} was {value.number}, is "
                              f"{by_name[value.name]}")
            elif value.name not in by_name and value.number in by_number:
                faults.append(f"value {value.number} of {name} was called {value.name}, now "
                              f"{by_number[value.number][0]}")
            elif value.name not in by_name:
                _require_reserved(f"value {value.name} of {name}", value, other, faults)
        # The end of an enum's range belongs to it, that of a message's does not.
        _compare_reserved(f"enum {name}", enum, other, faults, 1)


def _compare_extensions(scope, old, new, faults):
    extensions = {(extension.extendee, extension.number): extension for extension in new}
    for extension in old:
        name = f"extension {scope}.{extension.name}"
        other = extensions.get((extension.extendee, extension.number))
        if other is None:
            faults.append(f"{name} ({extension.number} of {extension.extendee}) is gone")
        elif (extension.name, _type(extension), extension.label) != (
                other.name, _type(other), other.label):
            faults.append(f"{name} ({extension.number} of {extension.extendee}) is another now")


def _compare_services(name, old, new, faults):
    methods = {method.name: method for method in new.method}
    for method in old.method:
        other = methods.get(method.name)
        what = f"rpc {name}.{method.name}"
        if other is None:
            faults.append(f"{what} is gone")
            continue
        for aspect, before, after in [
                ("took", method.input_type, other.input_type),
                ("returned", method.output_type, other.output_type),
                ("took", _stream(method.client_streaming), _stream(other.client_streaming)),
                ("returned", _stream(method.server_streaming), _stream(other.server_streaming)),
        ]:
            if before != after:
                faults.append(f"{what} {aspect} {before.lstrip('.')}, now {after.lstrip('.')}")


def _require_reserved(what, removed, owner, faults):
    last = 1 if isinstance(owner, descriptor_pb2.EnumDescriptorProto) else 0
    if not any(item.start <= removed.number < item.end + last for item in owner.reserved_range):
        faults.append(f"{what} is gone, and its number {removed.number} is not reserved")
    if removed.name not in owner.reserved_name:
        faults.append(f'{what} is gone, and its name "{removed.name}" is not reserved')


def _compare_reserved(what, old, new, faults, last):
    for item in old.reserved_range:
        if not _covered(item.start, item.end + last, new.reserved_range, last):
            end = min(item.end + last, _MAX) - 1
            numbers = f"{item.start}" if end == item.start else f"{item.start} to {end}"
            faults.append(f"{what} no longer reserves {numbers}")
    for name in old.reserved_name:
        if name not in new.reserved_name:
            faults.append(f'{what} no longer reserves "{name}"')


def _covered(start, end, ranges, last):
    for item in sorted(ranges, key=lambda item: item.start):
        if item.start <= start < item.end + last:
            start = item.end + last
    return start >= end


def _type(field):
    name = Field.Type.Name(field.type)[len("TYPE_"):].lower()
    return f"{name} {field.type_name.lstrip('.')}" if field.type_name else name


def _label(field):
    return "repeated" if field.label == Field.LABEL_REPEATED else "single"


def _presence(field, message):
    if field.proto3_optional:
        return "optional"
    if field.HasField("oneof_index"):
        return f"in oneof {message.oneof_decl[field.oneof_index].name}"
    return "without presence of its own"


def _stream(streams):
    return "a stream" if streams else "one message"


def _names(files):
    for file in files.file:
        yield from _names_of_messages(file.package, file.message_type)
        yield from _names_of_enums(file.package, file.enum_type)
        for service in file.service:
            yield f"{file.package}.{service.name}"
            yield from (f"{file.package}.{service.name}.{method.name}" for method in service.method)


def _names_of_messages(scope, messages):
    for message in messages:
        name = f"{scope}.{message.name}"
        yield name
        yield from (f"{name}.{field.name}" for field in message.field)
        yield from _names_of_messages(name, message.nested_type)
        yield from _names_of_enums(name, message.enum_type)


def _names_of_enums(scope, enums):
    for enum in enums:
        yield f"{scope}.{enum.name}"
        yield from (f"{scope}.{enum.name}.{value.name}" for value in enum.value)
