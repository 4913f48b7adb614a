"""A home never has two living runtimes, whatever is moved, removed or renamed under the one that is there.

Packagers wrap programs under other names, and images are built with the files of a dead runtime in them.
"""

import os
import shutil
import signal
import time

from case import NO_WINDOW, CaseTest, processes, strangers
from harness import main


def move_run(home):
    home.run_dir.rename(home.root / "moved-run")


def remove_run(home):
    processes.remove_tree(home.run_dir)


def move_run_inside(home):
    home.run_dir.rename(home.path / "moved-run")


def replace_run_by_a_copy(home):
    move_run(home)
    shutil.copytree(home.root / "moved-run", home.run_dir, ignore=shutil.ignore_patterns("*.sock"))


def remove_lock(home):
    home.lock_file.unlink()


def replace_lock(home):
    home.lock_file.unlink()
    home.lock_file.touch(mode=0o600)


def replace_lock_by_rename(home):
    other = home.run_dir / "other"
    other.touch(mode=0o600)
    other.rename(home.lock_file)


INSIDE = [move_run, remove_run, move_run_inside, replace_run_by_a_copy, remove_lock, replace_lock, replace_lock_by_rename]


def move_home(home):
    home.path.rename(home.root / "moved-home")


def remove_home(home):
    processes.remove_tree(home.path)


class SuspendedTest(CaseTest):
    """Things happen while the runtime is suspended; then a start comes; then the runtime goes on."""

    def suspend(self):
        pid = self.home.start()["pid"]
        processes.kill(pid, signal.SIGSTOP)
        return pid

    def go_on(self, pid):
        processes.kill(pid, signal.SIGCONT)
        left = self.wait_for_one_runtime()
        processes.wait_until(lambda: self.home.status().json["state"] == "running", "it is seen")
        self.assertEqual([left], self.home.runtimes())
        self.home.stop()
        processes.wait_until(lambda: not self.home.runtimes(), "nobody is left")

    def test_a_start_beside_it_is_refused_and_it_heals_its_home(self):
        for happens in INSIDE:
            with self.variant(happens.__name__):
                pid = self.suspend()
                happens(self.home)
                status = self.home.status().json
                started = self.home.ctl("start", *NO_WINDOW, "--start-timeout", "5s")
                self.assertEqual([pid], self.home.runtimes())
                self.assert_contains({"state": "unresponsive"}, status)
                self.assert_exit(4, started)
                self.go_on(pid)

    def test_holond_beside_it_refuses(self):
        for happens in (move_run, remove_run, remove_lock):
            with self.variant(happens.__name__):
                pid = self.suspend()
                happens(self.home)
                self.assert_exit(1, self.home.holond())
                self.go_on(pid)

    def test_stop_ends_it_or_says_that_it_cannot_be_proven(self):
        for happens in (move_run, remove_run):
            with self.variant(happens.__name__):
                pid = self.suspend()
                happens(self.home)
                result = self.home.ctl("stop", "--term-timeout", "3s", "--kill-timeout", "1s")
                self.assertEqual(result.exit == 0, not processes.is_alive(pid), str(result))
                if result.exit != 0:
                    self.go_on(pid)
                self.home.serving = False

    def test_a_runtime_whose_home_is_gone_drains_as_soon_as_it_goes_on(self):
        for happens in (move_home, remove_home):
            with self.variant(happens.__name__):
                pid = self.suspend()
                happens(self.home)
                # Another directory is another home.
                second = self.home.start()["pid"]
                processes.kill(pid, signal.SIGCONT)
                processes.wait_gone(pid)
                self.assertEqual([second], self.home.runtimes())
                self.assert_state("running", pid=second)
                self.home.stop()
                self.assert_nothing_left()

    def test_every_name_of_the_program(self):
        for name in ("holond-1.2", ".holond-wrapped", "x"):
            with self.variant(name):
                folder = self.copy_binaries(holond=name)
                script = folder / "holond"
                script.unlink(missing_ok=True)
                script.write_text(f'#!/bin/bash\nexec -a "$0" "{folder / name}" "$@"\n', encoding="ascii")
                script.chmod(0o755)
                self.home.bin = folder
                pid = self.suspend()
                remove_run(self.home)
                self.assert_state("unresponsive")
                self.assert_exit(4, self.home.ctl("start", *NO_WINDOW))
                self.go_on(pid)


