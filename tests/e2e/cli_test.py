"""The command line itself: help, options and where they stand, what goes to which stream, colours, JSON."""

import os
import re
import subprocess

from commands import Running
from harness import NO_WINDOW, STATUS_KEYS, HolonTest, bin_dir, main
from stubs import PROTOS

COMMANDS = ["start", "stop", "restart", "ensure", "reload", "status", "wait", "run", "list", "failures",
            "cleanup", "doctor", "diff", "config", "logs", "completion", "version"]
ESCAPE = "\x1b["


def fields_of(message):
    """The keys that a view promises, read from its proto."""
    text = (PROTOS / "holon/ctl/v1/views.proto").read_text(encoding="utf-8")
    body = re.search(rf"message {message} {{(.*?)\n}}", text, re.DOTALL).group(1)
    return set(re.findall(r"^  (?:optional |repeated )?\S+ (\w+) = \d+;", body, re.MULTILINE))


class HelpTest(HolonTest):
    def test_what_is_no_command_is_named_unless_it_may_be_a_secret(self):
        for arguments, said in ((["staus"], '"staus" is no command'), (["config", "shw"], '"shw" is no command'),
                                (["wait", "--for", "1"], "ready|stopped|idle"),
                                (["--color", "1", "status"], "auto|always|never")):
            with self.subTest(arguments):
                result = self.home.ctl(*arguments)
                self.assert_exit(2, result)
                self.assertIn(said, result.err)
        for arguments in (["status", "--set", "control_token", "Sesame-4711"],
                          ["--set", "control_token", "Sesame-4711", "status"]):
            with self.subTest(arguments):
                result = self.home.ctl(*arguments)
                self.assert_exit(2, result)
                self.assertNotIn("Sesame-4711", result.out + result.err)

    def test_help_is_a_word_wherever_a_command_may_stand(self):
        for arguments in (["help"], ["-q", "help"], ["--home", "help", "help"], ["help", "logs"],
                          ["config", "help"], ["help", "config", "get"], ["config", "help", "get"]):
            with self.subTest(arguments):
                result = self.home.ctl(*arguments, home=False)
                self.assert_exit(0, result)
                self.assertIn("Usage: holonctl" if arguments[-1] == "help" else arguments[-1],
                              result.out)

    def test_an_unknown_topic_is_an_error_with_a_suggestion(self):
        for arguments, said in ((["help", "staus"], "did you mean status?"),
                                (["staus", "--help"], "did you mean status?"),
                                (["staus"], "did you mean status?"),
                                (["help", "bogus"], '"bogus" is no command'),
                                (["config", "gett", "--help"], "did you mean get?"),
                                (["help", "config", "gett"], "holonctl config --help"),
                                (["logs", "--tail", "x"], "holonctl logs --help"),
                                (["config", "get"], "holonctl config get --help")):
            with self.subTest(arguments):
                result = self.home.ctl(*arguments)
                self.assert_exit(2, result)
                self.assertEqual("", result.out)
                self.assertIn(said, result.err)
        result = self.home.ctl("--set", "control_token", "Sesame-4711", "--help")
        self.assertNotIn("Sesame-4711", result.out + result.err)

    def test_help_lists_every_command_and_every_exit_code(self):
        for arguments in (["help"], ["--help"], ["-h"]):
            with self.subTest(arguments):
                result = self.home.ctl(*arguments, home=False)
                self.assert_exit(0, result)
                self.assertEqual("", result.err)
                for text in COMMANDS + ["124", "130", "--home", "--json"]:
                    self.assertIn(text, result.out)

    def test_every_command_explains_itself(self):
        for command in COMMANDS:
            for arguments in (["help", command], [command, "--help"]):
                with self.subTest(arguments):
                    result = self.home.ctl(*arguments, home=False)
                    self.assert_exit(0, result)
                    self.assertIn(command, result.out)

    def test_the_options_of_starting_and_stopping_are_explained(self):
        for command, options in {
            "start": ["--stability-window", "--start-timeout"],
            "ensure": ["--stability-window", "--start-timeout"],
            "stop": ["--drain-timeout", "--term-timeout", "--kill-timeout", "--force", "--plan"],
            "restart": ["--drain-timeout", "--term-timeout", "--kill-timeout", "--force", "--plan"],
        }.items():
            text = self.home.ctl(command, "--help").out
            for option in options:
                self.assertIn(option, text)

    def test_help_needs_no_home_and_makes_none(self):
        self.home.ctl("help")
        self.assertFalse(self.home.path.exists())

    def test_holond_explains_itself(self):
        result = self.home.holond("--help")
        self.assert_exit(0, result)
        self.assertIn("--check", result.out)


