"""Effective configuration: where values come from, what tells two configurations apart, and how what runs is
brought to what is wanted."""

import json
import os
import signal
import time

import processes
import stubs
from harness import NO_WINDOW, HolonTest, main
from peers import FakeRuntime, answer_of, configuration_of, owning

HEX = r"^[0-9a-f]{64}$"

# Changes of each kind, and how differently they have to be brought about.
RESTART = "http_addr=changed.example:1"
HOT = "log.level=debug"
VOLATILE = "description=changed"


class ConfigTest(HolonTest):
    def value(self, path, *arguments, **options):
        result = self.home.ctl("config", "get", path, *arguments, **options)
        self.assert_exit(0, result)
        return result.out.rstrip("\n")

    def setting(self, path, *arguments, **options):
        """As JSON: with its origin."""
        result = self.home.ctl("config", "get", path, "--json", *arguments, **options)
        self.assert_exit(0, result)
        setting, = result.json["settings"]
        return setting

    def fingerprint(self, *arguments, **options):
        result = self.home.ctl("config", "fingerprint", *arguments, **options)
        self.assert_exit(0, result)
        self.assertRegex(result.out.strip(), HEX)
        return result.out.strip()

    def differences(self, *arguments, **options):
        """What diff says: {path: row}."""
        result = self.home.ctl("diff", "--json", *arguments, **options)
        rows = result.json["differences"]
        self.assert_exit(5 if rows else 0, result)
        self.assertIs(not rows, result.json["match"])
        return {row["path"]: row for row in rows}


class SourcesTest(ConfigTest):
    def test_stronger_sources_win_and_are_named(self):
        option = ("--set", "log.max_files=4")
        variable = {"HOLON_LOG_MAX_FILES": "3"}
        setting = self.setting("log.max_files")
        self.assertEqual((5, "default"), (setting["value"], setting["origin"]))
        self.home.write_config('{\n  "log": {\n    "max_files": 2\n  }\n}\n')
        setting = self.setting("log.max_files")
        self.assertEqual(2, setting["value"])
        self.assertIn(f"{self.home.config_file}:3", setting["origin"])
        setting = self.setting("log.max_files", env=variable)
        self.assertEqual((3, "HOLON_LOG_MAX_FILES"), (setting["value"], setting["origin"]))
        setting = self.setting("log.max_files", *option, env=variable)
        self.assertEqual(4, setting["value"])
        self.assertIn("--set", setting["origin"])

    def test_the_last_of_several_options_wins(self):
        self.assertEqual("7", self.value("log.max_files", "--set", "log.max_files=6", "--set",
                                         "log.max_files=7"))

    def test_show_lists_every_setting_once(self):
        listed = {row["path"] for row in self.home.ctl("config", "list", "--json").json["settings"]}
        shown = [row["path"] for row in self.home.ctl("config", "show", "--json").json["settings"]]
        self.assertEqual(sorted(listed), sorted(shown))
        self.assertEqual(shown, sorted(shown))
        fields = stubs.config_message("EffectiveConfig").DESCRIPTOR.fields_by_name
        self.assertEqual(set(fields), {path.split(".")[0] for path in listed})

    def test_show_origin_says_where_each_value_comes_from(self):
        self.home.write_config({"log": {"level": "warning"}})
        result = self.home.ctl("config", "show", "--origin", env={"HOLON_HTTP_ADDR": "h:1"})
        self.assert_exit(0, result)
        lines = {line.split()[0]: line for line in result.out.splitlines() if line.strip()}
        self.assertIn("warning", lines["log.level"])
        self.assertIn("config.json:3", lines["log.level"])
        self.assertIn("HOLON_HTTP_ADDR", lines["http_addr"])
        self.assertIn("default", lines["log.max_files"])

    def test_list_tells_what_a_setting_is_for(self):
        row, = [row for row in self.home.ctl("config", "list", "--json").json["settings"]
                if row["path"] == "log.max_files"]
        self.assertEqual(("5", "reload", "HOLON_LOG_MAX_FILES"),
                         (row["default"], row["takes"], row["variable"]))
        self.assertIn("100", row["allowed"])
        self.assertTrue(row["type"] and row["comment"])

    def test_path_names_the_file_whether_it_is_there_or_not(self):
        self.assertEqual(f"{self.home.config_file}\n", self.home.ctl("config", "path").out)
        other = self.home.root / "other.json"
        other.write_text("{}", encoding="utf-8")
        self.assertEqual(f"{other}\n", self.home.ctl("config", "path", "--config", "other.json").out)

    def test_relative_paths_count_from_where_they_are_written(self):
        self.home.write_config({"workspace_dir": "in-file"})
        self.assertEqual(f"{self.home.path}/in-file", self.value("workspace_dir"))
        self.assertEqual(f"{self.home.root}/user/in-option", self.value(
            "workspace_dir", "--set", "workspace_dir=in-option", cwd=self.home.root / "user"))
        self.assertEqual(f"{self.home.root}/user/in-variable", self.value(
            "workspace_dir", env={"HOLON_WORKSPACE_DIR": "in-variable"},
            cwd=self.home.root / "user"))

    def test_the_home_is_that_of_the_option_then_the_variable_then_the_default(self):
        ask = ("config", "get", "home_dir")
        named = str(self.home.root / "named")
        self.assertEqual(f"{self.home.root}/user/.holon",
                         self.home.ctl(*ask, home=False).out.strip())
        self.assertEqual(named, self.home.ctl(*ask, home=False, env={"HOLON_HOME": named}).out.strip())
        self.assertEqual(str(self.home.path),
                         self.home.ctl(*ask, env={"HOLON_HOME": named}).out.strip())

    def test_a_setting_that_does_not_exist(self):
        for command in (["get", "no.such"], ["set", "no.such", "1"], ["unset", "no.such"]):
            with self.subTest(command):
                self.assert_failure(self.home.ctl("config", *command, "--json"), 2)
        self.assertFalse(self.home.path.exists())

    def test_what_is_refused_or_changes_nothing_makes_no_home(self):
        for exit_code, command in ((2, ["set", "log.level", "loud"]), (2, ["set", "log", "1"]),
                                   (0, ["unset", "log.level"]), (2, ["unset", "log"])):
            with self.subTest(command):
                self.assert_exit(exit_code, self.home.ctl("config", *command, "--json"))
                self.assertFalse(self.home.path.exists())


