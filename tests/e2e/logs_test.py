"""The log, across rotation, restarts and crashes; bounded whatever is in it."""

import datetime
import os
import signal
import time
import unittest

import processes
from features import needs
from harness import NO_WINDOW, HolonTest, main
from peers import SmallDisk

TAIL_BYTES = 128 * 1024
LINE_BYTES = 8 * 1024


@needs("logs")
class LogsTest(HolonTest):
    def write_log(self, text):
        self.home.make()
        self.home.log_file.write_text(text, encoding="utf-8")

    def logs(self, *arguments):
        result = self.home.ctl("logs", *arguments)
        self.assert_exit(0, result)
        return result.out.splitlines()

    # Case: daemon logs surface paths, failures and tail.
    def test_the_last_lines(self):
        self.write_log("".join(f"line {number}\n" for number in range(100)))
        self.assertEqual([f"line {number}" for number in range(95, 100)], self.logs("--tail", "5"))
        document = self.home.ctl("logs", "--tail", "1", "--json").json_lines
        self.assertIn("line 99", str(document))

    # Case: daemon logs tail zero omits log tail.
    def test_a_tail_of_none(self):
        self.write_log("line\n")
        self.assertEqual([], self.logs("--tail", "0"))

    # Case: daemon logs tail stays bounded for large log lines.
    def test_it_is_bounded_for_large_lines(self):
        self.write_log("".join("x" * 20000 + f" end {number}\n" for number in range(100)))
        lines = self.logs("--tail", "100")
        self.assertLessEqual(sum(len(line) + 1 for line in lines), TAIL_BYTES)
        for line in lines:
            self.assertLessEqual(len(line), LINE_BYTES)
        self.assertTrue(lines[-1].startswith("...") and lines[-1].endswith("end 99"))

    def test_without_a_log_it_is_empty_and_creates_nothing(self):
        self.assertEqual([], self.logs("--tail", "5"))
        self.assertFalse(self.home.path.exists())

    def test_what_a_library_prints_is_there_too(self):
        self.home.start(env={"GRPC_VERBOSITY": "debug", "GRPC_TRACE": "api"})
        self.assertGreater(len(self.logs("--tail", "1000")), 2)

    def test_since(self):
        self.home.start()
        self.home.stop()
        time.sleep(1.1)
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        second = self.home.start()["instance_id"]
        text = "\n".join(self.logs("--since", now))
        self.assertIn(second, text)
        self.assertEqual(1, text.count("answering"))
        self.assertEqual(2, "\n".join(self.logs("--since", "1h")).count("answering"))

    def test_following_goes_on_over_restart_and_kill(self):
        first = self.home.start()["instance_id"]
        following = self.home.spawn_ctl("logs", "--follow", "--tail", "1000")
        self.read_until(following, first)
        self.assert_exit(0, self.home.ctl("restart", *NO_WINDOW))
        self.read_until(following, self.home.record()["instance_id"])
        self.home.kill_runtime()
        self.read_until(following, self.home.start()["instance_id"])
        self.assert_exit(130, following.interrupt())

    def read_until(self, following, text):
        while text not in following.read_line():
            pass

    def test_following_sleeps_while_nothing_is_written(self):
        self.home.start()
        following = self.home.spawn_ctl("logs", "--follow", "--tail", "1")
        following.read_line()
        processes.wait_until(lambda: processes.state_of(following.pid) == "S", "it waits")
        time.sleep(0.5)
        before = processes.switches(following.pid)
        time.sleep(2)
        self.assertLessEqual(processes.switches(following.pid) - before, 1)
        self.assert_exit(130, following.interrupt())


@needs("log rotation")
class RotationTest(HolonTest):
    def test_size_and_number_are_kept_to_and_nothing_is_lost_at_the_seam(self):
        self.home.start("--set", "log.max_bytes=4096", "--set", "log.max_files=3",
                        "--set", "log.level=debug")
        following = self.home.spawn_ctl("logs", "--follow", "--tail", "0")
        for number in range(200):
            value = "debug" if number % 2 else "info"
            self.home.write_config({"description": f"step {number}", "log": {"level": value}})
            self.assert_exit(0, self.home.ctl("reload"))
        files = sorted(self.home.run_dir.glob("daemon.log*"))
        self.assertLessEqual(len(files), 3)
        for file in files:
            self.assertLessEqual(file.stat().st_size, 4096 + 1024)
            self.assert_mode(0o600, file)
        self.home.stop()
        seen = []
        while not seen or "stopped" not in seen[-1]:
            seen.append(following.read_line())
        changes = [line for line in seen if "configuration changed" in line]
        self.assertGreaterEqual(len(changes), 199)
        following.signal(signal.SIGINT)
        following.finish()


@needs("full disk")
@unittest.skipUnless(os.geteuid() == 0, "needs root, to mount a small disk")
class FullDiskTest(HolonTest):
    def test_status_and_stop_work_health_is_degraded_and_losses_are_counted(self):
        disk = self.keep(SmallDisk(self.home))
        self.home.start("--set", "log.level=debug")
        disk.fill()
        for number in range(20):
            self.home.ctl("reload", "--set", f"log.max_files={number % 2 + 1}")
        status = self.assert_state("running", healthy=False)
        self.assertTrue(status["degraded"])
        self.assert_exit(0, self.home.ctl("stop"))
        self.home.serving = False
        self.assert_nothing_left()


if __name__ == "__main__":
    main()
