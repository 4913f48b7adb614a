"""Records that lie, or cannot be read: whom they name is never signalled, and what they hide is found."""

import json
import os
import pathlib
import shutil
import subprocess
import unittest

import processes
from harness import NO_WINDOW, HolonTest, bin_dir, main
from peers import PYTHON, SmallDisk, Victim
from processes import claims

DAMAGED = {
    "empty": "",
    "truncated": '{"identity": {"pid": 12',
    "garbage": "\x00\x01 no JSON at all",
    "a list": "[]",
    "without identity": '{"home_dir": "/"}',
    "of wrong types": '{"identity": "somebody", "instance_id": 7}',
    "too large": '{"home_dir": "' + "x" * (2 << 20) + '"}',
}


class StrangerTest(HolonTest):
    """No runtime lives, and the record names a process that does."""

    def setUp(self):
        super().setUp()
        self.home.make()
        self.victim = self.keep(Victim())

    def write(self, **identity):
        record = claims.record(self.victim.pid, self.home.path, self.home.socket)
        record["identity"].update(identity)
        self.home.write_record(record)
        self.home.pid_file.write_text(f"{self.victim.pid}\n", encoding="ascii")

    def assert_cleaned_and_never_signalled(self):
        self.assert_state("stale")
        self.assert_lifecycle(self.home.ctl("stop", "--json", "--force"), "cleaned")
        self.assert_nothing_left()
        self.assertEqual([], self.victim.signals())

    def test_a_live_stranger(self):
        self.write()
        self.assert_cleaned_and_never_signalled()

    def test_a_reused_pid(self):
        started = claims.start_time(self.victim.pid)
        self.write(start_time_ticks=str(started - 1))
        self.assert_cleaned_and_never_signalled()

    def test_a_pid_of_an_earlier_boot(self):
        self.write(boot_id="00000000-0000-0000-0000-000000000000")
        self.assertRegex(self.told(), "reboot|boot|another machine")
        self.assert_cleaned_and_never_signalled()

    def test_a_pid_of_another_namespace(self):
        self.write(pid_namespace="1")
        self.assertRegex(self.told(), "namespace")
        self.assert_cleaned_and_never_signalled()

    def told(self):
        status = self.home.status().json
        return " ".join([status["message"], *status["warnings"]])

    # Case: daemon stop treats missing pid process as stale state.
    def test_a_pid_that_nobody_has(self):
        self.write(pid=4194303)
        self.assert_cleaned_and_never_signalled()

    def test_pids_that_mean_everybody(self):
        for pid in (0, -1, -self.victim.pid):
            with self.subTest(pid=pid):
                self.write(pid=pid)
                self.assert_state("stale")
                self.assert_lifecycle(self.home.ctl("stop", "--json"), "cleaned")
        self.assertEqual([], self.victim.signals())

    def test_a_start_takes_the_place_of_a_stranger_without_touching_it(self):
        self.write()
        self.home.start()
        self.assertNotEqual(self.victim.pid, self.home.pid())
        self.assertEqual([], self.victim.signals())

    def test_ensure_and_restart_never_signal_a_stranger(self):
        for command in ("ensure", "restart"):
            with self.subTest(command=command):
                self.write()
                self.assert_exit(0, self.home.ctl(command, *NO_WINDOW))
                self.home.stop()
        self.assertEqual([], self.victim.signals())


class LivingRuntimeTest(HolonTest):
    """A runtime lives, and its record tells of somebody else, or of nobody."""

    def setUp(self):
        super().setUp()
        self.start()

    def start(self):
        self.runtime = self.home.start()

    def assert_found_and_stopped(self):
        self.assert_state("running", pid=self.runtime["pid"],
                          instance_id=self.runtime["instance_id"])
        self.assert_lifecycle(self.home.ctl("stop", "--json"), "stopped")
        self.assertFalse(processes.is_alive(self.runtime["pid"]))
        self.assert_nothing_left()
        self.home.serving = False

    def test_a_record_of_a_stranger_deceives_nobody(self):
        victim = self.keep(Victim())
        self.home.write_record(claims.record(victim.pid, self.home.path, self.home.socket))
        self.assert_found_and_stopped()
        self.assertEqual([], victim.signals())

    def test_a_suspended_runtime_is_ended_and_not_whom_its_record_names(self):
        victim = self.keep(Victim())
        self.home.suspend_runtime()
        self.home.write_record(claims.record(victim.pid, self.home.path, self.home.socket))
        self.assert_state("unresponsive", pid=self.runtime["pid"])
        self.assert_lifecycle(self.home.ctl("stop", "--json"), "stopped")
        self.home.serving = False
        self.assert_nothing_left()
        self.assertEqual([], victim.signals())

    def test_a_record_that_is_missing_is_not_missed(self):
        self.home.record_file.unlink()
        self.home.pid_file.unlink()
        self.assert_found_and_stopped()

    def test_a_damaged_record_does_not_stop_a_stop(self):
        for name, content in DAMAGED.items():
            with self.subTest(record=name):
                self.start()
                self.home.write_record(content)
                self.assert_found_and_stopped()