class VersionTest(HolonTest):
    def test_without_a_runtime(self):
        document = self.home.ctl("version", "--json").json
        self.assertRegex(document["version"], r"^\d+\.\d+\.\d+")
        self.assertRegex(document["contract_version"], r"^\d+\.\d+$")
        self.assert_contains({"ok": True, "runtime_version": None}, document)
        for arguments in (["version"], ["--version"]):
            result = self.home.ctl(*arguments)
            self.assert_exit(0, result)
            self.assertIn(document["version"], result.out)

    def test_with_a_runtime(self):
        self.home.start()
        document = self.home.ctl("version", "--json").json
        self.assertEqual(document["version"], document["runtime_version"])

    def test_both_binaries_are_of_one_version(self):
        version = self.home.ctl("version", "--json").json["version"]
        result = self.home.holond("--version", home=False)
        self.assert_exit(0, result)
        self.assertIn(version, result.out)


class PathsTest(HolonTest):
    def test_an_empty_path_is_a_mistake_and_an_empty_variable_is_none(self):
        for option in ("--home", "--socket", "--config"):
            for arguments in ((option, ""), (f"{option}=",)):
                result = self.home.ctl(*arguments, "status", "--json", home=False)
                self.assertIn(f"{option}: is empty", self.assert_failure(result, 2, "USAGE")["error"]["message"])
        self.assertEqual(str(self.home.socket), self.home.status(env={"HOLON_SOCKET": ""}).json["socket_path"])

    def test_a_home_that_can_never_be_one_is_said_to_be_it(self):
        (self.home.root / "file").touch()
        (self.home.root / "link").symlink_to("nowhere")
        for home, words in (("file", "file is not a directory"), ("file/below", "file is not a directory"),
                            ("link", "link is a symbolic link that leads to nothing")):
            for command in ("start", "status", "stop", "logs"):
                result = self.home.ctl("--home", self.home.root / home, command, "--json", home=False)
                self.assertIn(words, self.assert_failure(result, 1, "HOME_UNUSABLE")["error"]["message"])

    def test_a_configuration_file_that_is_a_link_to_nothing_is_not_replaced(self):
        self.home.make()
        self.home.config_file.symlink_to("nowhere")
        self.assert_failure(self.home.ctl("config", "set", "log.level", "info", "--json"), 1)
        self.assertTrue(self.home.config_file.is_symlink())


class PlaceOfOptionsTest(HolonTest):
    def test_global_options_stand_before_or_after_the_command(self):
        home = ["--home", self.home.path]
        for arguments in ([*home, "--json", "status"], ["status", "--json", *home],
                          ["--json", "status", *home], [*home, "status", "--json"]):
            with self.subTest(arguments):
                self.assert_status("stopped", self.home.ctl(*arguments, home=False),
                                   home_dir=str(self.home.path))

    def test_and_around_a_command_of_two_words(self):
        for arguments in (["--set", "log.level=debug", "config", "get", "log.level"],
                          ["config", "--set", "log.level=debug", "get", "log.level"],
                          ["config", "get", "log.level", "--set", "log.level=debug"]):
            with self.subTest(arguments):
                self.assertEqual("debug\n", self.home.ctl(*arguments).out)

    def test_an_option_with_an_equals_sign(self):
        result = self.home.ctl(f"--home={self.home.path}", "status", "--json", home=False)
        self.assert_status("stopped", result)

    def test_durations(self):
        for text in ("0", "0s", "500ms", "1s", "1.5s", "10m", "1h", "1m30s"):
            with self.subTest(text):
                self.assert_exit(0, self.home.ctl("stop", "--drain-timeout", text))

    def test_without_home_it_is_the_users(self):
        result = self.home.ctl("status", "--json", home=False)
        self.assert_status("stopped", result, home_dir=str(self.home.root / "user" / ".holon"))


