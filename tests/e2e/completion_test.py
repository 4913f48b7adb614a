"""What a shell completes, and the manual page: both made from the command line that they describe."""

import os
import pathlib
import re
import shutil
import subprocess
import unittest

import shells
from harness import HolonTest, bin_dir, main

HOLOND_PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/holond.8"


class CompletionTest(HolonTest):
    def script(self, shell):
        result = self.home.ctl("completion", shell)
        self.assert_exit(0, result)
        path = self.home.root / f"completion.{shell}"
        path.write_text(result.out, encoding="utf-8")
        return path

    def offered(self, *words):
        """The kind of what is offered for the last of the words, and the words."""
        result = self.home.ctl("__complete", "--", *words, home=False)
        self.assert_exit(0, result)
        kind, *lines = result.out.splitlines()
        return kind, [line.split("\t")[0] for line in lines]

    def complete(self, *words):
        kind, offered = self.offered(*words)
        self.assertEqual("words", kind)
        return offered

    def test_commands(self):
        self.assertLessEqual({"start", "stop", "status", "config", "logs", "help"}, set(self.complete("")))
        self.assertEqual(["start", "stop", "status"], self.complete("st"))
        self.assertEqual(["start"], self.complete("--home", "stop", "sta")[:1])
        self.assertEqual(["status"], self.complete("help", "statu"))
        self.assertEqual([], self.complete("nope", ""))

    def test_commands_of_a_command(self):
        self.assertLessEqual({"show", "get", "set", "path"}, set(self.complete("config", "")))
        self.assertEqual(["show"], self.complete("config", "sh"))
        self.assertEqual(["--origin"], self.complete("config", "show", "--or"))

    def test_options_of_a_command_and_of_the_whole_once(self):
        options = self.complete("start", "--")
        self.assertIn("--stability-window", options)
        self.assertIn("--home", options)
        self.assertNotIn("--tail", options)
        self.assertEqual(len(set(options)), len(options))
        self.assertNotIn("--stability-window", self.complete("status", "--"))
        self.assertEqual([], self.complete("status", "--", "--ho"))

    def test_words_and_paths_as_values(self):
        choices = ["auto", "always", "never"]
        self.assertEqual(choices, self.complete("--color", ""))
        self.assertEqual(choices, self.complete("start", "--color", ""))
        self.assertEqual(["--color=always"], self.complete("--color=al"))
        self.assertEqual(["ready"], self.complete("wait", "--for", "re"))
        self.assertEqual(["bash", "zsh", "fish", "man"], self.complete("completion", ""))
        self.assertEqual([], self.complete("start", "--start-timeout", ""))
        self.assertEqual(("directories", []), self.offered("--home", "x"))
        self.assertEqual(("directories", []), self.offered("start", "--home=x"))
        self.assertEqual(("files", []), self.offered("--config", ""))

    def test_settings_and_their_values(self):
        settings = {row["path"] for row in self.home.ctl("config", "list", "--json").json["settings"]}
        self.assertLessEqual(settings - {"home_dir"}, set(self.complete("config", "get", "")))
        self.assertEqual(["log.level"], self.complete("config", "set", "log.le"))
        self.assertEqual(["warning"], self.complete("config", "set", "log.level", "w"))
        self.assertEqual(["log.level="], self.complete("--set", "log.le"))
        self.assertEqual(["log.level=debug"], self.complete("start", "--set", "log.level=d"))
        self.assertEqual(["--set=log.level=debug"], self.complete("--set=log.level=d"))
        self.assertEqual(["true", "false"], self.complete("config", "set", "compaction.enabled", ""))
        self.assertEqual(("files", []), self.offered("--set", "workspace_dir=/"))
        self.assertEqual(["control_token_file="], self.complete("--set", "control_token"))
        self.assertEqual([], self.complete("config", "set", "log.level", "debug", ""))

    def test_the_words_of_another_command_are_its_own_business(self):
        self.assertEqual(("command 2", []), self.offered("run", "--", "st"))
        self.assertEqual(("command 4", []), self.offered("--home", "x", "run", "--", "st", "--", ""))

    def check_shell(self, shell, *expected):
        if not shells.installed(shell):
            self.skipTest(f"{shell} is not installed")
        root = self.home.root
        for name in ("sp ace", "quo'te", "functions"):
            (root / name).mkdir()
        (root / "sp ace" / "file.txt").touch()
        script = self.script(shell.split("-")[0])
        shutil.copy(script, root / "functions" / "_holonctl")
        path = f"{bin_dir()}:{os.environ['PATH']}"
        session = shells.Shell(shell, root, script, self.home.environment({"PATH": path}))
        self.addCleanup(session.close)
        for typed, line in (
                ("holonctl resta", "holonctl restart "),
                ("holonctl config set log.lev", "holonctl config set log.level "),
                ("holonctl config set log.level w", "holonctl config set log.level warning "),
                ("holonctl --set log.lev", "holonctl --set log.level="),
                ("holonctl --set log.level=d", "holonctl --set log.level=debug "),
                ("holonctl --color=al", "holonctl --color=always "),
                ("holonctl --home 'sp ace' sto", "holonctl --home 'sp ace' stop "),
                ("holonctl --home sp", "holonctl --home sp\\ ace/"),
                ("holonctl --home=sp", "holonctl --home=sp\\ ace/"),
                ("holonctl --config sp\\ ace/fi", "holonctl --config sp\\ ace/file.txt "),
                ("holonctl run -- cat sp\\ ace/fi", "holonctl run -- cat sp\\ ace/file.txt "),
                *expected):
            with self.subTest(typed):
                self.assertEqual(line.rstrip(), session.complete(typed).rstrip())

    def test_bash(self):
        self.check_shell("bash", ("holonctl --home quo", "holonctl --home quo\\'te/"),
                         ("holonctl --home \"sp", 'holonctl --home "sp ace"/'))

    def test_zsh(self):
        self.check_shell("zsh", ("holonctl --home quo", "holonctl --home quo\\'te/"))

    def test_zsh_at_the_first_tab_of_a_function_that_is_loaded_by_it(self):
        self.check_shell("zsh-autoload")

    def test_fish(self):
        self.check_shell("fish", ("holonctl --home quo", "holonctl --home quo\\'te/"))

    def test_another_shell_is_a_mistake(self):
        self.assert_exit(2, self.home.ctl("completion", "tcsh"))
        self.assert_exit(2, self.home.ctl("completion"))


