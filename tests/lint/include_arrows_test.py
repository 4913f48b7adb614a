"""Includes, imports and links run down the arrows, and the lint that says so notices when they do not."""

import pathlib
import tempfile
import unittest

import arrows
import tree


class TheProject(unittest.TestCase):
    def test_runs_down_the_arrows(self):
        self.assertEqual([], [str(fault) for fault in arrows.faults(tree.ROOT)])

    def test_has_sources_to_look_at(self):
        self.assertGreater(len(tree.files(tree.ROOT, ".cc", ".h", under=("runtime", "ctl"))), 50)
        self.assertGreater(len(tree.files(tree.ROOT, ".proto", under=("protos",))), 5)


class TheTable(unittest.TestCase):
    def test_has_no_cycle(self):
        self.assertEqual([], arrows.cycles())

    def test_a_cycle_would_be_found(self):
        self.assertEqual(["a", "b"], arrows.cycles({"a": ["b"], "b": ["a"], "c": ["a"]}))

    def test_names_only_what_it_knows(self):
        for name, targets in arrows.ARROWS.items():
            for target in targets:
                self.assertIn(target, arrows.ARROWS, name)

    def test_the_runtime_never_leads_to_the_command_line(self):
        for name in arrows.ARROWS:
            if name.startswith(("runtime/", "protos/")):
                self.assertFalse([used for used in arrows.reachable(name) if used.startswith("ctl")],
                                 name)

    def test_the_three_uses_of_protos_share_nothing(self):
        for name in ("protos/wire", "protos/state", "protos/ctl"):
            others = {"protos/wire", "protos/state", "protos/ctl"} - {name}
            self.assertFalse(others & arrows.reachable(name), name)

    def test_a_source_has_its_library(self):
        for path, library in [
                ("runtime/base/clock.h", "runtime/base"),
                ("runtime/holond.cc", "runtime/holond.cc"),
                ("ctl/render/console.h", "ctl/render"),
                ("ctl/commands/options.h", "ctl/commands"),
                ("ctl/main.cc", "ctl/main.cc"),
                ("holon/v1/config.pb.h", "protos/config"),
                ("holon/v1/options.proto", "protos/config"),
                ("holon/v1/runtime_control.grpc.pb.h", "protos/wire"),
                ("holon/v1/runtime_control.pb.h", "protos/wire"),
                ("holon/state/v1/records.pb.h", "protos/state"),
                ("google/rpc/status.pb.h", "protos/wire"),
                ("tests/fakes/fake_clock.h", "tests/fakes"),
        ]:
            self.assertEqual(library, arrows.library_of(path), path)


class AViolation(unittest.TestCase):
    """A tree is made up, and the lint says what is wrong with it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def assert_found(self, path, text, *words):
        tree.write(self.root, path, text)
        found = [str(fault) for fault in arrows.faults(self.root, set())]
        self.assertEqual(1, len(found), found)
        for word in (path, *words):
            self.assertIn(word, found[0])

    def test_an_include_that_points_back_is_found(self):
        self.assert_found("runtime/base/clock.cc", '// A clock.\n#include "runtime/state/home.h"\n',
                          ":2:", "runtime/base may not use runtime/state")

    def test_a_runtime_that_includes_the_command_line_is_found(self):
        self.assert_found("runtime/daemon/daemon.h", '#include "ctl/render/console.h"\n',
                          "runtime/daemon may not use ctl")

    def test_a_command_line_that_includes_the_runtime_is_found(self):
        self.assert_found("ctl/commands/a.cc", '#include "runtime/daemon/instance.h"\n',
                          "ctl/commands may not use runtime/daemon")
        self.assert_found("ctl/commands/a.cc", '#include "runtime/control/listener.h"\n',
                          "ctl/commands may not use runtime/control")

    def test_rendering_does_not_know_the_life_cycle(self):
        self.assert_found("ctl/render/a.cc", '#include "ctl/lifecycle/starter.h"\n',
                          "ctl/render may not use ctl/lifecycle")

    def test_the_life_cycle_does_not_know_the_commands(self):
        self.assert_found("ctl/lifecycle/a.cc", '#include "ctl/commands/context.h"\n',
                          "ctl/lifecycle may not use ctl/commands")

    def test_the_command_lines_views_are_not_for_the_runtime(self):
        self.assert_found("runtime/daemon/a.cc", '#include "holon/ctl/v1/views.pb.h"\n',
                          "runtime/daemon may not use protos/ctl")

    def test_a_permission_holds_for_one_include_alone(self):
        allowed = {("ctl/render/a.h", "ctl/lifecycle/a.h")}
        tree.write(self.root, "ctl/render/a.h", '#include "ctl/lifecycle/a.h"\n')
        self.assertEqual([], arrows.faults(self.root, allowed))
        tree.write(self.root, "ctl/render/b.h", '#include "ctl/lifecycle/a.h"\n')
        self.assertEqual(["ctl/render/b.h"], [fault.path for fault in arrows.faults(self.root, allowed)])

    def test_a_permission_that_nobody_needs_is_found(self):
        found = arrows.faults(self.root, {("ctl/render/a.h", "ctl/lifecycle/a.h")})
        self.assertIn("ctl/lifecycle/a.h is no longer included", str(found[0]))

    def test_angle_brackets_do_not_hide_it(self):
        self.assert_found("runtime/config/a.cc", "#  include <runtime/probe/prober.h>\n",
                          "may not use runtime/probe")

    def test_the_wire_is_not_for_those_who_keep_state(self):
        self.assert_found("runtime/state/a.cc", '#include "holon/v1/runtime_control.pb.h"\n',
                          "may not use protos/wire")

    def test_probe_and_control_do_not_know_each_other(self):
        self.assert_found("runtime/probe/a.cc", '#include "runtime/control/listener.h"\n',
                          "may not use runtime/control")

    def test_grpc_in_a_library_without_it_is_found(self):
        self.assert_found("runtime/config/a.cc", "#include <grpcpp/grpcpp.h>\n", "without gRPC")

    def test_a_dependency_on_tests_is_found(self):
        self.assert_found("ctl/main.cc", '#include "tests/fakes/fake_clock.h"\n',
                          "nothing may depend on tests")

    def test_a_relative_include_is_found(self):
        self.assert_found("runtime/base/a.cc", '#include "../state/home.h"\n', "from the root")

    def test_a_folder_without_arrows_is_found(self):
        self.assert_found("runtime/helpers/a.cc", "\n", "nothing is known of runtime/helpers")

    def test_records_that_import_the_wire_are_found(self):
        self.assert_found("protos/holon/state/v1/records.proto",
                          'import "holon/v1/config.proto";\n', "may not use protos/config")

    def test_a_link_that_points_back_is_found(self):
        self.assert_found("runtime/base/CMakeLists.txt",
                          "holon_library(base\n  SOURCES a.cc\n  LINKS holon::probe)\n",
                          "runtime/base may not use runtime/probe")

    def test_what_follows_the_arrows_is_not(self):
        tree.write(self.root, "runtime/control/a.cc", "".join(
            f'#include "{name}"\n' for name in (
                "runtime/control/a.h", "runtime/state/home.h", "runtime/base/clock.h",
                "holon/v1/runtime_control.grpc.pb.h", "absl/status/status.h",
                "google/protobuf/message.h", "grpcpp/server.h")))
        tree.write(self.root, "ctl/CMakeLists.txt",
                   "holon_library(ctl LINKS holon::probe holon::proto_ctl)\n")
        self.assertEqual([], arrows.faults(self.root, set()))


if __name__ == "__main__":
    unittest.main()
