"""A runtime that waits for its disk answers all the same: starting, running and stopping are seen as such.

A disk may stall during a start, a write, a look and an end.
"""

import signal
import time

from case import NO_WINDOW, CaseTest, processes, strangers
from harness import main
from shims import SlowDisk

SECONDS = 3


class SlowDiskTest(CaseTest):
    def slow_runtime(self, call, name, from_the_start=False, seconds=SECONDS, **options):
        """A runtime; it is ready where it is not slow from the start."""
        self.slow = SlowDisk(self.home, call, name, seconds, from_the_start=from_the_start)
        return self.serve(env={**self.slow.environment, **options}, wait=not from_the_start)

    def states_while_slow(self, running):
        """What status says from the first slow call to the end of the slow part, each word once."""
        self.slow.wait_for_call()
        seen = []
        end = time.monotonic() + SECONDS * 0.6
        while time.monotonic() < end and running.process.poll() is None:
            result = self.home.status()
            if running.process.poll() is None:
                state = result.json["state"]
                self.assertIn(result.exit, (0, 3), str(result))
                if state not in seen:
                    seen.append(state)
        return seen

    # Starting.

    def test_recovery_is_starting(self):
        for call, name in (("open", "failures.json"), ("open", "audit.log"), ("open", "fingerprint.key"),
                           ("rename", "daemon.json"), ("rename", "holon.pid"), ("sync", "*")):
            with self.variant(call=call, name=name):
                running = self.slow_runtime(call, name, from_the_start=True)
                waiting = self.home.spawn_ctl("wait", "--for", "ready", "--timeout", "60s")
                processes.wait_until(lambda: self.slow.calls() or waiting.process.poll() is not None, "it begins")
                if self.slow.calls():
                    self.assertLessEqual(set(self.states_while_slow(running)), {"starting", "running"})
                self.slow.become_fast()
                self.assert_exit(0, waiting.finish())
                self.home.stop()
                running.finish()

    def test_what_comes_before_the_lock_is_nothing_wrong_either(self):
        for name in ("config.json", "holon.lock"):
            with self.variant(name):
                self.home.write_config("{}")
                running = self.slow_runtime("open", name, from_the_start=True)
                self.slow.wait_for_call()
                self.assertLessEqual(set(self.states_while_slow(running)), {"stopped", "starting", "running"})
                self.slow.become_fast()
                self.assert_exit(0, self.home.ctl("wait", "--for", "ready", "--timeout", "60s"))
                self.home.stop()
                running.finish()

    def test_a_start_joins_it(self):
        running = self.slow_runtime("open", "failures.json", from_the_start=True)
        self.slow.wait_for_call()
        self.assert_exit(0, self.home.ctl("start", *NO_WINDOW))
        self.assert_state("running", pid=running.pid)
        self.home.stop()
        running.finish()

    def test_it_can_be_ended_while_it_recovers(self):
        for ask in (lambda running: running.signal(signal.SIGTERM), lambda _: self.home.ctl("stop")):
            running = self.slow_runtime("open", "failures.json", from_the_start=True)
            self.slow.wait_for_call()
            ask(running)
            self.assert_exit(0, running.finish(SECONDS + 30))
            self.assert_nothing_left()

    def test_a_start_waits_as_long_as_there_is_progress(self):
        """Each sync takes three seconds, together more than the start's time-out."""
        slow = SlowDisk(self.home, "sync", "*", SECONDS)
        started = self.home.ctl("start", *NO_WINDOW, "--start-timeout", "5s", env=slow.environment)
        slow.become_fast()
        self.assert_exit(0, started)
        self.assertGreater(slow.calls(), 0)
        self.home.stop()

    # Running.

    def test_a_slow_look_at_a_file_of_a_ready_runtime_is_no_silence(self):
        for name in ("failures.json", "audit.log", "daemon.json", "daemon.log", "config.json"):
            with self.variant(name):
                self.home.write_config("{}")
                running = self.slow_runtime("open", name)
                self.slow.become_slow()
                reloading = self.home.spawn_ctl("reload", "--set", "log.level=debug")
                processes.wait_until(lambda: self.slow.calls() or reloading.process.poll() is not None, "it begins")
                if self.slow.calls():
                    self.assertEqual(["running"], self.states_while_slow(running))
                self.slow.become_fast()
                reloading.finish()
                self.home.stop()
                running.finish()

    def test_a_slow_write_is_no_silence(self):
        running = self.slow_runtime("rename", "daemon.json")
        self.slow.become_slow()
        reloading = self.home.spawn_ctl("reload", "--set", "log.level=debug")
        self.assertEqual(["running"], self.states_while_slow(running))
        self.slow.become_fast()
        self.assert_exit(0, reloading.finish())
        self.home.stop()

    def test_healing_with_a_slow_disk_is_no_silence(self):
        for call, name, victim in (("rename", "holon.pid", "holon.pid"), ("rename", "daemon.json", "daemon.json"),
                                   ("open", "holon.lock", "holon.lock"), ("sync", "*", "daemon.json")):
            with self.variant(call=call, name=name):
                running = self.slow_runtime(call, name)
                self.slow.become_slow()
                (self.home.run_dir / victim).unlink()
                processes.wait_until(
                    lambda: self.slow.calls() or (self.home.run_dir / victim).exists(), "it heals")
                if self.slow.calls():
                    self.assertEqual(["running"], self.states_while_slow(running))
                self.slow.become_fast()
                processes.wait_until((self.home.run_dir / victim).exists, "it is healed")
                self.home.stop()
                running.finish()

    def test_signals_and_signs_of_life_do_not_wait_for_the_disk(self):
        manager = strangers.Manager(self.home.root)
        self.addCleanup(manager.close)
        running = self.slow_runtime("rename", "daemon.json", seconds=2 * SECONDS, NOTIFY_SOCKET=manager.path,
                                    WATCHDOG_USEC="500000")
        self.slow.become_slow()
        reloading = self.home.spawn_ctl("reload", "--set", "log.level=debug")
        self.slow.wait_for_call()
        manager.lines()
        time.sleep(2)
        self.assertGreaterEqual(manager.lines().count("WATCHDOG=1"), 3)
        running.signal(signal.SIGTERM)
        processes.wait_until(lambda: "STOPPING=1" in manager.lines(), "the signal is taken", seconds=2)
        self.slow.become_fast()
        reloading.finish()
        self.assert_exit(0, running.finish())

    # Stopping.

    def test_a_drain_is_stopping_as_long_as_the_process_lives(self):
        for call, name in (("unlink", "holon.sock"), ("unlink", "holon.pid"), ("unlink", "daemon.json"),
                           ("open", "audit.log"), ("sync", "*")):
            with self.variant(call=call, name=name):
                running = self.slow_runtime(call, name)
                self.slow.become_slow()
                running.signal(signal.SIGTERM)
                processes.wait_until(lambda: self.slow.calls() or running.process.poll() is not None, "it drains")
                if self.slow.calls():
                    self.assertLessEqual(set(self.states_while_slow(running)), {"stopping"})
                self.slow.become_fast()
                self.assert_exit(0, running.finish(60))
                self.assert_nothing_left()

    def test_a_start_waits_for_a_slow_drain(self):
        running = self.slow_runtime("unlink", "holon.sock")
        self.slow.become_slow()
        running.signal(signal.SIGTERM)
        self.slow.wait_for_call()
        self.slow.become_fast()
        self.assertNotEqual(running.pid, self.home.start()["pid"])
        running.finish()


if __name__ == "__main__":
    main()
