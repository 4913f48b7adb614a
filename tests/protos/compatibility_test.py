"""The protos keep what the snapshot promises, and the comparison that says so notices when they do not."""

import os
import pathlib
import unittest

from google.protobuf import descriptor_pb2, text_format

import compatibility
import descriptors


class TheProject(unittest.TestCase):
    def test_breaks_no_promise(self):
        promised = text_format.Parse(descriptors.SNAPSHOT.read_text(encoding="utf-8"),
                                     descriptor_pb2.FileDescriptorSet())
        present = descriptors.load(descriptors.PROTOS)
        self.assertGreater(len(promised.file), 5)
        self.assertEqual([], compatibility.incompatible_changes(promised, present))
        new = compatibility.additions(promised, present)
        if new:
            print(f"{len(new)} names are no promise yet ({', '.join(new[:5])}, …);",
                  "scripts/update-proto-snapshot makes them one")


    @unittest.skipUnless("HOLON_DESCRIPTOR_SET" in os.environ, "HOLON_DESCRIPTOR_SET names no build")
    def test_is_built_from_what_is_checked(self):
        """The descriptors that the build made say what protos/ says, and none of its packages is left out."""
        content = pathlib.Path(os.environ["HOLON_DESCRIPTOR_SET"]).read_bytes()
        built = descriptors.promised(descriptor_pb2.FileDescriptorSet.FromString(content))
        present = descriptors.promised(descriptors.load(descriptors.PROTOS))
        built = {file.name: file for file in built.file}
        for file in present.file:
            if file.name in built:
                self.assertEqual(file, built[file.name])
        packages = {file.package for file in present.file if not file.package.startswith("google.")}
        self.assertEqual(set(), packages - {file.package for file in built.values()})


MESSAGE = "package a; message M { %s } message N {} enum E { E_UNSPECIFIED = 0; }"
ENUM = "package a; enum E { E_UNSPECIFIED = 0; %s }"
SERVICE = "package a; message A {} message B {} service S { %s }"