class EditTest(ConfigTest):
    def set(self, path, value):
        self.assert_exit(0, self.home.ctl("config", "set", path, value))

    def test_set_and_unset_change_one_value_and_keep_the_others(self):
        self.home.write_config({"log": {"level": "warning", "max_files": 2}, "http_addr": "h:1"})
        self.set("log.level", "error")
        self.set("model.fallbacks", '["a", "b"]')
        self.assertEqual({"log": {"level": "error", "max_files": 2}, "http_addr": "h:1",
                          "model": {"fallbacks": ["a", "b"]}}, self.home.config())
        self.assert_exit(0, self.home.ctl("config", "unset", "log.level"))
        self.assertEqual({"max_files": 2}, self.home.config()["log"])
        self.assertEqual("info", self.value("log.level"))

    def test_an_edit_says_what_it_changes_in_what_runs(self):
        def effect(*words, **options):
            result = self.home.ctl("config", *words, "--json", **options)
            self.assert_exit(0, result)
            shown = self.home.ctl("config", *words, **options).out
            self.assertIn("effect" in result.json and result.json["effect"].split(":")[0], shown)
            return result.json["effect"]

        self.assertEqual("the next start uses it", effect("set", "log.level", "debug"))
        self.home.start("--set", "log.format=json")
        self.assertEqual("the runtime runs with this value already", effect("set", "log.level", "debug"))
        self.assertEqual("the running runtime takes it with a reload", effect("unset", "log.level"))
        self.assertEqual("the running runtime takes it with a restart", effect("set", "http_addr", "h:1"))
        self.assertEqual("the runtime shows it from its next start on", effect("set", "description", "x"))
        self.assertEqual("no effect yet: the runtime keeps from its start log.format=json (--set log.format)",
                         effect("set", "log.format", "text"))
        self.assertEqual("no effect here: stronger than the file is log.level=error (HOLON_LOG_LEVEL)",
                         effect("set", "log.level", "info", env={"HOLON_LOG_LEVEL": "error"}))
        self.assertIn("no effect here", effect("set", "log.level", "info", "--set", "log.level=error"))
        other = self.home.root / "other.json"
        other.write_text("{}", encoding="utf-8")
        self.assert_exit(0, self.home.ctl("restart", "--reset", "--config", str(other)))
        self.assertEqual(f"no effect: the runtime was started with --config {other}",
                         effect("set", "log.level", "debug"))

    def test_a_broken_file_is_repaired_value_by_value(self):
        self.home.write_config('{"log": {"level": "loud"},\n "turn": {"timeout_ms": 0}}\n')
        result = self.home.ctl("config", "set", "log.level", "info")
        self.assert_exit(0, result)
        self.assertIn("config.json:2:25", result.err)
        self.assertEqual('{"log": {"level": "info"},\n "turn": {"timeout_ms": 0}}\n',
                         self.home.config_file.read_text(encoding="utf-8"))
        self.assert_exit(0, self.home.ctl("config", "unset", "turn.timeout_ms"))
        self.assert_exit(0, self.home.ctl("config", "validate"))

    def test_what_the_runtime_has_is_shown_with_where_it_comes_from(self):
        self.assert_failure(self.home.ctl("config", "show", "--runtime", "--json"), 3)
        self.home.start("--set", "log.max_files=7")
        self.home.write_config("{ broken")
        rows = {row["path"]: row for row in
                self.home.ctl("config", "show", "--runtime", "--json").json["settings"]}
        self.assertEqual(7, rows["log.max_files"]["value"])
        self.assertEqual({"source": "option", "file": None, "line": None, "column": None,
                          "name": "--set log.max_files"}, rows["log.max_files"]["origin_parts"])
        self.assertIn("--set log.max_files", self.home.ctl("config", "show", "--runtime", "--origin").out)

    def test_a_name_that_is_nearly_one_is_suggested(self):
        for words in (("get", "log.levle"), ("set", "log.levle", "x"), ("unset", "log.levle")):
            self.assertIn("did you mean log.level?", self.home.ctl("config", *words).err)

    def test_a_fault_elsewhere_leaves_the_socket_where_it_is(self):
        socket = str(self.home.root / "other.sock")
        for content, env in (({"socket_path": socket, "log": {"level": "loud"}}, {}),
                             ({}, {"HOLON_SOCKET": socket, "HOLON_LOG_LEVEL": "loud"})):
            self.home.write_config(content)
            self.assertEqual(socket, self.home.status(env=env).json["socket_path"])

    def test_the_first_set_makes_the_file_closed_to_others(self):
        self.set("log.level", "debug")
        self.assertEqual({"log": {"level": "debug"}}, self.home.config())
        self.assert_mode(0o600, self.home.config_file)
        self.assert_mode(0o700, self.home.path)

    def test_numbers_and_switches_are_written_as_such(self):
        self.set("log.max_files", "3")
        self.set("compaction.enabled", "false")
        self.assertEqual({"log": {"max_files": 3}, "compaction": {"enabled": False}},
                         self.home.config())

    def test_a_result_that_would_be_invalid_is_refused_and_changes_nothing(self):
        self.home.write_config({"max_tool_output_tokens": 5000})
        before = self.home.config_file.read_bytes()
        for path, value in (("log.level", "loud"), ("default_tool_output_tokens", "6000"),
                            ("log.max_files", "0"), ("home_dir", "/x"), ("log", "{}")):
            with self.subTest(path):
                self.assert_failure(self.home.ctl("config", "set", path, value, "--json"), 2)
        self.assertEqual(before, self.home.config_file.read_bytes())

    def test_a_file_that_is_already_broken_is_not_made_worse(self):
        self.home.write_config("{ broken")
        self.assert_failure(self.home.ctl("config", "set", "log.level", "debug", "--json"), 2)
        self.assertEqual("{ broken", self.home.config_file.read_text(encoding="utf-8"))

    def test_a_broken_value_can_be_mended(self):
        self.home.write_config({"log": {"level": "loud"}})
        self.set("log.level", "debug")
        self.assert_exit(0, self.home.ctl("config", "validate"))

    def test_editors_at_once_lose_nothing(self):
        paths = ["log.max_files", "agents.max_workers", "agents.max_attempts", "turn.max_tool_calls",
                 "context.max_messages", "compaction.keep_messages"]
        editors = [self.home.spawn_ctl("config", "set", path, "7") for path in paths]
        for editor in editors:
            self.assert_exit(0, editor.finish())
        self.assertEqual({"7"}, {self.value(path) for path in paths})

    def test_killed_at_any_moment_it_leaves_the_old_file_or_the_new_one(self):
        contents = {0: json.dumps({"model": {"default": "old" * 50}})}
        seen = set()
        for attempt in range(60):
            self.home.write_config(contents[0])
            editor = self.home.spawn_ctl("config", "set", "model.default", "new" * 60)
            # Over the whole of its life, and a little beyond.
            time.sleep(attempt * 0.0005)
            editor.signal(signal.SIGKILL)
            editor.finish()
            seen.add(self.home.config()["model"]["default"])
        self.assertLessEqual(seen, {"old" * 50, "new" * 60})
        self.set("model.default", "after")
        self.assertEqual("after", self.value("model.default"))

    def test_what_a_killed_editor_left_is_gone_after_the_next(self):
        for attempt in range(20):
            editor = self.home.spawn_ctl("config", "set", "log.level", "debug")
            time.sleep(attempt * 0.0007)
            editor.signal(signal.SIGKILL)
            editor.finish()
        self.set("log.level", "error")
        self.assertEqual(["config.json"], [path.name for path in self.home.path.iterdir()
                                           if path.is_file()])

    def test_validate_says_good_or_every_fault(self):
        self.assert_exit(0, self.home.ctl("config", "validate"))
        self.home.write_config({"log": {"level": "loud", "max_files": 0}})
        document = self.assert_failure(self.home.ctl("config", "validate", "--json"), 2)
        self.assertEqual({"log.level", "log.max_files"},
                         {fault["path"] for fault in document["faults"]})


