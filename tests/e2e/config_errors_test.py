"""Configurations and homes that are refused: every fault by name, origin and remedy, the exit code of the
table, and nothing left behind."""

import os
import shutil
import unittest

import processes
from commands import Result, Running
from harness import NO_WINDOW, HolonTest, main
from peers import binaries_beside

SECRET = "Sesame-open-4711"


class RefusalTest(HolonTest):
    def assert_refused(self, *said, exit_code=2, arguments=(), env=None):
        """By start and by holond, in words and as JSON, with everything in `said`, and without a trace."""
        before = self.home.snapshot()
        document = self.assert_failure(
            self.home.ctl("start", "--json", *arguments, env=env), exit_code)
        told = " ".join([document["error"]["message"],
                         *(f"{fault['path']} {fault['origin']} {fault['message']}"
                           for fault in document.get("faults", []))])
        human = self.home.ctl("start", *arguments, env=env)
        self.assert_exit(exit_code, human)
        self.assertEqual("", human.out)
        served = self.home.holond(*arguments, env=env)
        self.assert_exit(exit_code, served)
        for text in (told, human.err, served.err):
            for expected in said:
                self.assertIn(expected, text)
        self.assertEqual(before, self.home.snapshot())
        self.assert_nothing_left()
        return document


class ConfigFileTest(RefusalTest):
    def refused_file(self, content, *said):
        self.home.write_config(content)
        return self.assert_refused(*said)

    def test_an_unknown_key(self):
        self.refused_file('{\n  "modle": {"default": "x"}\n}\n', "modle", "config.json:2")

    def test_an_unknown_nested_key_with_the_one_that_was_meant(self):
        self.refused_file('{"model": {\n    "defualt": "x"\n}}\n', "model.defualt", "config.json:2",
                          "model.default")

    def test_a_wrong_type(self):
        self.refused_file({"runtime_max_output_tokens": "many"}, "runtime_max_output_tokens",
                          "many", "config.json:2")

    def test_a_number_in_quotes_is_no_number(self):
        self.refused_file({"runtime_max_output_tokens": "12"}, "runtime_max_output_tokens")

    def test_a_fraction_is_no_integer(self):
        self.refused_file({"runtime_max_output_tokens": 1.5}, "runtime_max_output_tokens", "1.5")

    def test_out_of_range_with_the_range(self):
        self.refused_file({"log": {"max_files": 101}}, "log.max_files", "101", "1", "100")

    def test_an_unknown_enum_value_with_the_known_ones(self):
        self.refused_file({"control_auth_mode": "never"}, "control_auth_mode", "never", "auto",
                          "required", "disabled")

    def test_values_that_contradict_each_other(self):
        self.refused_file({"default_tool_output_tokens": 20000, "max_tool_output_tokens": 10000},
                          "default_tool_output_tokens", "max_tool_output_tokens", "20000", "10000")

    def test_broken_json_with_line_and_column(self):
        self.refused_file('{\n  "log": {"level": "info",}\n}\n', "config.json:2:")

    def test_a_key_that_stands_twice(self):
        self.refused_file('{"http_addr": "a:1",\n "http_addr": "b:2"}', "http_addr", "config.json:2")

    def test_a_home_cannot_be_moved_by_its_own_file(self):
        self.refused_file({"home_dir": "/somewhere"}, "home_dir")

    def test_texts_that_are_no_object(self):
        for name, content in {
            "empty": b"",
            "a list": b"[]",
            "a number": b"1",
            "invalid UTF-8": b'{"http_addr": "\xff\xfe"}',
            "a NUL byte": b'{"http_addr": "a\x00b"}',
            "an escaped NUL": b'{"http_addr": "a\\u0000b"}',
            "half a surrogate": b'{"http_addr": "\\ud800"}',
            "text behind the end": b"{} {}",
            "a byte order mark": b"\xff\xfe{\x00}\x00",
        }.items():
            with self.subTest(name):
                self.refused_file(content, "config.json")

    def test_sizes_that_are_unreasonable(self):
        for name, content in {
            "10 MB": b'{"http_addr": "' + b"x" * (10 << 20) + b'"}',
            "10 MB of blanks": b" " * (10 << 20) + b"{}",
            "deep lists": b'{"log": ' + b"[" * 100000 + b"]" * 100000 + b"}",
            "deep objects": b'{"log": ' * 100000 + b"1" + b"}" * 100000,
            "a huge number": b'{"runtime_max_output_tokens": ' + b"9" * 5000 + b"}",
            "a huge exponent": b'{"runtime_max_output_tokens": 1e99999}',
            "a negative number": b'{"runtime_max_output_tokens": -1}',
            "over 64 bits": b'{"runtime_max_output_tokens": 18446744073709551617}',
            "too many items": b'{"model": {"fallbacks": [' + b",".join([b'"m"'] * 17) + b"]}}",
        }.items():
            with self.subTest(name):
                document = self.refused_file(content, "config.json")
                self.assertLess(len(str(document)), 10000)

    def test_a_directory_in_its_place(self):
        self.home.config_file.mkdir(parents=True)
        self.home.path.chmod(0o700)
        self.assert_refused("config.json")

    def test_a_pipe_in_its_place_does_not_hang(self):
        self.home.path.mkdir(mode=0o700)
        os.mkfifo(self.home.config_file)
        self.assert_refused("config.json")

    def test_a_file_that_was_asked_for_must_be_there(self):
        self.assert_refused("nowhere.json", arguments=("--config", "nowhere.json"))

    def test_a_damaged_file_stops_neither_status_nor_stop(self):
        self.home.write_config("{")
        self.assert_state("stopped", config_fingerprint_match=None)
        self.assert_exit(0, self.home.ctl("stop"))