class StreamsTest(HolonTest):
    def test_data_goes_to_stdout_and_errors_to_stderr(self):
        result = self.home.ctl("diff")
        self.assert_exit(3, result)
        self.assertEqual("", result.out)
        self.assertTrue(result.err)

    def test_an_error_names_the_next_command(self):
        self.assertIn("holonctl", self.home.ctl("diff").err)

    def test_quiet_says_only_what_is_wrong(self):
        result = self.home.ctl("start", "--quiet", *NO_WINDOW)
        self.home.serving = True
        self.assertEqual((0, "", ""), (result.exit, result.out, result.err))
        self.assertEqual("info\n", self.home.ctl("config", "get", "log.level", "-q").out)
        self.assertTrue(self.home.ctl("start", "-q", "--set", "http_addr=h:1").err)

    def test_a_full_disk_under_stdout_is_no_success(self):
        with open("/dev/full", "wb") as full:
            running = subprocess.run(
                [bin_dir() / "holonctl", "--home", self.home.path, "config", "show"],
                stdout=full, stderr=subprocess.PIPE, env=self.home.environment(), check=False)
        self.assertNotEqual(0, running.returncode)


class TerminalTest(HolonTest):
    LOOKS = (("status",), ("doctor",), ("diff", "--set", "log.level=debug"), ("list",), ("failures",),
             ("stop", "--plan"))

    def test_lines_fit_and_break_neither_paths_nor_commands(self):
        self.home.start()
        for columns in (60, 80, 200):
            for arguments in self.LOOKS:
                shown = self.home.ctl_on_terminal(*arguments, env={"NO_COLOR": "1"}, columns=columns)
                with self.subTest(arguments=arguments, columns=columns):
                    self.assertTrue(shown)
                    for line in shown.splitlines():
                        self.assertTrue(len(line) <= columns or "/" in line or "next:" in line, shown)

    def test_a_difference_becomes_a_block_where_a_row_has_no_room(self):
        self.home.start()
        shown = self.home.ctl_on_terminal("diff", "--set", "log.level=debug", env={"NO_COLOR": "1"}, columns=40)
        self.assertEqual(["log.level", "expected debug", "from --set log.level"],
                         [" ".join(line.split()) for line in shown.splitlines()[:3]])

    def test_signs_are_ascii_where_the_terminal_or_the_locale_shows_no_more(self):
        self.home.start()
        for env in ({"LC_ALL": "C"}, {"LC_ALL": "", "LC_CTYPE": "", "LANG": "en_US.UTF-8", "TERM": "dumb"}):
            for arguments in (*self.LOOKS, ("wait",)):
                with self.subTest(env=env, arguments=arguments):
                    self.assertTrue(self.home.ctl_on_terminal(*arguments, env=env).isascii())
        utf8 = {"LC_ALL": "C.UTF-8", "TERM": "xterm"}
        self.assertIn("✓", self.home.ctl_on_terminal("wait", env=utf8))