class FingerprintTest(ConfigTest):
    def test_equal_however_it_is_written(self):
        self.home.make()
        link = self.home.root / "link"
        link.symlink_to(self.home.path)
        plain = self.fingerprint()
        for name, content in {
            "the default written out": {"log": {"level": "info"}},
            "an absolute path": {"workspace_dir": str(self.home.path / "workspace")},
            "a path through a link": {"workspace_dir": str(link / "workspace")},
            "a path with dots": {"workspace_dir": "./x/../workspace"},
        }.items():
            with self.subTest(name):
                self.home.write_config(content)
                self.assertEqual(plain, self.fingerprint())

    def test_equal_in_any_order_and_from_any_source(self):
        wanted = self.fingerprint("--set", "log.level=debug", "--set", "http_addr=h:1")
        self.assertEqual(wanted, self.fingerprint(
            env={"HOLON_LOG_LEVEL": "debug", "HOLON_HTTP_ADDR": "h:1"}))
        for content in ('{"http_addr": "h:1", "log": {"level": "debug"}}',
                        '{"log": {"level": "debug"}, "http_addr": "h:1"}'):
            self.home.write_config(content)
            self.assertEqual(wanted, self.fingerprint())

    def test_the_runtimes_is_the_callers(self):
        started = self.home.start("--set", HOT)
        self.assertEqual(self.fingerprint("--set", HOT), started["runtime_config_fingerprint"])
        self.assertNotEqual(self.fingerprint(), started["runtime_config_fingerprint"])

    def test_what_is_volatile_makes_no_difference(self):
        self.assertEqual(self.fingerprint(), self.fingerprint("--set", VOLATILE))

    def test_the_same_after_every_start(self):
        first = self.home.start()["runtime_config_fingerprint"]
        self.home.stop()
        self.assertEqual(first, self.home.start()["runtime_config_fingerprint"])

    def test_a_secrets_value_counts_and_its_key_is_ours_alone(self):
        self.home.write_config({"control_token": "one"})
        self.home.start()
        key = self.home.path / "fingerprint.key"
        self.assertEqual(32, key.stat().st_size)
        self.assert_mode(0o600, key)
        before = self.fingerprint()
        self.home.write_config({"control_token": "two"})
        self.assertNotEqual(before, self.fingerprint())