class OtherSourcesTest(RefusalTest):
    def test_a_variable(self):
        self.assert_refused("log.level", "HOLON_LOG_LEVEL", "loud",
                            env={"HOLON_LOG_LEVEL": "loud"})

    def test_an_option(self):
        self.assert_refused("log.level", "--set", "loud", arguments=("--set", "log.level=loud"))

    def test_an_option_without_a_known_path_or_a_value(self):
        for setting in ("nothing.here=1", "log.level", "=1", "log=1", ""):
            with self.subTest(setting):
                self.assert_refused("--set", arguments=("--set", setting))

    def test_all_faults_are_told_at_once_each_with_its_origin(self):
        self.home.write_config('{\n  "modle": 1,\n  "log": {"max_files": 0, "level": "loud"}\n}\n')
        document = self.assert_refused(
            "modle", "config.json:2", "log.max_files", "log.level", "config.json:3",
            "turn.timeout_ms", "HOLON_TURN_TIMEOUT_MS", "agents.max_workers", "--set",
            arguments=("--set", "agents.max_workers=0"), env={"HOLON_TURN_TIMEOUT_MS": "soon"})
        self.assertEqual("INVALID_CONFIG", document["error"]["reason"])
        self.assertEqual({"modle", "log.max_files", "log.level", "turn.timeout_ms",
                          "agents.max_workers"}, {fault["path"] for fault in document["faults"]})

    def test_an_unknown_variable_is_warned_of_and_no_more(self):
        result = self.home.ctl("start", *NO_WINDOW, env={"HOLON_MODLE_DEFAULT": "x"})
        self.home.serving = True
        self.assert_exit(0, result)
        self.assertIn("HOLON_MODLE_DEFAULT", result.err)
        status = self.home.status(env={"HOLON_MODLE_DEFAULT": "x"}).json
        self.assertIn("HOLON_MODLE_DEFAULT", " ".join(status["warnings"]))

    def test_holond_can_be_asked_to_check_only(self):
        before = self.home.snapshot()
        self.assert_exit(0, self.home.holond("--check"))
        result = self.home.holond("--check", "--set", "log.level=loud")
        self.assert_exit(2, result)
        self.assertIn("loud", result.err)
        self.assertEqual(before, self.home.snapshot())


class SocketPathTest(RefusalTest):
    def deep_home(self, length):
        """Moves the home so that its socket's path has this many bytes."""
        rest = length - len(str(self.home.root)) - len("/") - len("/run/holon.sock")
        self.home.path = self.home.root / ("x" * rest)
        self.home.run_dir = self.home.path / "run"
        self.home.socket = self.home.run_dir / "holon.sock"
        self.assertEqual(length, len(str(self.home.socket)))
        for name in ("pid_file", "record_file", "log_file", "lock_file", "config_file"):
            path = getattr(self.home, name)
            parent = self.home.path if name == "config_file" else self.home.run_dir
            setattr(self.home, name, parent / path.name)

    def test_107_bytes_work(self):
        self.deep_home(107)
        self.home.start()
        self.assert_state("running", socket_path=str(self.home.socket))

    def test_108_bytes_are_refused_with_the_limit_and_a_way_out(self):
        self.deep_home(108)
        self.assert_refused("socket_path", "108", "107")

    def test_given_by_option_or_file(self):
        path = "/tmp/" + "x" * 103
        self.assertEqual(108, len(path))
        self.assert_refused("socket_path", "107", arguments=("--socket", path))
        self.home.write_config({"socket_path": path})
        self.assert_refused("socket_path", "107", "config.json:2")

    def test_the_length_that_counts_is_that_of_the_resolved_path(self):
        deep = self.home.root / ("x" * 70) / ("y" * 30)
        deep.mkdir(parents=True)
        short = self.home.root / "s"
        short.symlink_to(deep)
        self.assert_refused("socket_path", "107", arguments=("--socket", short / "holon.sock"))

    def test_a_socket_in_a_folder_that_is_not_there(self):
        before = self.home.lifecycle_files()
        result = self.home.ctl("start", "--json", *NO_WINDOW, "--socket",
                               self.home.root / "no" / "such" / "folder" / "s")
        self.assertIn(result.exit, (1, 2), str(result))
        self.assertIn("such", result.json["error"]["message"])
        self.assertEqual(before, self.home.lifecycle_files())


