"""Who changed what: run/audit.log, one JSON object a line, kept over restarts."""

import ctypes
import json
import os
import signal

import processes
from harness import NO_WINDOW, HolonTest, main
from peers import configuration_of, use_fake_holond


class AuditTest(HolonTest):
    def entries(self):
        path = self.home.run_dir / "audit.log"
        self.assert_mode(0o600, path)
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    def assert_last(self, action, **expected):
        entry = self.entries()[-1]
        self.assertEqual(action, entry["action"], entry)
        self.assertTrue(entry["time"].endswith("Z"), entry)
        self.assertEqual(os.getuid(), entry.get("uid", 0))
        for key, part in expected.items():
            self.assertIn(part, entry[key])

    def test_start_reload_and_stop_name_their_callers(self):
        started = self.home.start()
        generation = started["instance_id"]
        self.assert_last("start", instance_id=generation, caller="holonctl")
        self.assert_exit(0, self.home.ctl("reload", "--set", "log.level=debug"))
        self.assert_last("reload", instance_id=generation, reason="log.level", caller="reload")
        self.home.stop()
        self.assert_last("stop", instance_id=generation, caller="stop", seen="pid ")
        self.assertEqual(["start", "reload", "stop"], [one["action"] for one in self.entries()])

    def test_a_signal_names_its_sender(self):
        started = self.home.start()
        processes.kill(started["pid"], signal.SIGTERM)
        processes.wait_gone(started["pid"])
        self.home.serving = False
        self.assert_last("stop", reason="SIGTERM", caller=f"pid {os.getpid()} uid {os.getuid()}")

    def test_the_end_of_a_runtime_whose_home_was_exchanged_is_told_in_that_home(self):
        other = self.new_home()
        other.start()
        other.stop()
        before = (other.run_dir / "audit.log").read_bytes()
        started = self.home.start()
        exchange = 2  # RENAME_EXCHANGE
        self.assertEqual(0, ctypes.CDLL(None).renameat2(-100, bytes(self.home.path), -100, bytes(other.path), exchange))
        processes.wait_gone(started["pid"])
        self.home.serving = False
        self.assertEqual(before, (self.home.run_dir / "audit.log").read_bytes())
        last = json.loads((other.run_dir / "audit.log").read_text(encoding="utf-8").splitlines()[-1])
        self.assertEqual(("stop", started["instance_id"]), (last["action"], last["instance_id"]))

    def test_a_reload_that_changes_nothing_is_no_change(self):
        self.home.start()
        self.assert_exit(0, self.home.ctl("reload"))
        self.assert_last("start")

    def test_a_restart_and_what_was_before_are_kept(self):
        first = self.home.start()["instance_id"]
        self.assert_exit(0, self.home.ctl("restart", *NO_WINDOW))
        second = self.home.record()["instance_id"]
        self.assertEqual([(first, "start"), (first, "stop"), (second, "start")],
                         [(one["instance_id"], one["action"]) for one in self.entries()])

    def test_a_kill_is_told_by_whoever_killed(self):
        use_fake_holond(self.home, "deaf", config=configuration_of(self.home))
        started = self.home.start()
        self.home.stop("--drain-timeout", "0", "--term-timeout", "0")
        self.assert_last("kill", instance_id=started["instance_id"], caller="stop")

    def test_a_log_that_cannot_be_written_stops_nothing(self):
        self.home.make()
        (self.home.run_dir / "audit.log").mkdir()
        self.home.start()
        self.assertIn("audit", self.home.log())
        self.home.stop()
        (self.home.run_dir / "audit.log").rmdir()


if __name__ == "__main__":
    main()
