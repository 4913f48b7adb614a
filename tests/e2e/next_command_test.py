"""Every situation in which a command is suggested: it is made, the command is run at once, and it helps."""

import fcntl
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import unittest

import processes
import verdict_test
from commands import Running
from harness import NO_WINDOW, bin_dir
from peers import configuration_of, use_fake_holond

SITUATIONS = pathlib.Path(__file__).resolve().parents[2] / "ctl/render/next_command.h"
NAME = """sp ace 'q" $x"""


def situations():
    """Names of the enum's members, as the tests bear them."""
    body = re.search(r"enum class Situation \{(.*?)\};", SITUATIONS.read_text(encoding="utf-8"), re.DOTALL)[1]
    return {re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower() for name in re.findall(r"^\s*k(\w+),", body, re.MULTILINE)}


class NextCommandTest(verdict_test.VerdictTest):
    def setUp(self):
        super().setUp()
        self.home = self.new_home(NAME)

    def suggested(self, *arguments, **options):
        """Of a call with these arguments."""
        return self.of(self.home.ctl(*arguments, "--json", **options))

    def of(self, result):
        document = result.json
        self.assertTrue(document["next_command"], str(result))
        self.failed = (result.exit, (document.get("error") or {}).get("reason"))
        return document["next_command"]

    def follow(self, words, exit_code=0):
        """Runs it in the same directory and environment, as words and as the shell reads them."""
        running = Running(words, env=self.home.environment(), cwd=self.home.root)
        self.home.commands.append(running)
        result = running.finish()
        self.assertNotIn(result.exit, (2, 6, 126, 127), str(result))
        self.assert_exit(exit_code, result)
        return result

    def test_every_situation_is_made_here(self):
        tested = {name.removeprefix("test_") for name in dir(self) if name.startswith("test_")}
        self.assertEqual(set(), situations() - tested)
        self.assertGreater(len(situations()), 10)

    def test_the_text_is_what_a_shell_takes_back(self):
        words = self.suggested("status")
        text = re.search(r"next: (.*)", self.home.ctl("status").out)[1]
        shown = subprocess.run(["bash", "-c", f"printf '%s\\n' {text}"], check=True, capture_output=True, text=True)
        self.assertEqual(words, shown.stdout.splitlines())

    def test_the_first_word_is_short_where_path_finds_it(self):
        self.assertEqual(str(bin_dir() / "holonctl"), self.suggested("status")[0])
        path = {"PATH": f"{bin_dir()}:{os.environ['PATH']}"}
        self.assertEqual("holonctl", self.suggested("status", env=path)[0])

    def test_options_of_the_call_are_repeated(self):
        words = self.suggested("status", "--set", "log.level=debug", "--socket", "s p")
        self.assertEqual(["--socket", "s p", "--set", "log.level=debug", "start"], words[3:])

    def test_there_is_none_where_a_file_has_to_be_edited(self):
        self.home.write_config("{")
        for command in ("status", "start"):
            document = self.home.ctl(command, "--json").json
            self.assertIsNone(document["next_command"])
            self.assertTrue(document["advice"])

    def test_stopped(self):
        self.home.serving = True
        self.follow(self.suggested("status"))
        self.assert_state("running")

    def test_unresponsive(self):
        self.home.start()
        self.home.suspend_runtime()
        self.home.serving = False
        self.follow(self.suggested("status"))
        self.assert_state("stopped")

    def test_left_files(self):
        self.home.start()
        self.home.kill_runtime()
        self.follow(self.suggested("doctor"))
        self.assert_state("stopped")

    def test_start_differs(self):
        self.home.start()
        self.follow(self.suggested("start", *NO_WINDOW, "--set", "log.level=debug"))
        self.assert_exit(0, self.home.ctl("diff", "--set", "log.level=debug"))

    def test_edited(self):
        self.home.start()
        for setting in (("log.level", "debug"), ("http_addr", "127.0.0.1:1")):
            self.follow(self.suggested("config", "set", *setting))
            self.assert_exit(0, self.home.ctl("diff"))

    def test_edit_kept(self):
        self.home.start("--set", "log.level=warning")
        self.follow(self.suggested("config", "set", "log.level", "debug"))
        self.assert_exit(0, self.home.ctl("diff"))

    def test_restart_required(self):
        self.home.start()
        self.follow(self.suggested("reload", "--set", "http_addr=127.0.0.1:1"))
        self.assertEqual("127.0.0.1:1", self.assert_state("running")["http_addr"])

    def test_start_left(self):
        running = self.home.spawn_ctl("start", "--json", "--stability-window", "1m")
        self.assert_exit(0, self.home.ctl("wait"))
        self.home.serving = True
        processes.wait_until(lambda: self.home.status().json["phase"] == "ready", "it is ready")
        running.process.send_signal(signal.SIGINT)
        words = running.finish().json["next_command"]
        if words:  # Interrupted a moment earlier, it has stopped what it started.
            self.follow(words)
        else:
            self.home.serving = False

    def test_stop_interrupted(self):
        self.home.make()
        use_fake_holond(self.home, "deaf", config=configuration_of(self.home))
        self.home.start()
        self.home.serving = False
        options = ("--drain-timeout", "100ms", "--term-timeout", "500ms")
        words = None
        while not words:  # Interrupted in its first look, it has nothing to go on with.
            running = self.home.spawn_ctl("stop", "--json", *options)
            pid = str(running.process.pid)  # An earlier attempt has left its own text there.
            processes.wait_until(lambda: pid in self.home.lifecycle_lock.read_text(encoding="utf-8"),
                                 "stop holds the lock")
            running.process.send_signal(signal.SIGINT)
            words = running.finish().json["next_command"]
        self.assertEqual(["stop", *options], words[3:])
        self.follow(words)
        self.assert_state("stopped")

    def bare(self, holond=None):
        """A holonctl in a folder of its own, with this text as holond."""
        folder = self.home.root / "bin"
        folder.mkdir()
        shutil.copy(bin_dir() / "holonctl", folder)
        if holond is not None:
            (folder / "holond").write_text(holond, encoding="utf-8")
            (folder / "holond").chmod(0o700)
        self.home.bin = folder

    def test_holond_missing(self):
        self.bare()
        result = self.follow(self.suggested("start"), exit_code=1)
        self.assertIn("holond", result.out)

    def test_start_failed(self):
        self.bare("#!/bin/sh\necho no luck\nexit 1\n")
        self.assertIn("no luck", self.follow(self.suggested("start")).out)

    def test_cleanup_of_running(self):
        self.home.start()
        self.follow(self.suggested("cleanup"))
        self.home.serving = False
        self.assert_exit(0, self.home.ctl("cleanup"))

    def test_unknown_setting(self):
        self.assertIn("log.level", self.follow(self.suggested("config", "get", "log.levle")).out)

    def test_fingerprint_no_key(self):
        secret = {"HOLON_CONTROL_TOKEN": "s3cret-s3cret-s3cret"}
        words = self.suggested("config", "fingerprint", env=secret)
        running = Running(words, env=self.home.environment(secret), cwd=self.home.root)
        self.home.commands.append(running)
        self.assert_exit(0, running.finish())
        self.home.serving = True
        self.assert_exit(0, self.home.ctl("config", "fingerprint", env=secret))

    def test_home_locked(self):
        self.home.start()
        with open(self.home.lifecycle_lock, "r+", encoding="utf-8") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX)
            words = self.suggested("restart", "--timeout", "200ms")
            self.assertIn("lifecycle_lock", self.follow(words).out)

    def test_usage(self):
        words = self.suggested("config", "set", "--nonsense")
        self.assertEqual(["config", "set", "--help"], words[1:])
        self.assertIn("VALUE", self.follow(words).out)

    def test_waited_for_stopped(self):
        self.home.start()
        self.follow(self.suggested("wait", "--for", "stopped", "--timeout", "200ms"))
        self.home.serving = False
        self.assert_exit(0, self.home.ctl("wait", "--for", "stopped"))

    def test_incompatible(self):
        self.home.make()
        self.fake(*verdict_test.owning(self.home), contract_version="2.0")
        self.home.leaves_files = True
        self.follow(self.suggested("stop"))
        self.assertNotEqual("incompatible", self.home.status().json["state"])

    def test_degraded(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.home.start("--set", f"control_addr=127.0.0.1:{port}", "--set", "control_auth_mode=disabled")
        self.assertTrue(self.home.status().json["degraded"])
        self.assertIn("ready", self.follow(self.suggested("status")).out)


if __name__ == "__main__":
    unittest.main()