class AChange(unittest.TestCase):
    def changes(self, old, new):
        return compatibility.incompatible_changes(
            descriptors.promised(descriptors.parse(a=old)),
            descriptors.promised(descriptors.parse(a=new)))

    def assert_compatible(self, form, old, new):
        with self.subTest(old=old, new=new):
            self.assertEqual([], self.changes(form % old, form % new))

    def assert_breaks(self, form, old, new, *sentences):
        with self.subTest(old=old, new=new):
            found = self.changes(form % old, form % new)
            self.assertEqual(len(sentences), len(found), found)
            for sentence, fault in zip(sentences, found):
                self.assertIn(sentence, fault)

    def test_that_adds_is_compatible(self):
        self.assert_compatible(MESSAGE, "", "string b = 1;")
        self.assert_compatible(MESSAGE, "string b = 1;", "string b = 1; optional N c = 2;")
        self.assert_compatible(MESSAGE, "string b = 1;", "string b = 1; oneof c { string d = 2; }")
        self.assert_compatible(MESSAGE, "", "message Inner {} enum F { F_UNSPECIFIED = 0; }")
        self.assert_compatible(MESSAGE, "", "reserved 4 to 9; reserved 'x';")
        self.assert_compatible(ENUM, "", "E_NEW = 1;")
        self.assert_compatible(SERVICE, "", "rpc R(A) returns (B);")
        self.assert_compatible("package a; %s", "", "message M {} enum E { E_A = 0; } service S {}")

    def test_of_order_alone_is_compatible(self):
        self.assert_compatible(MESSAGE, "string b = 1; string c = 2;", "string c = 2; string b = 1;")

    def test_that_removes_a_field_must_reserve_number_and_name(self):
        gone = "field a.M.b is gone, and its "
        self.assert_breaks(MESSAGE, "string b = 1;", "", gone + "number 1", gone + 'name "b"')
        self.assert_breaks(MESSAGE, "string b = 1;", "reserved 1;", gone + "name")
        self.assert_breaks(MESSAGE, "string b = 1;", "reserved 'b';", gone + "number")
        self.assert_breaks(MESSAGE, "string b = 3;", "reserved 1 to 2, 4; reserved 'b';",
                           gone + "number")
        self.assert_compatible(MESSAGE, "string b = 1;", "reserved 1; reserved 'b';")
        self.assert_compatible(MESSAGE, "string b = 3;", "reserved 1 to max; reserved 'a', 'b';")

    def test_of_a_fields_number_name_or_type_breaks(self):
        self.assert_breaks(MESSAGE, "string b = 1;", "string b = 2;", "had number 1, has 2")
        self.assert_breaks(MESSAGE, "string b = 1;", "string c = 1;", "was called b, now c")
        self.assert_breaks(MESSAGE, "string b = 1;", "bytes b = 1;", "had type string, now bytes")
        self.assert_breaks(MESSAGE, "int32 b = 1;", "int64 b = 1;", "had type int32, now int64")
        self.assert_breaks(MESSAGE, "N b = 1;", "M b = 1;", "had type message a.N, now message a.M")
        self.assert_breaks(MESSAGE, "E b = 1;", "int32 b = 1;", "had type enum a.E, now int32")
        self.assert_breaks(MESSAGE, "map<string, int32> b = 1;", "map<string, bool> b = 1;",
                           "had type int32, now bool")

    def test_of_a_fields_label_or_presence_breaks(self):
        self.assert_breaks(MESSAGE, "N b = 1;", "repeated N b = 1;", "was single, now repeated")
        self.assert_breaks(MESSAGE, "string b = 1;", "optional string b = 1;", "now optional")
        self.assert_breaks(MESSAGE, "optional string b = 1;", "string b = 1;", "was optional, now")
        self.assert_breaks(MESSAGE, "string b = 1;", "oneof o { string b = 1; }", "now in oneof o")

    def test_that_frees_what_is_reserved_breaks(self):
        self.assert_breaks(MESSAGE, "reserved 4;", "", "no longer reserves 4")
        self.assert_breaks(MESSAGE, "reserved 4 to 9;", "reserved 4 to 5, 7 to 9;",
                           "no longer reserves 4 to 9")
        self.assert_breaks(MESSAGE, "reserved 'x';", "string x = 1;", 'no longer reserves "x"')
        self.assert_breaks(ENUM, "reserved 4 to 5;", "reserved 4;", "no longer reserves 4 to 5")
        self.assert_compatible(MESSAGE, "reserved 4 to 9;", "reserved 4 to 6, 7 to 12;")
        self.assert_compatible(ENUM, "reserved 4, 5;", "reserved 4 to 5;")

    def test_of_an_enums_values_breaks(self):
        gone = "value E_B of a.E is gone, and its "
        self.assert_breaks(ENUM, "E_B = 1;", "", gone + "number 1", gone + 'name "E_B"')
        self.assert_breaks(ENUM, "E_B = 1;", "reserved 1;", gone + "name")
        self.assert_breaks(ENUM, "E_B = 2;", "reserved 1; reserved 'E_B';", gone + "number 2")
        self.assert_breaks(ENUM, "E_B = 1;", "E_B = 2;", "was 1, is 2")
        self.assert_breaks(ENUM, "E_B = 1;", "E_C = 1;", "was called E_B, now E_C")
        self.assert_compatible(ENUM, "E_B = 1;", "reserved 1; reserved 'E_B';")
        self.assert_compatible(ENUM, "E_B = 2;", "reserved 1 to 2; reserved 'E_B';")

    def test_of_a_service_breaks(self):
        rpc = "rpc R(A) returns (B);"
        self.assert_breaks(SERVICE, rpc, "", "rpc a.S.R is gone")
        self.assert_breaks(SERVICE, rpc, "rpc Q(A) returns (B);", "rpc a.S.R is gone")
        self.assert_breaks(SERVICE, rpc, "rpc R(B) returns (B);", "took a.A, now a.B")
        self.assert_breaks(SERVICE, rpc, "rpc R(A) returns (A);", "returned a.B, now a.A")
        self.assert_breaks(SERVICE, rpc, "rpc R(stream A) returns (B);",
                           "took one message, now a stream")
        self.assert_breaks(SERVICE, "rpc R(A) returns (stream B);", rpc,
                           "returned a stream, now one message")

    def test_that_removes_a_type_breaks(self):
        form = "package a; %s"
        self.assert_breaks(form, "message M {}", "", "message a.M is gone from a.proto")
        self.assert_breaks(form, "message M { message I {} }", "message M {}", "message a.M.I is gone")
        self.assert_breaks(form, "enum E { E_A = 0; }", "", "enum a.E is gone")
        self.assert_breaks(form, "service S {}", "", "service a.S is gone")

    def test_of_an_extension_breaks(self):
        form = ('package a; import "google/protobuf/descriptor.proto";'
                "extend google.protobuf.FieldOptions { bool z = 50999; %s }")
        self.assert_breaks(form, "bool x = 50000;", "", "extension a.x (50000")
        self.assert_breaks(form, "bool x = 50000;", "string x = 50000;", "is another now")
        self.assert_compatible(form, "", "bool x = 50000;")

    def test_of_package_or_file_breaks(self):
        self.assertIn("package of a.proto was a, is b",
                      self.changes("package a; message M {}", "package b; message M {}")[0])
        old = descriptors.parse(a="package a; message M {}", b="package a;")
        moved = descriptors.parse(a="package a;", b="package a; message M {}")
        self.assertEqual(["message a.M is gone from a.proto"],
                         compatibility.incompatible_changes(old, moved))
        self.assertEqual(["file b.proto is gone"], compatibility.incompatible_changes(
            old, descriptors.parse(a="package a; message M {}")))

    def test_of_comments_or_own_options_is_none(self):
        form = ('package a; import "google/protobuf/descriptor.proto";'
                "extend google.protobuf.FieldOptions { bool z = 50999; } message M { %s }")
        self.assert_compatible(form, "string b = 1;", "// Why.\n string b = 1 [(z) = true];")


class Additions(unittest.TestCase):
    def test_are_named(self):
        old = descriptors.parse(a=MESSAGE % "string b = 1;")
        new = descriptors.parse(a=MESSAGE % "string b = 1; string c = 2; enum F { F_UNSPECIFIED = 0; }")
        self.assertEqual(["a.M.c", "a.M.F", "a.M.F.F_UNSPECIFIED"],
                         compatibility.additions(old, new))
        self.assertEqual([], compatibility.additions(old, old))


if __name__ == "__main__":
    unittest.main()