class ColorTest(HolonTest):
    def colored(self, *arguments, env=None):
        return ESCAPE in self.home.ctl("config", "show", "--origin", *arguments, env=env).out

    def test_none_into_a_pipe_unless_asked_for(self):
        self.assertFalse(self.colored())
        self.assertFalse(self.colored("--color", "auto"))
        self.assertFalse(self.colored("--color", "never"))
        self.assertTrue(self.colored("--color", "always"))

    def test_on_a_terminal_unless_no_color_is_set(self):
        terminal = {"TERM": "xterm"}
        self.assertTrue(self.colored_on_terminal(env=terminal))
        self.assertFalse(self.colored_on_terminal(env={**terminal, "NO_COLOR": "1"}))
        # By its convention an empty one does not count.
        self.assertTrue(self.colored_on_terminal(env={**terminal, "NO_COLOR": ""}))
        self.assertFalse(self.colored_on_terminal(env={"TERM": "dumb"}))
        self.assertFalse(self.colored_on_terminal("--color", "never", env=terminal))
        self.assertTrue(self.colored_on_terminal("--color", "always", env={**terminal, "NO_COLOR": "1"}))

    def test_json_is_never_coloured(self):
        self.assertFalse(self.colored("--json", "--color", "always"))

    def colored_on_terminal(self, *arguments, env):
        shown = self.home.ctl_on_terminal("config", "show", "--origin", *arguments, env=env)
        self.assertIn("log.level", shown)
        return ESCAPE in shown


class JsonTest(HolonTest):
    def test_status_has_every_key_that_its_view_promises(self):
        fields = fields_of("StatusView")
        self.assertLessEqual(STATUS_KEYS, fields)
        self.assertEqual(fields, set(self.home.status().json))
        self.home.start()
        status = self.home.status().json
        self.assertEqual(fields, set(status))
        self.assertEqual(fields_of("ActivityView"), set(status["activity"]))
        self.assertIsInstance(status["pid"], int)
        self.assertRegex(status["started_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")

    def test_results_have_the_status_at_top_level(self):
        fields = fields_of("StatusView") | (fields_of("LifecycleView") - {"status"})
        for command in (["start", *NO_WINDOW], ["start"], ["restart", *NO_WINDOW], ["ensure"],
                        ["reload"], ["stop"], ["stop"]):
            with self.subTest(command):
                document = self.home.ctl(*command, "--json").json
                self.assertEqual(fields, set(document))
                self.assertEqual(command[0], document["command"])

    def test_a_command_that_failed_before_it_looked_is_a_document_too(self):
        document = self.assert_failure(self.home.ctl("start", "--json", "--set", "x=1"), 2)
        self.assertEqual(fields_of("StatusView") | (fields_of("LifecycleView") - {"status"}), set(document))
        self.assertEqual(("start", "failed"), (document["command"], document["action"]))
        self.assertEqual(fields_of("ErrorView"), set(document["error"]))
        self.assertEqual(fields_of("FaultView"), set(document["faults"][0]))

    def test_failures_have_the_keys_of_successes(self):
        self.home.make()
        for command, view in ((["diff"], "DiffView"), (["config", "get", "nope"], "ConfigView"),
                              (["wait", "--timeout", "10ms"], "StatusView"),
                              (["config", "validate", "--set", "x=1"], "ConfigView")):
            with self.subTest(command):
                result = self.home.ctl(*command, "--json")
                self.assertNotEqual(0, result.exit)
                self.assertEqual(fields_of(view), set(result.json))
                self.assertIs(False, result.json["ok"])
                self.assertIsNotNone(result.json["error"]["reason"])

    def test_paths_that_need_quoting(self):
        home = self.home.root / 'a "home" with\nsurprises ü \\'
        result = self.home.ctl("--home", home, "status", "--json", home=False)
        self.assert_status("stopped", result, home_dir=str(home))

    def test_a_home_whose_name_is_no_utf_8(self):
        home = os.fsencode(self.home.root) + b"/\xff\xfe"
        running = Running([os.fsencode(bin_dir() / "holonctl"), b"--home", home, b"status", b"--json"],
                          env=self.home.environment())
        self.home.commands.append(running)
        result = running.finish()
        # Shown somehow, or refused: in any case as JSON.
        self.assertIn(result.exit, (2, 3), str(result))
        self.assertIs(result.json["ok"], result.exit == 3)


if __name__ == "__main__":
    main()