# Every setting with a value that is not its default; what is missing here, a test finds.
OTHER_VALUES = {
    "socket_path": "other.sock", "workspace_dir": "other", "http_addr": "other:1",
    "control_addr": "127.0.0.1:0", "callback_base_url": "http://other/", "default_agent_id": "other",
    "control_auth_mode": "disabled", "model.default": "other", "model.fallbacks": '["other"]',
    "model.disable_provider_fallback": "true", "compaction.enabled": "false",
    "context.reserved_output_tokens": "16385", "compaction.trigger_tokens": "160001",
    "description": "other", "log.level": "debug", "log.format": "json",
}
# Neither file nor option may set these.
NOT_SETTABLE = {"home_dir", "control_token"}


class DifferenceTest(ConfigTest):
    def other_value(self, row):
        if row["path"] in OTHER_VALUES:
            return OTHER_VALUES[row["path"]]
        self.assertEqual("integer", row["type"], f"{row['path']} needs a line in OTHER_VALUES")
        return str(int(row["default"]) + 1)

    # Must never happen: nine fingerprinted fields that no diff could name.
    def test_every_setting_changes_the_fingerprint_and_is_named_alone(self):
        self.home.start()
        fingerprints = {self.fingerprint()}
        for row in self.home.ctl("config", "list", "--json").json["settings"]:
            path = row["path"]
            if path in NOT_SETTABLE:
                continue
            with self.subTest(path):
                option = ("--set", f"{path}={self.other_value(row)}")
                if row["takes"] == "nothing":
                    self.assertIn(self.fingerprint(*option), fingerprints)
                    self.assertEqual({}, self.differences(*option))
                    continue
                fingerprint = self.fingerprint(*option)
                self.assertNotIn(fingerprint, fingerprints)
                fingerprints.add(fingerprint)
                difference, = self.differences(*option).values()
                self.assertEqual((path, row["takes"]), (difference["path"], difference["takes"]))
                self.assertNotEqual(difference["expected"], difference["actual"])

    def test_without_a_key_a_comparison_is_unknown_and_changes_nothing(self):
        token = {"HOLON_CONTROL_TOKEN": "Sesame-4711"}
        self.assert_exit(0, self.home.ctl("start", *NO_WINDOW, env=token))
        self.home.serving = True
        pid = self.home.pid()
        key = self.home.path / "fingerprint.key"
        key.rename(self.home.root / "away")
        for command in (["diff"], ["start", *NO_WINDOW], ["ensure", *NO_WINDOW], ["run", "--", "true"]):
            with self.subTest(command[0]):
                result = self.home.ctl(*command, "--json", env=token) if command[0] != "run" else \
                    self.home.ctl(*command, env=token)
                self.assert_exit(4, result)
                self.assertIn("is unknown", result.out + result.err)
        self.assertIsNone(self.home.status(env=token).json["config_fingerprint_match"])
        self.assertFalse(key.exists())
        self.assertEqual(pid, self.home.pid())

    def test_what_a_start_was_given_is_shown_and_can_be_dropped(self):
        started = self.home.start("--set", "log.level=debug")
        refused = self.home.ctl("start", *NO_WINDOW)
        self.assert_exit(5, refused)
        self.assertRegex(refused.err, r"kept from the start at \d\d:\d\d UTC: log.level=debug \(--set")
        self.assertRegex(self.home.ctl("status").err, "kept from the start at")
        self.assert_exit(0, self.home.ctl("ensure", *NO_WINDOW))
        self.assert_exit(5, self.home.ctl("start", *NO_WINDOW))
        result = self.home.ctl("ensure", "--reset", *NO_WINDOW)
        self.assert_exit(0, result)
        self.assertIn("log.level: debug → info", result.out + result.err)
        self.assert_exit(0, self.home.ctl("start", *NO_WINDOW))
        self.assert_state("running", instance_id=started["instance_id"])
        self.assert_exit(0, self.home.ctl("restart", "--set", "http_addr=127.0.0.1:1", *NO_WINDOW))
        self.assert_exit(0, self.home.ctl("restart", "--reset", *NO_WINDOW))
        self.assertIsNone(self.home.status().json["http_addr"])

    def test_every_text_that_is_set_is_what_get_gives(self):
        self.home.make()
        for text in ('say "hi" C:\\x', "\\n", "ü → €", "<set>", "[]", '"', "-x=1", "{}", "0"):
            with self.subTest(text):
                self.assert_exit(0, self.home.ctl("config", "set", "--", "description", text))
                got = self.home.ctl("config", "get", "description")
                self.assertEqual(text + "\n", got.out)
                self.assertEqual(text, self.setting("description")["value"])

    # Case: effective config mismatch summary lists actionable differences.
    def test_a_start_with_another_configuration_names_both_sides_and_touches_nothing(self):
        started = self.home.start("--set", "http_addr=running:1")
        self.home.write_config({"http_addr": "wanted:2", "log": {"level": "debug"}})
        document = self.assert_failure(self.home.ctl("start", "--json"), 5, "CONFIG_DIFFERS")
        rows = {row["path"]: row for row in document["differences"]}
        self.assertEqual({"http_addr", "log.level"}, set(rows))
        self.assert_contains({"expected": "wanted:2", "actual": "running:1", "takes": "restart"},
                             rows["http_addr"])
        self.assertIn("config.json:2", rows["http_addr"]["expected_origin"])
        self.assertIn("--set", rows["http_addr"]["actual_origin"])
        self.assert_contains({"expected": "debug", "actual": "info", "takes": "reload",
                              "actual_origin": "default"}, rows["log.level"])
        self.assertIn('http_addr expected="wanted:2" actual="running:1"',
                      document["error"]["message"])
        self.assertIn("ensure", document["next_command"])
        human = self.home.ctl("start")
        self.assert_exit(5, human)
        for text in ("http_addr", "wanted:2", "running:1", "config.json:2", "--set"):
            self.assertIn(text, human.out + human.err)
        self.assert_state("running", instance_id=started["instance_id"],
                          runtime_config_fingerprint=started["runtime_config_fingerprint"])

    def test_diff_says_the_same_and_nothing_where_nothing_differs(self):
        self.home.start()
        self.assertEqual({}, self.differences())
        row = self.differences("--set", RESTART)["http_addr"]
        self.assert_contains({"expected": "changed.example:1", "actual": "", "takes": "restart",
                              "actual_origin": "default", "note": None}, row)
        human = self.home.ctl("diff", "--set", RESTART)
        self.assert_exit(5, human)
        self.assertIn("changed.example:1", human.out)

    def test_diff_needs_a_runtime(self):
        self.assert_failure(self.home.ctl("diff", "--json"), 3, "NOT_RUNNING")

    def test_status_shows_the_difference_and_means_no_harm(self):
        self.home.start("--set", RESTART)
        status = self.assert_state("running", healthy=True, config_fingerprint_match=False)
        self.assertEqual(["http_addr"], [row["path"] for row in status["differences"]])
        self.assertIn("http_addr", self.home.ctl("status").out)

    def test_the_wire_compares_as_the_command_does(self):
        self.home.start("--set", RESTART)
        channel, control = stubs.control(self.home.socket)
        request = stubs.message("CompareConfigRequest")
        wanted = stubs.config_message("EffectiveConfig")(http_addr="other:1")
        with channel:
            answer = control.CompareConfig(request(config=wanted), timeout=30)
            same = control.CompareConfig(request(fingerprint=answer.actual_fingerprint), timeout=30)
        self.assertTrue(same.match)
        self.assertFalse(answer.match)
        difference, = answer.differences
        self.assertEqual(("http_addr", '"other:1"', '"changed.example:1"'),
                         (difference.path, difference.expected, difference.actual))
        self.assertEqual(answer.expected_fingerprint, self.fingerprint("--set", "http_addr=other:1"))


