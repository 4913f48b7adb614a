"""The canonical text of a configuration and its fingerprint, computed without Holon.

The form is specified at the head of protos/holon/v1/config.proto. A client that has the descriptors knows
the fields; this module takes them as a list of dicts, as tests/clients/vectors has them:

    path     "model.default"
    type     "string", "path", "address", "url", "enum", "integer", "boolean", "list of strings" or "secret"
    apply    "restart", "hot" or "volatile"
    default  the value where none is given; of a secret there is none

Values are Python's: str, int, bool, list of str. Paths must be absolute and free of symbolic links already.
"""

import hashlib
import hmac

_ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\f": "\\f",
    "\r": "\\r",
}


def _quoted(text):
    escaped = []
    for character in text:
        if character in _ESCAPES:
            escaped.append(_ESCAPES[character])
        elif ord(character) < 0x20:
            escaped.append("\\u%04x" % ord(character))
        else:
            escaped.append(character)
    return '"' + "".join(escaped) + '"'


def _secret(path, value, key):
    if value is None:
        return "unset"
    message = path.encode() + b"\0" + value.encode()
    return "hmac-sha256:" + hmac.new(key, message, hashlib.sha256).hexdigest()


def _canonical_value(field, value, key):
    kind = field["type"]
    if kind == "secret":
        return _secret(field["path"], value, key)
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "integer":
        return "%d" % value
    if kind == "list of strings":
        return "[" + ",".join(_quoted(item) for item in value) + "]"
    return _quoted(value)


def canonical_text(fields, values, key):
    """The text that is hashed. `key` holds the 32 bytes of fingerprint.key in the home."""
    lines = []
    for field in fields:
        if field["apply"] == "volatile":
            continue
        value = values.get(field["path"], field.get("default"))
        lines.append(field["path"].encode() + b"=" + _canonical_value(field, value, key).encode())
    return b"".join(line + b"\n" for line in sorted(lines, key=lambda line: line.split(b"=")[0]))


def fingerprint(fields, values, key):
    """64 characters of lower-case hex."""
    return hashlib.sha256(canonical_text(fields, values, key)).hexdigest()
