"""A runtime compares configurations as a client computes it from the descriptors, for every vector.

Run with HOLON_BIN naming the folder of holonctl and holond.
"""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import grpc

import holon_descriptors
import holon_fingerprint
import python_client

VECTORS = pathlib.Path(__file__).resolve().parent / "vectors"
# Ends what hangs; nothing waits that long.
DEADLINE = 60
APPLY = {1: "restart", 2: "hot"}


def is_refused(value):
    """What the canonical text is defined for, and no configuration may hold."""
    items = value if isinstance(value, list) else [value]
    return any(isinstance(item, str) and any(ord(c) < 0x20 or 0x7f <= ord(c) <= 0x9f for c in item)
               for item in items) or (isinstance(value, list) and "" in value)


class CompareTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.contract = python_client.Contract()
        cls.addClassCleanup(cls.contract.close)
        cls.fields = holon_descriptors.fields(cls.contract)
        cls.vectors = {path.stem: json.loads(path.read_text(encoding="utf-8"))
                       for path in sorted(VECTORS.glob("*.json"))}

    def start(self, key, values):
        """A runtime with a fingerprint.key and values in its file; where it is found."""
        # In a short place, because a socket's path has at most 107 bytes.
        folder = pathlib.Path(tempfile.mkdtemp(prefix="holon-client-", dir="/tmp"))
        self.addCleanup(shutil.rmtree, folder)
        self.home = folder / "home"
        self.home.mkdir(mode=0o700)
        for name, content in {"fingerprint.key": key,
                              "config.json": json.dumps(self.nested(values)).encode()}.items():
            (self.home / name).write_bytes(content)
            (self.home / name).chmod(0o600)
        self.addCleanup(self.holonctl, "stop", home=self.home)
        self.holonctl("start", "--stability-window", "0", home=self.home)
        channel = self.contract.connect(self.home / "run" / "holon.sock")
        self.addCleanup(channel.close)
        self.control = self.contract.stub(channel)
        self.whereabouts = {"home_dir": str(self.home),
                            "socket_path": str(self.home / "run" / "holon.sock")}
        self.actual = self.complete(values)

    @staticmethod
    def nested(values):
        document = {}
        for path, value in values.items():
            *groups, name = path.split(".")
            holder = document
            for group in groups:
                holder = holder.setdefault(group, {})
            holder[name] = value
        return document

    @staticmethod
    def holonctl(*arguments, home):
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("HOLON_")}
        program = pathlib.Path(os.environ["HOLON_BIN"]) / "holonctl"
        result = subprocess.run(
            [program, "--json", "--home", home, *arguments], env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=DEADLINE, check=False)
        if result.returncode != 0:
            raise AssertionError(result.stdout)

    def complete(self, values):
        return holon_descriptors.complete(self.fields, values, str(self.home), self.whereabouts)

    def compare(self, values):
        wanted = self.contract.config.EffectiveConfig()
        for field in self.fields:
            if field["path"] in values:
                field.set(wanted, values[field["path"]])
        request = self.contract.control.CompareConfigRequest(config=wanted)
        return self.control.CompareConfig(request, timeout=DEADLINE)

    def assert_compared(self, values, key):
        """The whole answer is what is computed here. Returns it."""
        expected = self.complete(values)
        answer = self.compare(values)
        rows = [(row.path, row.expected, row.actual, APPLY.get(row.apply, row.apply))
                for row in answer.differences]
        self.assertEqual(holon_descriptors.differences(self.fields, expected, self.actual, key), rows)
        self.assertFalse([row.note for row in answer.differences if row.note])
        prints = [holon_fingerprint.fingerprint(self.fields, side, key)
                  for side in (expected, self.actual)]
        self.assertEqual(prints, [answer.expected_fingerprint, answer.actual_fingerprint])
        self.assertEqual(prints[0] == prints[1], answer.match)
        self.assertEqual(answer.match, not rows)
        return answer

    def assert_refused(self, values):
        with self.assertRaises(grpc.RpcError) as caught:
            self.compare(values)
        self.assertEqual(grpc.StatusCode.INVALID_ARGUMENT, caught.exception.code())
        _, info = self.contract.reason(caught.exception)
        self.assertEqual("INVALID_CONFIG", info.reason)
        for path, value in values.items():
            self.assertEqual(is_refused(value), f"{path}: " in caught.exception.details(), path)

    def keys(self):
        return sorted({vector["key"] for vector in self.vectors.values()})

    def test_the_descriptors_have_the_fields_of_the_vectors(self):
        ours = {field["path"]: field for field in self.fields}
        for name, vector in self.vectors.items():
            for field in vector["fields"]:
                with self.subTest(vector=name, field=field["path"]):
                    theirs, mine = dict(field), dict(ours[field["path"]])
                    if field["type"] == "path":
                        # A vector's are absolute.
                        self.assertTrue(theirs.pop("default").endswith(mine.pop("default")))
                    self.assertEqual(theirs, mine)
        self.assertEqual(set(ours), {field["path"] for field in
                                     self.vectors["everything_set"]["fields"]})

    def check_vectors(self):
        """Every vector against the runtime that was started, and how many of them were compared."""
        compared = 0
        for name, vector in self.vectors.items():
            with self.subTest(vector=name):
                values = vector["values"]
                if any(is_refused(value) for value in values.values()):
                    self.assert_refused(values)
                    values = {path: value for path, value in values.items() if not is_refused(value)}
                self.assert_compared(values, self.key)
                compared += 1
        self.assertEqual(len(self.vectors), compared)

    def test_every_vector_against_a_runtime_without_a_file(self):
        for key in self.keys():
            self.key = bytes.fromhex(key)
            self.start(self.key, {})
            self.check_vectors()

    def test_every_vector_against_a_runtime_in_which_everything_is_set(self):
        vector = self.vectors["everything_set"]
        self.key = bytes.fromhex(vector["key"])
        # Where it is found is ours; nobody may take a port of this machine, so none is asked for.
        own = {"home_dir", "socket_path", "control_addr"}
        self.start(self.key, {path: value for path, value in vector["values"].items()
                              if path not in own})
        self.check_vectors()
        self.assertTrue(self.assert_compared(self.actual, self.key).match)

    def test_whole_vectors_have_the_fingerprints_they_say(self):
        whole = {name: vector for name, vector in self.vectors.items()
                 if len(vector["fields"]) == len(self.fields)}
        self.assertGreaterEqual(len(whole), 2)
        for name, vector in whole.items():
            with self.subTest(vector=name):
                self.start(bytes.fromhex(vector["key"]), {})
                defaults = {field["path"]: field["default"] for field in vector["fields"]
                            if "default" in field}
                answer = self.assert_compared({**defaults, **vector["values"]},
                                              bytes.fromhex(vector["key"]))
                self.assertEqual(vector["fingerprint"], answer.expected_fingerprint)

    def test_each_field_alone_is_one_row(self):
        vector = self.vectors["everything_set"]
        key = bytes.fromhex(vector["key"])
        self.start(key, {})
        # What a field's value needs beside it.
        with_others = {"compaction.trigger_tokens": ("compaction.target_tokens",)}
        for field in self.fields:
            path = field["path"]
            if path == "home_dir":
                continue
            with self.subTest(field=path):
                values = {name: vector["values"][name]
                          for name in (path, *with_others.get(path, ()))}
                rows = self.assert_compared(values, key).differences
                self.assertEqual(sorted(set(values) - {"description"}),
                                 [row.path for row in rows])


if __name__ == "__main__":
    unittest.main()