class DamagedRecordTest(HolonTest):
    """Nobody lives, and what is left cannot be read."""

    def test_it_is_named_and_survived(self):
        self.home.make()
        for name, content in DAMAGED.items():
            with self.subTest(record=name):
                self.home.write_record(content)
                status = self.assert_state("stale", stale_files=[str(self.home.record_file)])
                self.assertIn(str(self.home.record_file), " ".join(status["warnings"]))
                self.home.start()
                self.assert_state("running")
                self.home.stop()

    def test_a_record_that_is_no_file_is_named_and_never_deleted(self):
        self.home.make()
        self.home.record_file.mkdir()
        (self.home.record_file / "precious").touch()
        self.home.leaves_files = True
        self.assertIn(str(self.home.record_file), self.home.ctl("status").err)
        self.assertNotEqual(0, self.home.ctl("start", *NO_WINDOW).exit)
        self.assertTrue((self.home.record_file / "precious").exists())
        self.assertEqual([], self.home.runtimes())

    def test_a_damaged_failure_history_is_named_and_survived(self):
        self.home.make()
        (self.home.run_dir / "failures.json").write_text("{", encoding="utf-8")
        self.assertIn("failures.json", " ".join(self.home.status().json["warnings"]))
        self.home.start()
        self.assert_state("running")


@unittest.skipUnless(os.geteuid() == 0, "needs root, to mount small disks")
class TwoDisksTest(HolonTest):
    def test_a_lock_file_with_the_same_number_on_another_disk_is_another(self):
        other = self.new_home()
        for home in (other, self.home):
            self.keep(SmallDisk(home))
        bystander = other.start()["pid"]
        self.home.start()
        self.assertEqual(other.lock_file.stat().st_ino, self.home.lock_file.stat().st_ino)
        pid = self.home.suspend_runtime()
        self.assert_state("unresponsive", pid=pid)
        self.home.stop()
        self.assertFalse(processes.is_alive(pid))
        self.assertTrue(processes.is_alive(bystander))
        other.stop()


NAMESPACE = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]


def has_namespaces():
    """In a changed root, for one, nobody may mount a /proc of their own."""
    if os.geteuid() != 0 or not shutil.which("unshare"):
        return False
    return subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode == 0


@unittest.skipUnless(has_namespaces(), "needs a pid namespace")
class PidOneTest(HolonTest):
    """As root, a signal to process 1 works. So that no machine goes down with a mistake of ours, these run in a
    pid namespace, where process 1 is a victim."""

    def run_scenario(self, name):
        scenario = pathlib.Path(__file__).with_name("pid_one.py")
        result = subprocess.run(
            [*NAMESPACE, PYTHON, scenario, name, bin_dir(), self.home.path],
            env=self.home.environment(), cwd=self.home.root, capture_output=True, text=True,
            timeout=100, check=False)
        self.assertEqual(0, result.returncode, result.stderr)
        return json.loads(result.stdout)

    def test_a_record_that_names_process_1(self):
        self.assertEqual({"status": 1, "state": "stale", "stop": 0, "signals": []},
                         self.run_scenario("dead"))

    def test_a_record_of_a_living_runtime_that_names_process_1(self):
        self.assertEqual({"status": 0, "state": "running", "stop": 0, "signals": []},
                         self.run_scenario("alive"))

    def test_a_record_of_a_suspended_runtime_that_names_process_1(self):
        self.assertEqual({"status": 4, "state": "unresponsive", "stop": 0, "signals": []},
                         self.run_scenario("suspended"))


if __name__ == "__main__":
    main()