class VersionSkewTest(ConfigTest):
    def setUp(self):
        super().setUp()
        self.real = configuration_of(self.home)
        self.home.leaves_files = True

    def difference_with(self, config):
        answer = answer_of(self.home, version="0.3.0", config=config,
                           config_fingerprint="1" * 64)
        self.keep(FakeRuntime(self.home, answer, *owning(self.home)))
        difference, = self.differences().values()
        return difference

    def test_a_setting_that_an_older_runtime_does_not_know(self):
        difference = self.difference_with(
            [value for value in self.real.config if value.path != "log.max_files"])
        self.assertEqual("log.max_files", difference["path"])
        self.assertIn("not known to runtime 0.3.0", difference["note"])

    def test_a_setting_that_only_a_newer_runtime_knows(self):
        newer = stubs.config_message("ConfigValue")(path="log.colour", value='"green"')
        difference = self.difference_with([*self.real.config, newer])
        self.assertEqual("log.colour", difference["path"])
        self.assertIn("not known to holonctl", difference["note"])


class ReloadTest(ConfigTest):
    def test_what_is_hot_is_applied_at_once(self):
        started = self.home.start()
        self.home.write_config({"log": {"level": "debug"}})
        document = self.assert_lifecycle(self.home.ctl("reload", "--json"), "reloaded")
        self.assertEqual(started["instance_id"], document["instance_id"])
        self.assertIn("log.level", document["message"])
        self.assertNotEqual(started["runtime_config_fingerprint"],
                            document["runtime_config_fingerprint"])
        self.assert_state("running", config_fingerprint_match=True, differences=[])
        self.assertEqual(document["runtime_config_fingerprint"],
                         self.home.record()["config_fingerprint"])

    def test_what_needs_a_restart_is_named_and_left(self):
        self.home.start()
        self.home.write_config({"log": {"level": "debug"}, "http_addr": "other:1"})
        document = self.assert_failure(self.home.ctl("reload", "--json"), 5)
        self.assertIn("http_addr", document["error"]["message"])
        self.assertEqual(["http_addr"], list(self.differences()))

    def test_an_invalid_file_changes_nothing(self):
        started = self.home.start()
        self.home.write_config({"log": {"level": "loud"}})
        self.assert_failure(self.home.ctl("reload", "--json"), 2)
        self.assert_state("running",
                          runtime_config_fingerprint=started["runtime_config_fingerprint"])

    def test_nothing_changed_is_nothing_done(self):
        self.home.start()
        self.assert_lifecycle(self.home.ctl("reload", "--json"), "nothing")

    def test_it_needs_a_runtime(self):
        self.assert_failure(self.home.ctl("reload", "--json"), 3, "NOT_RUNNING")

    def test_a_signal_does_it_too(self):
        self.home.start()
        watch = self.home.spawn_ctl("status", "--watch", "--json")
        before = watch.read_json()
        self.home.write_config({"log": {"level": "debug"}})
        os.kill(self.home.pid(), signal.SIGHUP)
        while (now := watch.read_json())["runtime_config_fingerprint"] == before[
                "runtime_config_fingerprint"]:
            pass
        self.assertEqual(self.fingerprint(), now["runtime_config_fingerprint"])
        self.assert_exit(130, watch.interrupt())

    def test_a_secret_that_only_the_runtime_has_is_kept(self):
        self.home.start(env={"HOLON_CONTROL_TOKEN": "Sesame-4711"})
        self.home.write_config({"log": {"level": "debug"}})
        self.assert_lifecycle(self.home.ctl("reload", "--json"), "reloaded")
        self.assertEqual({"control_token"}, set(self.differences()))

    def test_what_the_start_was_given_outlives_a_reload(self):
        self.home.start("--set", "log.max_files=7")
        self.home.write_config({"log": {"level": "debug", "max_files": 8}})
        self.assert_lifecycle(self.home.ctl("reload", "--json"), "reloaded")
        self.assertEqual({"log.max_files"}, set(self.differences()))


