"""Protos follow their rules, and the check that says so notices when they do not."""

import pathlib
import re
import tempfile
import unittest

import descriptors
import style


class TheProject(unittest.TestCase):
    def test_follows_the_rules(self):
        self.assertEqual([], style.faults(descriptors.load(descriptors.PROTOS)))

    def test_makes_protoc_say_nothing(self):
        """An import that is not used is a warning, for example."""
        with self.assertRaisesRegex(descriptors.ProtoError, "unused"):
            descriptors.parse(a="package a;", b='package a; import "a.proto";')


GOOD = """
// A file.
syntax = "proto3";
package x.v1;
// A service.
service ThingService {
  // A method.
  rpc GetThing(GetThingRequest) returns (stream GetThingResponse);
}
// A kind.
enum ThingKind {
  // Not said.
  THING_KIND_UNSPECIFIED = 0;
  // Large.
  THING_KIND_LARGE = 1;
}
// A request.
message GetThingRequest {
  // A name.
  optional string thing_name = 1;
  // A choice.
  oneof choice {
    // One.
    string one = 2;
  }
  // An inner one.
  message Inner {}
  // Words.
  map<string, Inner> words = 3;
}
// An answer.
message GetThingResponse {}
"""


class AFile(unittest.TestCase):
    def faults(self, text, name="x/v1/things.proto"):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / name
            path.parent.mkdir(parents=True)
            path.write_text(text, encoding="utf-8")
            return style.faults(descriptors.load(pathlib.Path(folder)))

    def assert_fault(self, sentence, old, new):
        """`sentence` is among the faults once `old` is `new`."""
        self.assertIn(old, GOOD)
        found = self.faults(GOOD.replace(old, new))
        self.assertTrue([fault for fault in found if sentence in fault], (sentence, found))

    def test_that_follows_the_rules_has_no_faults(self):
        self.assertEqual([], self.faults(GOOD))

    def test_needs_every_one_of_its_comments(self):
        comments = re.findall(r"^ *// .*\n", GOOD, re.MULTILINE)
        self.assertEqual(13, len(comments))
        for comment in comments:
            with self.subTest(comment):
                found = self.faults(GOOD.replace(comment, "", 1))
                self.assertEqual(1, len(found), found)
                self.assertIn("has no comment", found[0])

    def test_is_named_as_buf_wants_it(self):
        for sentence, old, new in [
                ("does not match the folder", "package x.v1", "package y.v1"),
                ("does not end in a version", "package x.v1", "package x"),
                ("ThingStuff: does not end in Service", "ThingService", "ThingStuff"),
                ("is not called GetThingRequest", "GetThingRequest", "ThingRequest"),
                ("is not called GetThingResponse", "GetThingResponse", "Thing"),
                ("shares GetThingRequest", "(stream GetThingResponse)", "(GetThingRequest)"),
                ("is not written in PascalCase", "GetThing(", "get_thing("),
                ("is not written in PascalCase", "Inner", "inner_one"),
                ("is not written in PascalCase", "ThingKind", "thing_kind"),
                ("is not written in lower_snake_case", "thing_name", "thingName"),
                ("is not written in lower_snake_case", "choice", "Choice"),
                ("is not written in UPPER_SNAKE_CASE", "THING_KIND_LARGE", "THING_KIND_Large"),
                ("does not begin with THING_KIND_", "THING_KIND_LARGE", "LARGE"),
                ("a zero is called THING_KIND_UNSPECIFIED", "THING_KIND_UNSPECIFIED",
                 "THING_KIND_NONE"),
                ("allows aliases", "  // Large.",
                 "  option allow_alias = true;\n  // Big.\n  THING_KIND_BIG = 1;\n  // Large."),
        ]:
            with self.subTest(new):
                self.assert_fault(sentence, old, new)

    def test_of_others_keeps_their_names(self):
        foreign = GOOD.replace("x.v1", "grpc.v1").replace("ThingService", "Things").replace(
            "THING_KIND_UNSPECIFIED", "NONE")
        self.assertEqual([], self.faults(foreign, "grpc/v1/things.proto"))


if __name__ == "__main__":
    unittest.main()
