"""Another language computes the fingerprints of tests/clients/vectors."""

import json
import pathlib
import unittest

import holon_fingerprint

VECTORS = pathlib.Path(__file__).resolve().parent / "vectors"


class FingerprintTest(unittest.TestCase):
    def test_every_vector_is_reproduced(self):
        names = sorted(VECTORS.glob("*.json"))
        self.assertGreaterEqual(len(names), 6)
        for name in names:
            with self.subTest(vector=name.name):
                vector = json.loads(name.read_text(encoding="utf-8"))
                arguments = (vector["fields"], vector["values"], bytes.fromhex(vector["key"]))
                text = holon_fingerprint.canonical_text(*arguments)
                self.assertEqual(text.decode("utf-8"), vector["canonical_text"])
                self.assertEqual(holon_fingerprint.fingerprint(*arguments), vector["fingerprint"])

    def test_any_change_changes_the_fingerprint(self):
        vector = json.loads((VECTORS / "everything_set.json").read_text(encoding="utf-8"))
        key = bytes.fromhex(vector["key"])
        for field in vector["fields"]:
            with self.subTest(field=field["path"]):
                values = dict(vector["values"])
                value = values[field["path"]]
                if field["type"] == "boolean":
                    values[field["path"]] = not value
                elif field["type"] == "integer":
                    values[field["path"]] = value + 1
                elif field["type"] == "list of strings":
                    values[field["path"]] = value + ["more"]
                else:
                    values[field["path"]] = value + "x"
                changed = holon_fingerprint.fingerprint(vector["fields"], values, key)
                if field["apply"] == "volatile":
                    self.assertEqual(changed, vector["fingerprint"])
                else:
                    self.assertNotEqual(changed, vector["fingerprint"])

    def test_items_of_a_list_keep_their_bounds(self):
        field = {"path": "l", "type": "list of strings", "apply": "hot"}
        texts = {
            holon_fingerprint.canonical_text([field], {"l": value}, b"")
            for value in (["a", "b"], ["a,b"], ['a","b'], ["b", "a"], [])
        }
        self.assertEqual(len(texts), 5)


if __name__ == "__main__":
    unittest.main()