class RestartTest(ConfigTest):
    def running_value(self, path):
        channel, control = stubs.control(self.home.socket)
        with channel:
            status = control.RuntimeStatus(stubs.message("RuntimeStatusRequest")(), timeout=30)
        value, = [value.value for value in status.config if value.path == path]
        return json.loads(value)

    def restart(self, *arguments, action="restarted", **options):
        return self.assert_lifecycle(
            self.home.ctl("restart", "--json", *NO_WINDOW, *arguments, **options), action)

    def test_a_new_generation_with_the_file_as_it_is_now(self):
        first = self.home.start()
        self.home.write_config({"http_addr": "new:1"})
        second = self.restart()
        self.assertNotEqual(first["instance_id"], second["instance_id"])
        self.assertFalse(processes.is_alive(first["pid"]))
        self.assertEqual("new:1", self.running_value("http_addr"))

    # Case: restart inherits recorded start options and overrides explicit flags.
    def test_options_of_the_start_are_kept_and_given_ones_win(self):
        self.home.start("--set", "http_addr=first:1", "--set", "log.max_files=7")
        self.restart()
        self.assertEqual(("first:1", 7),
                         (self.running_value("http_addr"), self.running_value("log.max_files")))
        self.restart("--set", "http_addr=second:2")
        self.assertEqual(("second:2", 7),
                         (self.running_value("http_addr"), self.running_value("log.max_files")))

    def test_variables_of_the_start_are_kept(self):
        self.home.start(env={"HOLON_HTTP_ADDR": "first:1"})
        self.restart()
        self.assertEqual("first:1", self.running_value("http_addr"))
        self.restart(env={"HOLON_HTTP_ADDR": "second:2"})
        self.assertEqual("second:2", self.running_value("http_addr"))

    def test_a_file_that_was_named_is_named_again(self):
        other = self.home.root / "other.json"
        other.write_text('{"http_addr": "other:1"}', encoding="utf-8")
        self.home.start("--config", other)
        self.restart()
        self.assertEqual("other:1", self.running_value("http_addr"))

    # Case: restart's explicit local access clears the inherited advertise url; the same for tunnel access.
    def test_an_explicit_address_clears_the_inherited_url_that_depends_on_it(self):
        self.home.start("--set", "http_addr=first:1", "--set", "callback_base_url=http://first/")
        self.restart("--set", "http_addr=second:2")
        self.assertEqual("", self.running_value("callback_base_url"))

    def test_after_a_stop_nothing_is_inherited(self):
        self.home.start("--set", RESTART)
        self.home.stop()
        self.home.start()
        self.assertEqual("", self.running_value("http_addr"))

    def test_from_stopped_it_starts(self):
        self.restart(action="started")
        self.home.serving = True

    # Case: restart requires a new token when the previous inline token was not persisted.
    def test_a_secret_given_inline_must_be_given_again_before_anything_is_stopped(self):
        token = {"HOLON_CONTROL_TOKEN": "Sesame-4711"}
        first = self.home.start(env=token)
        document = self.assert_failure(self.home.ctl("restart", "--json"), 2)
        self.assertIn("control_token", str(document))
        self.assert_state("running", instance_id=first["instance_id"])
        second = self.restart(env=token)
        self.assertNotEqual(first["instance_id"], second["instance_id"])
        self.assertEqual(first["runtime_config_fingerprint"], second["runtime_config_fingerprint"])

    # Case: restart's inline token overrides an inherited token file without argv secret.
    def test_a_secret_from_a_named_file_is_inherited_by_its_name(self):
        token_file = self.home.root / "token"
        token_file.write_text("Sesame-4711", encoding="utf-8")
        token_file.chmod(0o600)
        first = self.home.start("--set", f"control_token_file={token_file}")
        self.assertEqual(first["runtime_config_fingerprint"],
                         self.restart()["runtime_config_fingerprint"])
        other = self.restart(env={"HOLON_CONTROL_TOKEN": "another"})
        self.assertNotEqual(first["runtime_config_fingerprint"], other["runtime_config_fingerprint"])
        self.assertNotIn("another", processes.command_line(other["pid"]))

    def test_an_invalid_configuration_stops_nothing(self):
        first = self.home.start()
        self.home.write_config({"log": {"level": "loud"}})
        self.assert_failure(self.home.ctl("restart", "--json"), 2, "INVALID_CONFIG")
        self.assertTrue(processes.is_alive(first["pid"]))
        self.assertIn(first["instance_id"], self.home.status().out)

    def test_if_changed_leaves_what_is_right(self):
        first = self.home.start()
        same = self.restart("--if-changed", action="nothing")
        self.assertEqual(first["instance_id"], same["instance_id"])
        self.home.write_config({"http_addr": "new:1"})
        self.assertNotEqual(first["instance_id"], self.restart("--if-changed")["instance_id"])

    def test_ten_at_once_end_with_one_runtime(self):
        self.home.start()
        results = self.home.many(10, "restart", "--json", *NO_WINDOW)
        for result in results:
            self.assert_exit(0, result)
        self.assertEqual([self.home.pid()], self.home.runtimes())


