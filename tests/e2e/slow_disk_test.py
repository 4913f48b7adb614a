"""A runtime that waits for its disk answers all the same: starting, running and stopping are seen as such.

The disk hangs at one call until the test lets it go on, so what is seen meanwhile depends on no time.
"""

import signal
import time

import processes
import strangers
import stubs
from harness import NO_WINDOW, HolonTest, main
from shims import SlowDisk


class SlowDiskTest(HolonTest):
    def slow_runtime(self, call, name, from_the_start=False, **options):
        """A runtime; it is ready where it is not slow from the start."""
        self.slow = SlowDisk(self.home, call, name, from_the_start=from_the_start)
        running = self.serve(env={**self.slow.environment, **options}, wait=not from_the_start)
        if not from_the_start:
            self.slow.become_slow()
        return running

    def assert_seen(self, state, running):
        """The disk hangs, and every look finds this state."""
        self.slow.wait_for_call()
        for _ in range(3):
            self.assert_state(state, pid=running.pid)
        self.assertIsNone(running.process.poll())

    def order(self, seconds):
        """A Shutdown call with this deadline."""
        channel, control = stubs.control(self.home.socket)
        request = stubs.message("ShutdownRequest")(reason="test")
        request.drain_deadline.FromMilliseconds(int(seconds * 1000))
        with channel:
            control.Shutdown(request, timeout=60)

    def assert_ended_beside_a_hung_disk(self, running, code):
        """The disk still hangs when the runtime has ended."""
        self.assert_exit(code, running.finish())
        self.assertTrue(self.slow.switch.exists())

    # Starting.

    def test_recovery_is_starting(self):
        for call, name in (("open", "failures.json"), ("rename", "daemon.json"), ("rename", "holon.pid"),
                           ("sync", "*")):
            with self.variant(call=call, name=name):
                running = self.slow_runtime(call, name, from_the_start=True)
                waiting = self.home.spawn_ctl("wait", "--for", "ready")
                self.slow.wait_for_call()
                self.assert_seen("starting", running)
                self.slow.become_fast()
                self.assert_exit(0, waiting.finish())
                self.home.stop()
                self.assert_exit(0, running.finish())

    def test_what_comes_before_the_lock_is_nothing_wrong_either(self):
        for name in ("config.json", "holon.lock"):
            with self.variant(name):
                self.home.write_config("{}")
                running = self.slow_runtime("open", name, from_the_start=True)
                self.slow.wait_for_call()
                for _ in range(3):
                    self.assertIn(self.home.status().json["state"], {"stopped", "starting"})
                self.slow.become_fast()
                self.assert_exit(0, self.home.ctl("wait", "--for", "ready"))
                self.home.stop()
                self.assert_exit(0, running.finish())

    def test_a_start_joins_it(self):
        running = self.slow_runtime("open", "failures.json", from_the_start=True)
        self.slow.wait_for_call()
        starting = self.home.spawn_ctl("start", *NO_WINDOW)
        processes.wait_until_asleep(starting.pid)
        self.slow.become_fast()
        self.assert_exit(0, starting.finish())
        self.assert_state("running", pid=running.pid)
        self.home.stop()
        self.assert_exit(0, running.finish())

    def test_it_can_be_ended_while_it_recovers(self):
        for ask in (lambda running: running.signal(signal.SIGTERM),
                    lambda _: self.home.spawn_ctl("stop", "--drain-timeout", "60s")):
            with self.variant():
                running = self.slow_runtime("open", "failures.json", from_the_start=True)
                self.slow.wait_for_call()
                stop = ask(running)
                processes.wait_until(lambda: self.home.status().json["state"] == "stopping", "it stops")
                self.assert_seen("stopping", running)
                self.slow.become_fast()
                self.assert_exit(0, running.finish())
                if stop:
                    self.assert_exit(0, stop.finish())
                self.assertNotIn(" ready", self.home.log())
                self.assert_nothing_left()

    def test_a_start_waits_as_long_as_there_is_progress(self):
        """Each sync takes three seconds, together more than the start's time-out."""
        slow = SlowDisk(self.home, "sync", "*", seconds=3)
        started = self.home.ctl("start", *NO_WINDOW, "--start-timeout", "5s", env=slow.environment)
        slow.become_fast()
        self.assert_exit(0, started)
        self.assertGreater(slow.calls(), 1)
        self.home.stop()

    def test_a_slow_step_of_the_start_goes_on_saying_so(self):
        manager = self.keep(strangers.Manager(self.home.root))
        running = self.slow_runtime("sync", "*", from_the_start=True, NOTIFY_SOCKET=manager.path)
        self.slow.wait_for_call()
        manager.lines()  # Of the steps so far, this one included.
        for _ in range(2):
            self.assertRegex("\n".join(manager.receive()), r"^EXTEND_TIMEOUT_USEC=\d+$")
        self.slow.become_fast()
        self.assertIn("STATUS=writing the record", manager.read_until("READY=1"))
        running.signal(signal.SIGTERM)
        self.assert_exit(0, running.finish())

    # Running.

    def test_a_slow_log_delays_nothing(self):
        """A runtime whose log cannot even be opened is ready."""
        self.slow = SlowDisk(self.home, "open", "daemon.log")
        running = self.serve(env=self.slow.environment)
        self.assert_seen("running", running)
        running.signal(signal.SIGTERM)
        processes.wait_until(lambda: self.home.status().json["state"] == "stopping", "it stops")
        self.slow.become_fast()
        self.assert_exit(0, running.finish())
        self.assertIn("stopped", self.home.log())

    def test_a_slow_look_at_a_file_of_a_ready_runtime_is_no_silence(self):
        for name in ("audit.log", "config.json"):
            with self.variant(name):
                self.home.write_config("{}")
                running = self.slow_runtime("open", name)
                reloading = self.home.spawn_ctl("reload", "--set", "log.level=debug")
                self.slow.wait_for_call()
                self.assert_seen("running", running)
                self.slow.become_fast()
                self.assert_exit(0, reloading.finish())
                self.home.stop()
                self.assert_exit(0, running.finish())

    def test_a_slow_write_is_no_silence(self):
        running = self.slow_runtime("rename", "daemon.json")
        reloading = self.home.spawn_ctl("reload", "--set", "log.level=debug")
        self.assert_seen("running", running)
        self.slow.become_fast()
        self.assert_exit(0, reloading.finish())
        self.home.stop()

    def test_healing_with_a_slow_disk_is_no_silence(self):
        for call, name, victim in (("rename", "holon.pid", "holon.pid"), ("rename", "daemon.json", "daemon.json"),
                                   ("open", "holon.lock", "holon.lock"), ("sync", "*", "daemon.json")):
            with self.variant(call=call, name=name):
                running = self.slow_runtime(call, name)
                (self.home.run_dir / victim).unlink()
                self.assert_seen("running", running)
                self.slow.become_fast()
                processes.wait_until((self.home.run_dir / victim).exists, "it is healed")
                self.home.stop()
                self.assert_exit(0, running.finish())

    def test_signals_and_signs_of_life_do_not_wait_for_the_disk(self):
        manager = self.keep(strangers.Manager(self.home.root))
        running = self.slow_runtime("rename", "daemon.json", NOTIFY_SOCKET=manager.path, WATCHDOG_USEC="500000")
        reloading = self.home.spawn_ctl("reload", "--set", "log.level=debug")
        self.slow.wait_for_call()
        manager.lines()
        manager.read_until("WATCHDOG=1", count=3)
        running.signal(signal.SIGTERM)
        manager.read_until("STOPPING=1")
        self.slow.become_fast()
        reloading.finish()
        self.assert_exit(0, running.finish())

    # Stopping.

    def test_a_drain_is_stopping_as_long_as_the_process_lives(self):
        for call, name in (("unlink", "holon.sock"), ("unlink", "holon.pid"), ("unlink", "daemon.json"),
                           ("open", "audit.log")):
            with self.variant(call=call, name=name):
                running = self.slow_runtime(call, name)
                running.signal(signal.SIGTERM)
                self.assert_seen("stopping", running)
                self.slow.become_fast()
                self.assert_exit(0, running.finish())
                self.assert_nothing_left()

    def test_a_start_waits_for_a_slow_drain(self):
        running = self.slow_runtime("unlink", "holon.sock")
        running.signal(signal.SIGTERM)
        self.slow.wait_for_call()
        starting = self.home.spawn_ctl("start", "--json", *NO_WINDOW)
        processes.wait_until_asleep(starting.pid)
        self.slow.become_fast()
        started = starting.finish()
        self.home.serving = True
        self.assertEqual("started", self.assert_lifecycle(started, "started")["action"])
        self.assertNotEqual(running.pid, started.json["pid"])
        self.assert_exit(0, running.finish())

    def test_a_hung_disk_does_not_outlive_the_deadline(self):
        """Neither the drain's own disk nor that of the report of it."""
        for name in ("audit.log", "*"):
            with self.variant(name):
                running = self.slow_runtime("open", name)
                self.order(0.5)
                self.slow.wait_for_call()
                self.assert_ended_beside_a_hung_disk(running, 1)
                self.slow.become_fast()
                self.assert_exit(0, self.home.ctl("cleanup"))

    def test_time_in_which_it_was_suspended_is_not_its_own(self):
        running = self.slow_runtime("open", "audit.log")
        self.order(0.5)
        self.slow.wait_for_call()
        running.signal(signal.SIGSTOP)
        self.slow.become_fast()
        time.sleep(2.5)
        running.signal(signal.SIGCONT)
        self.assert_exit(0, running.finish())
        self.assert_nothing_left()

    def test_the_earliest_deadline_stands(self):
        for orders in ((0.5, 3600, 1800), (3600, 0.5)):
            with self.variant(orders):
                running = self.slow_runtime("open", "audit.log")
                for seconds in orders:
                    self.order(seconds)
                self.assert_ended_beside_a_hung_disk(running, 1)
                self.slow.become_fast()
                self.assert_exit(0, self.home.ctl("cleanup"))

    def test_a_second_signal_ends_it_at_once_and_withdraws_what_it_can(self):
        running = self.slow_runtime("open", "audit.log")
        running.signal(signal.SIGTERM)
        self.slow.wait_for_call()
        running.signal(signal.SIGINT)
        self.assert_ended_beside_a_hung_disk(running, 130)
        self.assertEqual(set(), self.home.lifecycle_files())

    def test_a_second_signal_does_not_wait_for_a_hung_disk(self):
        running = self.slow_runtime("unlink", "holon.pid")
        running.signal(signal.SIGTERM)
        self.slow.wait_for_call()
        running.signal(signal.SIGTERM)
        self.assert_ended_beside_a_hung_disk(running, 130)
        self.home.leaves_files = True

    def test_a_signal_after_a_shutdown_call_is_the_first(self):
        running = self.slow_runtime("unlink", "holon.sock")
        self.order(60)
        self.slow.wait_for_call()
        running.signal(signal.SIGTERM)
        self.assert_seen("stopping", running)
        self.slow.become_fast()
        self.assert_exit(0, running.finish())


if __name__ == "__main__":
    main()
