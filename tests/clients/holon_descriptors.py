"""What the descriptors of the contract say of a configuration, computed without Holon.

Fields are dicts as holon_fingerprint takes them. The rows of a comparison are those that CompareConfig
promises: see ConfigDifference in protos/holon/v1/config.proto.
"""

import os

import holon_fingerprint

_APPLY = {0: "restart", 1: "restart", 2: "hot", 3: "volatile"}


class Field(dict):
    """One field of EffectiveConfig, with where it stands in a message."""

    def __init__(self, chain, options):
        super().__init__()
        self._chain = chain
        descriptor = chain[-1]
        extensions = descriptor.GetOptions().Extensions
        rule = extensions[options.rule]
        self.from_home = rule.from_home
        self.whereabouts = rule.from_home or rule.format == options.FORMAT_SOCKET_PATH
        self["path"] = ".".join(step.name for step in chain)
        self["apply"] = _APPLY[extensions[options.apply]]
        self["type"] = self._type(descriptor, extensions[options.secret], rule.format, options)
        if self["type"] != "secret":
            self["default"] = self._default(rule.default_value)

    @staticmethod
    def _type(descriptor, secret, text_format, options):
        if secret:
            return "secret"
        if descriptor.label == descriptor.LABEL_REPEATED:
            return "list of strings"
        if descriptor.type == descriptor.TYPE_ENUM:
            return "enum"
        if descriptor.type == descriptor.TYPE_BOOL:
            return "boolean"
        if descriptor.type in (descriptor.TYPE_UINT32, descriptor.TYPE_UINT64):
            return "integer"
        return {options.FORMAT_PATH: "path", options.FORMAT_SOCKET_PATH: "path",
                options.FORMAT_ADDRESS: "address",
                options.FORMAT_URL: "url"}.get(text_format, "string")

    def _default(self, text):
        if self["type"] == "list of strings":
            return []
        if self["type"] == "boolean":
            return text == "true"
        return int(text) if self["type"] == "integer" else text

    def set(self, message, value):
        """Puts a value, as a vector has it, into an EffectiveConfig."""
        *groups, last = self._chain
        for group in groups:
            message = getattr(message, group.name)
        if self["type"] == "list of strings":
            getattr(message, last.name).extend(value)
        elif self["type"] == "enum":
            numbers = {number.name: number.number for number in last.enum_type.values}
            prefix = os.path.commonprefix(list(numbers))
            setattr(message, last.name, numbers[prefix + value.upper()])
        else:
            setattr(message, last.name, value)


def fields(contract):
    """Every field of EffectiveConfig, as the descriptors have them."""
    found = []

    def walk(descriptor, chain):
        for step in descriptor.fields:
            if step.message_type is not None and step.label != step.LABEL_REPEATED:
                walk(step.message_type, chain + [step])
            else:
                found.append(Field(chain + [step], contract.options))

    walk(contract.config.EffectiveConfig.DESCRIPTOR, [])
    return found


def complete(all_fields, values, home, whereabouts):
    """Values with their defaults. Paths of a default count from the home; where a runtime is found is what
    it is for whoever found it."""
    home = values.get("home_dir", home)
    result = {}
    for field in all_fields:
        value = values.get(field["path"], field.get("default"))
        if field["path"] not in values:
            if field.whereabouts:
                value = whereabouts[field["path"]]
            elif field["type"] == "path" and value:
                value = os.path.join(home, value)
        result[field["path"]] = value
    return result


def _shown(field, values, key):
    if field["type"] == "secret":
        return "<unset>" if values[field["path"]] is None else "<set>"
    return _counted(field, values, key)


def _counted(field, values, key):
    text = holon_fingerprint.canonical_text([{**field, "apply": "hot"}], values, key).decode()
    return text[len(field["path"]) + 1:-1]


def differences(all_fields, expected, actual, key):
    """Rows (path, expected, actual, what it takes) of two complete configurations, sorted by path."""
    rows = []
    for field in sorted(all_fields, key=lambda field: field["path"].encode()):
        if field["apply"] == "volatile" or \
                _counted(field, expected, key) == _counted(field, actual, key):
            continue
        there = _shown(field, actual, key)
        if there == _shown(field, expected, key):
            there = "<differs>"
        rows.append((field["path"], _shown(field, expected, key), there, field["apply"]))
    return rows
