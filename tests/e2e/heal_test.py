"""A runtime that lives restores what is taken from its run directory, and displaces nothing for good."""

import os
import shutil
import signal
import time
import unittest

import processes
import stubs
from harness import HolonTest, main


class HealTest(HolonTest):
    def setUp(self):
        super().setUp()
        self.runtime = self.home.start()

    def files(self):
        return {"socket": self.home.socket, "pid file": self.home.pid_file,
                "record": self.home.record_file, "lock": self.home.lock_file}

    def healed(self):
        channel, control = stubs.control(self.home.socket)
        with channel:
            status = control.RuntimeStatus(stubs.message("RuntimeStatusRequest")(), timeout=60)
        return status.counters.files_healed

    def assert_whole(self):
        """The same runtime answers, and everything says so again."""
        self.assert_state("running", pid=self.runtime["pid"],
                          instance_id=self.runtime["instance_id"])
        record = self.home.record()
        self.assertEqual((self.runtime["pid"], self.runtime["instance_id"]),
                         (record["identity"]["pid"], record["instance_id"]))
        self.assertEqual(f"{self.runtime['pid']}\n", self.home.pid_file.read_text(encoding="ascii"))
        for path in self.files().values():
            self.assert_mode(0o600, path)
        # Never two: a second one still finds the lock taken.
        self.assertNotEqual(0, self.home.holond().exit)

    def test_what_is_removed_comes_back(self):
        for name, path in self.files().items():
            with self.subTest(name):
                before = self.healed()
                path.unlink()
                processes.wait_until(path.exists, f"the {name} is back")
                self.assert_whole()
                self.assertGreater(self.healed(), before)
                self.assertIn(path.name, self.home.log())

    def test_what_is_replaced_comes_back_and_what_it_displaces_is_kept(self):
        for name, path in self.files().items():
            with self.subTest(name):
                other = self.home.root / "other"
                other.write_text("precious " + name, encoding="utf-8")
                os.replace(other, path)
                processes.wait_until(lambda: path.exists() and "precious" not in self.text(path),
                                     f"the {name} is back")
                self.assert_whole()
                kept = [self.text(file) for file in self.home.run_dir.iterdir()]
                self.assertIn("precious " + name, kept)

    def text(self, path):
        try:
            return path.read_text(encoding="utf-8", errors="replace")
        except OSError:  # A socket, or nothing at this moment.
            return ""

    def test_a_truncated_record_comes_back(self):
        for path in (self.home.record_file, self.home.pid_file):
            os.truncate(path, 0)
            processes.wait_until(lambda: path.stat().st_size > 0, f"{path.name} is whole")
            self.assert_whole()

    def test_everything_at_once(self):
        for path in self.files().values():
            path.unlink()
        for path in self.files().values():
            processes.wait_until(path.exists, f"{path.name} is back")
        self.assert_whole()

    def test_the_run_directory_itself(self):
        shutil.rmtree(self.home.run_dir, ignore_errors=True)
        for path in self.files().values():
            processes.wait_until(path.exists, f"{path.name} is back")
        self.assert_mode(0o700, self.home.run_dir)
        self.assert_whole()
        self.home.run_dir.rename(self.home.root / "aside")
        for path in self.files().values():
            processes.wait_until(path.exists, f"{path.name} is back again")
        self.assert_whole()

    def drained(self):
        """The runtime has ended by itself, and says why."""
        processes.wait_gone(self.runtime["pid"])
        self.home.serving = False

    def test_one_whose_home_is_moved_drains_and_makes_no_other(self):
        aside = self.home.root / "aside"
        self.home.path.rename(aside)
        self.drained()
        self.assertFalse(self.home.path.exists())
        log = (aside / "run" / "daemon.log").read_text(encoding="utf-8")
        self.assertIn("moved or removed", log)

    def test_one_whose_home_is_removed_drains_and_makes_no_other(self):
        processes.remove_tree(self.home.path)
        self.drained()
        self.assertFalse(self.home.path.exists())
        self.assertNotEqual(self.runtime["pid"], self.home.start()["pid"])

    def stop_once_it_answers(self, pid):
        """Nothing but the lock names it, which is too little for a signal."""
        self.assert_failure(self.home.ctl("stop", "--json"), 4, "UNIDENTIFIED")
        self.assertTrue(processes.is_alive(pid))
        os.kill(pid, signal.SIGCONT)
        self.home.stop()
        self.assertFalse(processes.is_alive(pid))

    def test_a_suspended_one_that_lost_everything_is_still_found(self):
        pid = self.home.suspend_runtime()
        for path in self.home.run_dir.iterdir():
            path.unlink()
        self.assert_state("unresponsive", pid=pid)
        self.assertNotEqual(0, self.home.ctl("start").exit)
        self.assertNotEqual(0, self.home.holond().exit)
        self.assertEqual([pid], self.home.runtimes())
        self.stop_once_it_answers(pid)

    def test_a_suspended_one_whose_lock_or_directory_was_moved_is_still_found(self):
        pid = self.home.suspend_runtime()
        for source, target in ((self.home.lock_file, self.home.path / "holon.lock"),
                               (self.home.run_dir, self.home.path / "run.aside")):
            with self.subTest(source.name):
                source.rename(target)
                self.home.socket.unlink(missing_ok=True)
                self.assert_state("unresponsive", pid=pid)
                self.assertEqual(4, self.home.ctl("start").exit)
                self.assertNotEqual(0, self.home.ctl("cleanup").exit)
                self.assertEqual([pid], self.home.runtimes())
        self.stop_once_it_answers(pid)

    def test_one_whose_home_was_moved_leaves_its_successor_alone(self):
        aside = self.home.root / "aside"
        self.home.path.rename(aside)
        second = self.home.start()
        self.home.pid_file.unlink()
        processes.wait_until(self.home.pid_file.exists, "the pid file is back")
        processes.wait_gone(self.runtime["pid"])
        # The end of the first takes nothing of the second's with it, and leaves no line in its log.
        self.assertEqual(f"{second['pid']}\n", self.home.pid_file.read_text(encoding="ascii"))
        self.assert_state("running", pid=second["pid"], instance_id=second["instance_id"])
        self.assertNotIn(self.runtime["instance_id"], self.home.log())
        self.assertEqual([], list(self.home.run_dir.glob("*.displaced.*")))

    def test_one_whose_home_was_moved_leaves_a_new_directory_alone(self):
        self.home.path.rename(self.home.root / "aside")
        self.home.path.mkdir(mode=0o700)
        self.drained()
        self.assertEqual([], list(self.home.path.iterdir()))

    def test_a_file_that_is_replaced_again_and_again_leaves_few_files(self):
        for _ in range(100):
            self.home.pid_file.write_text("7\n", encoding="ascii")
            time.sleep(0.01)
        processes.wait_until(lambda: self.text(self.home.pid_file) == f"{self.runtime['pid']}\n",
                             "the pid file is back", 20)
        self.assertLessEqual(len(list(self.home.run_dir.glob("*.displaced.*"))), 8)
        # Others do not wait for it.
        self.home.record_file.unlink()
        processes.wait_until(self.home.record_file.exists, "the record is back", 2)
        self.assert_whole()

    def test_over_and_over(self):
        for _ in range(50):
            self.home.socket.unlink(missing_ok=True)
        processes.wait_until(self.home.socket.exists, "the socket is back")
        self.assert_whole()

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to change what the kernel allows")
    def test_without_inotify_it_is_degraded_and_not_dead(self):
        limit = "/proc/sys/fs/inotify/max_user_instances"
        with open(limit, encoding="ascii") as file:
            before = file.read()
        self.home.stop()
        self.addCleanup(self.write, limit, before)
        self.write(limit, "0")
        result = self.home.ctl("start", "--json", "--stability-window", "0")
        self.home.serving = True
        status = self.home.status()
        self.write(limit, before)
        self.assert_exit(0, result)
        self.assert_status("running", status, healthy=False)
        self.assertIn("inotify", " ".join(status.json["degraded"]))
        # It tries again by itself.
        processes.wait_until(lambda: self.home.status().json["healthy"], "it is healthy again")

    def test_the_socket_of_another_living_home_is_not_displaced(self):
        """Two homes that are configured with one socket, once the first one's file was lost."""
        other = self.new_home()
        shared = self.home.root / "shared.sock"
        address = ("--socket", shared)
        self.home.stop()
        self.runtime = self.home.start(*address)
        # As long as the file is there, the second one does not start.
        refused = other.ctl("start", "--json", *address)
        self.assertIn(str(self.home.path), self.assert_failure(refused, 4, "FOREIGN")["error"]["message"])
        pid = self.home.suspend_runtime()
        shared.unlink()
        other.start(*address)
        suspended = other.suspend_runtime()
        inode = shared.stat().st_ino
        processes.kill(pid, signal.SIGCONT)
        # Suspended, it holds its home; awake, it answers.
        self.home.wait_for_log(str(other.path))
        processes.kill(suspended, signal.SIGCONT)
        end = time.monotonic() + 2
        while time.monotonic() < end:
            self.assertEqual(inode, shared.stat().st_ino)
            time.sleep(0.05)
        self.assert_status("running", other.status(*address), healthy=True)
        # When the other one ends, the path is free again.
        other.stop(*address)
        processes.wait_until(shared.exists, "the socket is back", 10)
        self.assert_status("running", self.home.status(*address), pid=pid)

    def write(self, path, value):
        with open(path, "w", encoding="ascii") as file:
            file.write(value)


if __name__ == "__main__":
    main()
