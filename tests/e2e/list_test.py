"""Every runtime of this user, found by the locks that are held."""

import os
import shutil
import signal
import subprocess
import unittest

import processes
import strangers
from commands import Running
from harness import HolonTest, bin_dir, main


class ListTest(HolonTest):
    def rows(self):
        result = self.home.ctl("list", "--json")
        self.assert_exit(0, result)
        return {row["home_dir"]: row for row in result.json["runtimes"]}

    def test_every_runtime_of_this_user_wherever_its_home_is(self):
        other = self.new_home()
        first, second = self.home.start(), other.start()
        rows = self.rows()
        for home, started in ((self.home, first), (other, second)):
            self.assert_contains({"pid": started["pid"], "instance_id": started["instance_id"],
                                  "state": "running", "version": started["version"]},
                                 rows[str(home.path)])
        other.stop()
        self.assertNotIn(str(other.path), self.rows())

    def test_one_that_does_not_answer_is_listed_as_such(self):
        self.home.start()
        self.home.suspend_runtime()
        self.assertEqual("unresponsive", self.rows()[str(self.home.path)]["state"])

    def test_one_that_has_lost_its_lock_file_is_listed(self):
        started = self.home.start()
        pid = self.home.suspend_runtime()
        for path in self.home.run_dir.iterdir():
            path.unlink()
        row = self.rows()[str(self.home.path)]
        self.assertEqual((pid, "unresponsive"), (row["pid"], row["state"]))
        self.assertEqual(pid, started["pid"])
        # Nothing but the lock names the process: a signal waits until it answers.
        self.assert_failure(self.home.ctl("stop", "--json"), 4, "UNIDENTIFIED")
        os.kill(pid, signal.SIGCONT)
        self.home.stop()

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("unshare"), "needs root, to take /proc away")
    def test_without_proc_nothing_is_said_to_be_absent(self):
        self.home.start()
        ctl = os.path.join(os.environ["HOLON_BIN"], "holonctl")
        script = 'mount --make-rprivate / && umount -l /proc && exec "$0" list --json'
        result = subprocess.run(["unshare", "-m", "sh", "-c", script, ctl], capture_output=True, text=True,
                                env=self.home.environment(), check=False)
        self.assertEqual(1, result.returncode, result.stdout + result.stderr)
        self.assertIn("CANNOT_LOOK", result.stdout)

    @strangers.needs_root
    def test_without_proc_nothing_is_started_and_nothing_stopped_for_a_start(self):
        script = 'mount --make-rprivate / && umount -l /proc && exec "$@"'

        def hidden(*arguments):
            ctl = Running(["unshare", "-m", "sh", "-c", script, "-", str(bin_dir() / "holonctl"), "--home",
                           str(self.home.path), *arguments], env=self.home.environment(), cwd="/")
            self.home.commands.append(ctl)
            return ctl.finish()

        for command in ("start", "ensure", "restart"):
            document = self.assert_failure(hidden(command, "--json"), 1, "CANNOT_LOOK")
            self.assertIn("/proc shows no processes", document["error"]["message"])
        # Nothing has failed in this home.
        self.assertEqual([], self.home.ctl("failures", "--json").json["failures"])
        started = self.home.start()
        self.assert_exit(0, hidden("start"))
        self.assert_failure(hidden("restart", "--json"), 1, "CANNOT_LOOK")
        self.assert_state("running", instance_id=started["instance_id"])

    def test_a_home_whose_name_looks_like_that_of_a_removed_one(self):
        self.home.path = self.home.root / "home (deleted)"
        for name in ("run_dir", "socket", "pid_file", "record_file", "log_file"):
            setattr(self.home, name, self.home.path / getattr(self.home, name).relative_to(self.home.root / "home"))
        started = self.home.start()
        self.assert_contains({"state": "running", "instance_id": started["instance_id"]},
                             self.rows()[str(self.home.path)])

    def test_a_removed_home_is_listed_under_its_last_name(self):
        self.home.start()
        pid = self.home.suspend_runtime()
        shutil.rmtree(self.home.path)
        row = self.rows()[str(self.home.path)]
        self.assertEqual((pid, "unresponsive"), (row["pid"], row["state"]))
        self.assertIn("removed", row["message"])
        os.kill(pid, signal.SIGCONT)
        processes.wait_gone(pid, seconds=20)
        self.home.serving = False

    def test_people_get_a_table(self):
        started = self.home.start()
        result = self.home.ctl("list")
        self.assert_exit(0, result)
        line, = [line for line in result.out.splitlines() if str(self.home.path) in line]
        self.assertIn(str(started["pid"]), line)
        self.assertIn("running", line)


if __name__ == "__main__":
    main()