class HomeTest(RefusalTest):
    def test_one_that_others_can_write_to(self):
        self.home.path.mkdir()
        for mode in (0o770, 0o702, 0o777):
            with self.subTest(mode=oct(mode)):
                self.home.path.chmod(mode)
                self.assert_refused(str(self.home.path), "chmod 700", exit_code=6)

    def test_one_that_others_can_read_is_none_of_our_business(self):
        self.home.path.mkdir()
        self.home.path.chmod(0o755)
        self.home.start()
        self.assert_mode(0o755, self.home.path)
        self.assert_mode(0o700, self.home.run_dir)

    def test_a_run_directory_that_others_can_write_to(self):
        self.home.make()
        self.home.run_dir.chmod(0o770)
        self.assert_refused(str(self.home.run_dir), "chmod 700", exit_code=6)

    def test_a_symbolic_link_for_a_run_directory(self):
        self.home.path.mkdir(mode=0o700)
        target = self.home.root / "elsewhere"
        target.mkdir(mode=0o700)
        self.home.run_dir.symlink_to(target)
        self.assert_refused(str(self.home.run_dir), exit_code=6)

    def test_a_file_in_its_place(self):
        self.home.path.write_text("precious", encoding="utf-8")
        self.assert_refused(str(self.home.path), exit_code=1)

    def test_a_home_through_a_symbolic_link_is_that_home(self):
        self.home.path.mkdir(mode=0o700)
        link = self.home.root / "link"
        link.symlink_to(self.home.path)
        self.home.start()
        result = self.home.ctl("--home", link, "status", "--json", home=False)
        self.assert_status("running", result, home_dir=str(self.home.path))

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to give a home away")
    def test_one_of_another_user(self):
        self.home.path.mkdir(mode=0o700)
        os.chown(self.home.path, 65534, 65534)
        self.assert_refused(str(self.home.path), "65534", exit_code=6)
        self.assert_state("stopped")  # Root may look.


@unittest.skipUnless(os.geteuid() == 0 and shutil.which("setpriv"), "needs root, to become nobody")
class NobodyTest(HolonTest):
    """What root is never denied."""

    def setUp(self):
        super().setUp()
        self.binaries = binaries_beside(self.home.root / "bin")
        self.home.root.chmod(0o711)
        self.home.path.mkdir(mode=0o700)
        os.chown(self.home.path, 65534, 65534)

    def start(self):
        running = Running(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
             str(self.binaries / "holonctl"), "--home", str(self.home.path), "start", "--json",
             *NO_WINDOW],
            env=self.home.environment(), cwd="/")
        self.home.commands.append(running)
        return running.finish()

    def test_a_home_that_cannot_be_written_to(self):
        self.home.path.chmod(0o500)
        before = self.home.snapshot()
        document = self.assert_failure(self.start(), 6, "PERMISSION_DENIED")
        self.assertIn(str(self.home.path), document["error"]["message"])
        self.assertEqual(before, self.home.snapshot())
        self.assert_nothing_left()

    def test_a_configuration_that_cannot_be_read(self):
        self.home.write_config({})
        self.home.config_file.chmod(0)
        os.chown(self.home.config_file, 65534, 65534)
        result = self.start()
        self.assertIn(result.exit, (2, 6), str(result))
        self.assertIn("config.json", str(result.json))
        self.assert_nothing_left()

    def test_a_parent_in_which_no_home_can_be_made(self):
        self.home.path.rmdir()
        self.assert_failure(self.start(), 6, "PERMISSION_DENIED")
        self.assertFalse(self.home.path.exists())

    def test_nobody_has_a_runtime_of_its_own(self):
        document = self.assert_lifecycle(self.start(), "started")
        self.assertTrue(processes.status_field(document["pid"], "Uid").startswith("65534"))
        # Root may look at it and stop it; a restart as root would leave files that their owner cannot use.
        self.assert_state("running")
        self.assert_failure(self.home.ctl("restart", "--json"), 6, "PERMISSION_DENIED")
        self.assert_exit(0, self.home.ctl("stop"))
        processes.wait_gone(document["pid"])
        self.assert_nothing_left()