class AwakeTest(CaseTest):
    """The same while it runs: what is lost inside the home is healed, a home that is gone ends it."""

    def test_what_is_lost_inside_the_home_is_healed(self):
        started = self.home.start()
        for happens in (move_run, remove_run, move_run_inside, remove_lock, replace_lock):
            with self.subTest(happens.__name__):
                happens(self.home)
                processes.wait_until(self.home.socket.exists, "it is healed")
                processes.wait_until(lambda: self.home.status().json["state"] == "running", "it answers")
                self.assert_state("running", instance_id=started["instance_id"])
                for moved in (self.home.root / "moved-run", self.home.path / "moved-run"):
                    shutil.rmtree(moved, ignore_errors=True)

    def test_a_home_that_is_moved_or_removed_ends_it(self):
        for happens in (move_home, remove_home):
            with self.variant(happens.__name__):
                pid = self.home.start()["pid"]
                happens(self.home)
                processes.wait_gone(pid)
                self.home.serving = False
                self.assertEqual(set(), self.home.lifecycle_files())

    def test_a_folder_above_the_home_that_is_moved(self):
        """Both directories are homes then, each with one runtime at most, which can be stopped."""
        above, below = self.home.root / "above", self.home.root / "below"
        above.mkdir()

        def ctl(folder, *arguments):
            return self.home.ctl("--home", folder / "home", *arguments, "--json", home=False)

        first = ctl(above, "start", *NO_WINDOW).json["pid"]
        above.rename(below)
        above.mkdir()
        self.assert_exit(0, ctl(above, "start", *NO_WINDOW))
        for folder in (below, above):
            self.assert_exit(0, ctl(folder, "stop"))
        processes.wait_until(lambda: not self.home.runtimes(), "both have ended")
        self.assertFalse(processes.is_alive(first))

    def test_a_suspended_start_does_not_make_a_second(self):
        self.home.start()
        self.home.suspend_runtime()
        results = self.home.many(4, "start", *NO_WINDOW, "--start-timeout", "3s", "--timeout", "20s")
        self.assertEqual({4}, {result.exit for result in results})
        self.assertEqual(1, len(self.home.runtimes()))

    def test_a_runtime_that_finds_its_lock_in_other_hands_ends(self):
        """Another runtime's instance lock: of a home that was moved here while both were away."""
        first = self.home.start()["pid"]
        processes.kill(first, signal.SIGSTOP)
        move_home(self.home)
        second = self.home.start()["pid"]
        processes.kill(second, signal.SIGSTOP)
        self.home.path.rename(self.home.root / "other-home")
        (self.home.root / "moved-home").rename(self.home.path)
        for pid in (first, second):
            processes.kill(pid, signal.SIGCONT)
        processes.wait_gone(second)
        self.assertLessEqual(set(self.home.runtimes()), {first})
        time.sleep(0.2)
        self.home.stop()
        self.assertEqual([], self.home.runtimes())


class ImageTest(CaseTest):
    @strangers.needs_root
    def test_a_dead_runtimes_home_in_the_lower_layer_of_an_overlay(self):
        low, up, work, merged = (self.home.root / name for name in ("low", "up", "work", "merged"))
        for folder in (low, up, work, merged):
            folder.mkdir()
        self.home.start()
        self.home.kill_runtime()
        self.home.path.rename(low / "home")
        strangers.mount("-t", "overlay", "overlay", "-o", f"lowerdir={low},upperdir={up},workdir={work}", merged)
        self.addCleanup(strangers.unmount, merged)
        home = merged / "home"

        def ctl(*arguments):
            return self.home.ctl("--home", home, *arguments, "--json", home=False)

        self.assert_status("stale", ctl("status"))
        self.assert_exit(0, ctl("start", *NO_WINDOW))
        for name in ("holon.lock", "holon.sock"):
            os.unlink(home / "run" / name)
        processes.wait_until((home / "run/holon.sock").exists, "it is healed")
        self.assert_status("running", ctl("status"))
        self.assert_exit(0, ctl("stop"))
        self.assert_status("stopped", ctl("status"))
        strangers.unmount(merged)


if __name__ == "__main__":
    main()