class EnsureTest(ConfigTest):
    def ensure(self, action, *arguments, **options):
        document = self.assert_lifecycle(
            self.home.ctl("ensure", "--json", *NO_WINDOW, *arguments, **options), action)
        self.home.serving = True
        return document

    def test_nobody_there_is_started(self):
        self.ensure("started")
        self.assert_state("running", config_fingerprint_match=True)

    def test_the_same_is_left_alone(self):
        first = self.ensure("started", "--set", RESTART)
        self.assertEqual(first["instance_id"], self.ensure("nothing", "--set", RESTART)["instance_id"])

    def test_a_hot_change_is_reloaded(self):
        first = self.ensure("started")
        second = self.ensure("reloaded", "--set", HOT)
        self.assertEqual(first["instance_id"], second["instance_id"])
        self.assertEqual(self.fingerprint("--set", HOT), second["runtime_config_fingerprint"])
        self.ensure("nothing", "--set", HOT)

    def test_any_other_change_is_restarted_for_and_says_why(self):
        first = self.ensure("started")
        second = self.ensure("restarted", "--set", RESTART, "--set", HOT)
        self.assertNotEqual(first["instance_id"], second["instance_id"])
        self.assertIn("http_addr", second["message"])

    def test_a_volatile_change_is_none(self):
        first = self.ensure("started")
        self.assertEqual(first["instance_id"], self.ensure("nothing", "--set", VOLATILE)["instance_id"])

    def test_a_changed_file_counts(self):
        first = self.ensure("started")
        self.home.write_config({"http_addr": "new:1"})
        self.assertNotEqual(first["instance_id"], self.ensure("restarted")["instance_id"])

    def test_an_invalid_configuration_leaves_the_old_runtime_serving(self):
        first = self.ensure("started")
        self.assert_failure(
            self.home.ctl("ensure", "--json", "--set", "log.level=loud"), 2, "INVALID_CONFIG")
        self.assert_state("running", instance_id=first["instance_id"])

    # Shared daemons in general: a client with no opinion downgrades a configured daemon.
    def test_whoever_sets_nothing_changes_nothing(self):
        first = self.home.start("--set", RESTART, "--set", HOT, env={"HOLON_LOG_MAX_FILES": "7"})
        self.assertEqual(first["instance_id"], self.ensure("nothing")["instance_id"])
        self.assertEqual(first["runtime_config_fingerprint"],
                         self.home.status().json["runtime_config_fingerprint"])

    def test_what_does_not_answer_is_escalated_and_started_again(self):
        first = self.ensure("started")
        self.home.suspend_runtime()
        second = self.ensure("restarted")
        self.assertNotEqual(first["instance_id"], second["instance_id"])
        self.assertFalse(processes.is_alive(first["pid"]))

    def test_what_died_is_cleaned_up_and_started(self):
        self.ensure("started")
        self.home.kill_runtime()
        self.ensure("started")

    def test_foreign_and_incompatible_are_refused(self):
        self.home.make()
        self.home.leaves_files = True
        for state, fields in (("foreign", {"home_dir": "/elsewhere"}),
                              ("incompatible", {"contract_version": "2.0"})):
            with self.subTest(state):
                fake = FakeRuntime(self.home, answer_of(self.home, **fields))
                self.assert_failure(self.home.ctl("ensure", "--json"), 4, state.upper())
                self.assertTrue(fake.is_alive())
                fake.close()
                self.home.socket.unlink()

    def test_fifty_at_once_make_one_generation(self):
        results = self.home.many(50, "ensure", "--json", *NO_WINDOW, "--set", RESTART)
        self.home.serving = True
        for result in results:
            self.assert_exit(0, result)
        self.assertEqual(1, len({result.json["instance_id"] for result in results}))
        self.assertEqual(1, [result.json["action"] for result in results].count("started"))
        self.assertEqual([self.home.pid()], self.home.runtimes())


if __name__ == "__main__":
    main()