class SecretTest(RefusalTest):
    """The value of a secret is in no output, log, record or argument, whatever goes wrong."""

    def assert_nowhere(self, *texts):
        for text in texts:
            shown = text.out + text.err if isinstance(text, Result) else str(text)
            self.assertNotIn(SECRET, shown)

    def everything_on_disk(self):
        return [path.read_bytes().decode(errors="replace")
                for path in self.home.run_dir.rglob("*") if path.is_file()]

    def test_an_invalid_one_is_refused_without_being_shown(self):
        for bad in (SECRET + " with blanks", SECRET + "\t", SECRET + "é", "x" * 5000 + SECRET):
            with self.subTest(length=len(bad)):
                self.home.write_config({"control_token": bad})
                self.assert_nowhere(self.assert_refused("control_token", "config.json:2"))
        self.assert_nowhere(self.home.ctl("start"), self.home.holond())

    def test_one_of_a_wrong_type_is_refused_without_being_shown(self):
        self.home.write_config({"control_token": [SECRET]})
        self.assert_nowhere(self.assert_refused("control_token"), self.home.ctl("start"))

    def test_one_in_broken_json_is_not_shown(self):
        self.home.write_config('{"control_token": "%s" "x"}' % SECRET)
        self.assert_nowhere(self.assert_refused("config.json:1"), self.home.ctl("start"),
                            self.home.ctl("config", "validate"))

    def test_one_on_a_command_line_is_refused_without_being_repeated(self):
        document = self.assert_refused("control_token",
                                       arguments=("--set", f"control_token={SECRET}"))
        self.assert_nowhere(document)
        result = self.home.ctl("config", "set", "control_token", SECRET)
        self.assert_exit(2, result)
        self.assert_nowhere(result)

    def test_one_from_file_variable_or_named_file_is_nowhere_to_be_seen(self):
        token_file = self.home.root / "token"
        token_file.write_text(SECRET + "\n", encoding="utf-8")
        token_file.chmod(0o600)
        sources = {
            "file": ({"control_token": SECRET}, {}),
            "variable": ({}, {"HOLON_CONTROL_TOKEN": SECRET}),
            "named in the file": ({"control_token_file": str(token_file)}, {}),
            "named in a variable": ({}, {"HOLON_CONTROL_TOKEN_FILE": str(token_file)}),
        }
        for name, (config, env) in sources.items():
            with self.subTest(source=name):
                self.home.write_config(config)
                self.home.start("--set", "log.level=debug", env=env)
                pid = self.home.pid()
                results = [self.home.ctl(*command.split(), env=env) for command in (
                    "status", "status --json", "diff", "diff --json", "config show",
                    "config show --origin --json", "config get control_token", "config list",
                    "config fingerprint", "config validate", "start", "start --json",
                    "start --set http_addr=h:1", "stop --plan")]
                self.assert_nowhere(processes.command_line(pid), *results)
                self.assertIn("<set>", results[4].out)
                self.home.stop()
                self.assert_nowhere(*self.everything_on_disk())

    def test_two_values_differ_without_being_shown(self):
        self.home.write_config({"control_token": SECRET})
        self.home.start()
        self.home.write_config({"control_token": SECRET + "-other"})
        result = self.home.ctl("diff", "--json")
        self.assert_exit(5, result)
        self.assert_nowhere(result)
        row, = result.json["differences"]
        self.assertEqual(("control_token", "<set>", "<differs>"),
                         (row["path"], row["expected"], row["actual"]))


class UsageTest(HolonTest):
    def test_mistakes_on_the_command_line(self):
        before = self.home.snapshot()
        for arguments in (
            ["start", "--bogus"], ["bogus"], [], ["start", "now"], ["status", "--timeout"],
            ["start", "--stability-window", "soon"], ["start", "--start-timeout", "-1s"],
            ["stop", "--drain-timeout", "5"], ["wait", "--for", "godot"], ["config"],
            ["config", "bogus"], ["config", "set", "log.level"], ["config", "get"],
            ["status", "--color", "green"], ["--timeout", "1 fortnight", "status"],
        ):
            with self.subTest(arguments):
                result = self.home.ctl(*arguments)
                self.assert_exit(2, result)
                self.assertEqual("", result.out)
                self.assertTrue(result.err)
                self.assert_failure(self.home.ctl("--json", *arguments), 2, "USAGE")
        self.assertEqual(before, self.home.snapshot())

    def test_mistakes_on_holonds_command_line(self):
        for arguments in (["--bogus"], ["now"], ["--set"]):
            with self.subTest(arguments):
                result = self.home.holond(*arguments)
                self.assert_exit(2, result)
                self.assertEqual("", result.out)
                self.assertTrue(result.err)
        self.assertFalse(self.home.path.exists())


if __name__ == "__main__":
    main()