class ManualPageTest(HolonTest):
    def test_it_has_every_command_and_option(self):
        page = self.home.ctl("completion", "man")
        self.assert_exit(0, page)
        self.assertTrue(page.out.startswith(".TH HOLONCTL 1"))
        for text in ("holonctl config show", "\\-\\-stability\\-window", ".SH EXIT STATUS", "(130 interrupted, 143 terminated)"):
            self.assertIn(text, page.out)

    def test_it_has_what_a_manual_page_has(self):
        page = self.home.ctl("completion", "man").out
        for section in ("EXIT STATUS", "SIGNALS", "ENVIRONMENT", "FILES", "EXAMPLES", "SEE ALSO"):
            self.assertIn(f"\n.SH {section}\n", page)
        for row in self.home.ctl("config", "list", "--json").json["settings"]:
            if row["path"] != "home_dir":
                self.assertIn(f"\\fB{row['variable']}\\fR", page)

    def test_that_of_holond_has_every_option_and_section(self):
        page = HOLOND_PAGE.read_text(encoding="utf-8")
        options = re.findall(r"--[a-z]+", subprocess.run([bin_dir() / "holond", "--help"], capture_output=True,
                                                         text=True, check=True).stdout)
        self.assertLess(5, len(options))
        for option in options:
            self.assertIn("\\fB" + option.replace("-", "\\-") + "\\fR", page)
        for section in ("OPTIONS", "SIGNALS", "EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES"):
            self.assertIn(f"\n.SH {section}\n", page)

    def test_both_are_good_roff(self):
        for page in (self.home.ctl("completion", "man").out, HOLOND_PAGE.read_text(encoding="utf-8")):
            result = subprocess.run(["groff", "-man", "-ww", "-Tascii"], input=page, capture_output=True, text=True,
                                    check=True, env={**os.environ, "LC_ALL": "C"})
            self.assertEqual("", result.stderr)


if __name__ == "__main__":
    main()
