"""What a shell completes, and the manual page: both made from the command line that they describe."""

import os
import shutil
import subprocess
import unittest

from harness import HolonTest, main

BASH = """
source "$1"
COMP_WORDS=("${@:2}")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_holonctl
printf '%s\\n' "${COMPREPLY[@]}"
"""


class CompletionTest(HolonTest):
    def script(self, shell):
        result = self.home.ctl("completion", shell)
        self.assert_exit(0, result)
        path = self.home.root / f"completion.{shell}"
        path.write_text(result.out, encoding="utf-8")
        return path

    def complete(self, *words):
        """What bash offers for the last of the words."""
        result = subprocess.run(["bash", "-c", BASH, "bash", str(self.script("bash")), "holonctl", *words],
                                capture_output=True, text=True, check=True)
        self.assertEqual("", result.stderr)
        return result.stdout.split()

    def test_commands(self):
        self.assertLessEqual({"start", "stop", "status", "config", "logs"}, set(self.complete("")))
        self.assertEqual({"start", "status", "stop"}, set(self.complete("st")))
        self.assertEqual(["start"], self.complete("--home", "stop", "sta")[:1])

    def test_commands_of_a_command(self):
        self.assertLessEqual({"show", "get", "set", "path"}, set(self.complete("config", "")))
        self.assertEqual(["show"], self.complete("config", "sh"))
        self.assertEqual(["--origin"], self.complete("config", "show", "--or"))

    def test_options_of_a_command_and_of_the_whole(self):
        options = self.complete("start", "--")
        self.assertIn("--stability-window", options)
        self.assertIn("--home", options)
        self.assertNotIn("--tail", options)
        self.assertNotIn("--stability-window", self.complete("status", "--"))

    def test_words_and_paths_as_values(self):
        self.assertEqual({"auto", "always", "never"}, set(self.complete("--color", "")))
        self.assertEqual({"auto", "always", "never"}, set(self.complete("start", "--color", "")))
        self.assertEqual(["ready"], self.complete("wait", "--for", "re"))
        self.assertEqual({"bash", "zsh", "fish", "man"},
                         {word for word in self.complete("completion", "") if word[0] != "-"})
        folder = self.home.root / "some-folder"
        folder.mkdir()
        self.assertEqual([str(folder)], self.complete("--home", str(folder)[:-3]))
        self.assertEqual([], self.complete("start", "--start-timeout", ""))

    def test_the_words_of_another_command_are_its_own_business(self):
        self.assertEqual([], self.complete("run", "--", "st"))

    def test_zsh_reads_its_own(self):
        self.check_syntax("zsh")

    def test_fish_reads_its_own(self):
        self.check_syntax("fish")

    def check_syntax(self, shell):
        script = self.script(shell)
        self.assertIn("holonctl", script.read_text(encoding="utf-8"))
        if not shutil.which(shell):
            self.skipTest(f"{shell} is not installed")
        subprocess.run([shell, "-n", str(script)], check=True)

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

    @unittest.skipUnless(shutil.which("groff"), "groff is not installed")
    def test_it_is_good_roff(self):
        page = self.home.ctl("completion", "man").out
        result = subprocess.run(["groff", "-man", "-ww", "-Tascii"], input=page, capture_output=True, text=True,
                                check=True, env={**os.environ, "LC_ALL": "C"})
        self.assertEqual("", result.stderr)


if __name__ == "__main__":
    main()
