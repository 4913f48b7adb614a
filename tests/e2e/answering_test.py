"""A runtime answers, takes signals and ends in time, whatever its disk and its other clients do."""

import contextlib
import os
import pty
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
import unittest

import processes
import stubs
from harness import HolonTest, main
from shims import SlowDisk

FLOOD = """
import socket, sys
while True:
    client = socket.socket(socket.AF_UNIX)
    client.setblocking(False)
    try:
        client.connect(sys.argv[1])
    except OSError:
        pass
    client.close()
"""


class AnsweringTest(HolonTest):
    def serve(self, *arguments, wait=True, **options):
        """holond itself, so that its exit code is seen."""
        running = self.home.spawn_holond(*arguments, **options)
        if wait:
            self.assert_exit(0, self.home.ctl("wait", "--for", "ready"))
        return running

    def serve_slowly(self, call, name, seconds=4, **options):
        """A ready runtime whose disk is slow from now on."""
        self.slow = SlowDisk(self.home, call, name, seconds, from_the_start=False)
        running = self.serve(env={**self.slow.environment, **options})
        self.slow.become_slow()
        return running

    def order(self, seconds):
        channel, control = stubs.control(self.home.socket)
        request = stubs.message("ShutdownRequest")(reason="test")
        request.drain_deadline.FromMilliseconds(int(seconds * 1000))
        with channel:
            control.Shutdown(request, timeout=60)

    def assert_stopping(self, running):
        """As seen twice, half a second apart."""
        for _ in range(2):
            self.assert_state("stopping", pid=running.pid)
            time.sleep(0.25)

    def assert_ended(self, running, code, within):
        begun = time.monotonic()
        self.assert_exit(code, running.finish(within + 30))
        self.assertLess(time.monotonic() - begun, within)

    # The disk is slow.

    def test_recovery_is_starting_and_a_signal_then_is_stopping(self):
        self.slow = SlowDisk(self.home, "open", "failures.json", 3)
        running = self.serve(wait=False, env=self.slow.environment)
        self.slow.wait_for_call()
        self.assert_state("starting", pid=running.pid)
        running.signal(signal.SIGTERM)
        processes.wait_until(lambda: self.home.status().json["state"] == "stopping", "it stops", 1)
        self.assert_stopping(running)
        self.assert_exit(0, running.finish())
        self.assertNotIn(" ready", self.home.log())

    def test_each_part_of_a_drain_is_stopping(self):
        for call, name in (("unlink", "holon.sock"), ("unlink", "holon.pid"), ("unlink", "daemon.json"),
                           ("open", "audit.log")):
            with self.subTest(f"{call} {name}"):
                running = self.serve_slowly(call, name, seconds=1.5)
                running.signal(signal.SIGTERM)
                self.slow.wait_for_call()
                self.assert_stopping(running)
                self.assert_exit(0, running.finish())
                self.assert_nothing_left()

    def test_healing_is_running(self):
        running = self.serve_slowly("rename", "holon.pid", seconds=2)
        self.home.pid_file.unlink()
        self.slow.wait_for_call()
        self.assert_state("running", pid=running.pid)
        running.signal(signal.SIGTERM)
        processes.wait_until(lambda: self.home.status().json["state"] == "stopping", "it stops", 1)
        self.assert_exit(0, running.finish())

    def test_a_slow_log_delays_nothing(self):
        self.slow = SlowDisk(self.home, "open", "daemon.log", 3)
        begun = time.monotonic()
        running = self.serve(env=self.slow.environment)
        self.assertLess(time.monotonic() - begun, 2.5)
        self.assert_state("running", pid=running.pid)
        running.signal(signal.SIGTERM)
        self.assert_stopping(running)
        self.assert_exit(0, running.finish())
        self.assertIn("stopped", self.home.log())

    def test_a_slow_step_of_the_start_goes_on_saying_so(self):
        listener = self.listen()
        self.slow = SlowDisk(self.home, "sync", "*", 2.5)
        running = self.serve(wait=False, env={**self.slow.environment, "NOTIFY_SOCKET": listener.getsockname()})
        lines = self.read_until(listener, "READY=1")
        self.slow.become_fast()
        self.assertIn("STATUS=writing the record", lines)
        extended = [line for line in lines if line.startswith("EXTEND_TIMEOUT_USEC=")]
        # One for each step, and at least one for each sync that takes longer than two seconds.
        self.assertGreater(len(extended), len([line for line in lines if line.startswith("STATUS=")]) - 1)
        running.signal(signal.SIGTERM)
        self.assert_exit(0, running.finish())

    def test_a_hung_disk_does_not_outlive_the_deadline(self):
        """Neither the drain's own disk nor that of the report of it."""
        for name in ("audit.log", "*"):
            with self.subTest(name):
                running = self.serve_slowly("open", name, seconds=60)
                self.order(0.5)
                self.slow.wait_for_call()
                self.assert_ended(running, 1, within=3)
                self.slow.become_fast()
                self.assert_exit(0, self.home.ctl("cleanup"))

    def test_a_second_signal_ends_it_at_once_and_withdraws_what_it_can(self):
        running = self.serve_slowly("open", "audit.log", seconds=60)
        running.signal(signal.SIGTERM)
        self.slow.wait_for_call()
        running.signal(signal.SIGINT)
        self.assert_ended(running, 130, within=2)
        self.assertEqual(set(), self.home.lifecycle_files())

    def test_a_second_signal_does_not_wait_for_a_hung_disk(self):
        running = self.serve_slowly("unlink", "holon.pid", seconds=60)
        running.signal(signal.SIGTERM)
        self.slow.wait_for_call()
        running.signal(signal.SIGTERM)
        self.assert_ended(running, 130, within=3)
        self.home.leaves_files = True

    # Orders.

    def test_a_signal_after_a_shutdown_call_is_the_first(self):
        running = self.serve_slowly("unlink", "holon.sock", seconds=1.5)
        self.order(20)
        self.slow.wait_for_call()
        running.signal(signal.SIGTERM)
        self.assert_exit(0, running.finish())

    def test_the_earliest_deadline_stands(self):
        for orders in ((0.5, 3600, 1800), (3600, 0.5)):
            with self.subTest(orders):
                running = self.serve_slowly("open", "audit.log", seconds=60)
                for seconds in orders:
                    self.order(seconds)
                self.assert_ended(running, 1, within=4)
                self.slow.become_fast()
                self.assert_exit(0, self.home.ctl("cleanup"))

    # Signals.

    def test_a_terminal_that_goes_away_drains(self):
        pid, terminal = pty.fork()
        if pid == 0:
            holond = os.path.join(os.environ["HOLON_BIN"], "holond")
            os.execve(holond, [holond, "--home", str(self.home.path)], self.home.environment())
        self.assert_exit(0, self.home.ctl("wait", "--for", "ready"))
        os.close(terminal)
        self.assertEqual(0, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        self.assert_nothing_left()

    def test_a_hangup_that_a_process_sends_reloads(self):
        running = self.serve()
        self.home.write_config({"log": {"level": "debug"}})
        running.signal(signal.SIGHUP)
        self.home.wait_for_log("configuration changed")
        running.signal(signal.SIGTERM)
        self.assert_exit(0, running.finish())

    # Other clients, and the listener.

    def listen(self):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(listener.close)
        listener.settimeout(processes.HANG_SECONDS)
        listener.bind(str(self.home.root / "notify"))
        return listener

    def read_until(self, listener, line):
        lines = []
        while line not in lines:
            lines += listener.recv(65536).decode().splitlines()
        return lines

    @contextlib.contextmanager
    def flood(self, clients=2):
        floods = [subprocess.Popen([sys.executable, "-c", FLOOD, str(self.home.socket)]) for _ in range(clients)]
        try:
            yield
        finally:
            for process in floods:
                process.kill()
                process.wait()

    def test_a_flood_of_connections_delays_neither_answers_nor_signs_of_life_nor_the_end(self):
        listener = self.listen()
        running = self.serve(env={"NOTIFY_SOCKET": listener.getsockname(), "WATCHDOG_USEC": "1000000"})
        with self.flood():
            self.read_until(listener, "WATCHDOG=1")
            begun = time.monotonic()
            for _ in range(3):
                self.read_until(listener, "WATCHDOG=1")
                self.assert_state("running", pid=running.pid)
            self.assertLess(time.monotonic() - begun, 4)
            self.home.pid_file.unlink()
            processes.wait_until(self.home.pid_file.exists, "it is healed", 2)
            running.signal(signal.SIGTERM)
            self.assert_ended(running, 0, within=3)

    def test_ready_reaches_a_listener_whose_queue_was_full(self):
        listener = self.listen()
        sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        sender.setblocking(False)
        with sender, contextlib.suppress(BlockingIOError):
            while True:
                sender.sendto(b"STATUS=flood", listener.getsockname())
        running = self.serve(env={"NOTIFY_SOCKET": listener.getsockname()})
        self.assertIn("READY=1", self.read_until(listener, "READY=1"))
        running.signal(signal.SIGTERM)
        self.assert_exit(0, running.finish())

    # Threads.

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to become another user")
    def test_a_start_without_a_thread_to_be_had_says_so(self):
        self.home.root.chmod(0o755)
        self.home.make()
        for folder in (self.home.path, self.home.run_dir, self.home.root / "user"):
            os.chown(folder, 12345, 12345)
        holond = self.home.root / "holond"
        shutil.copy(os.path.join(os.environ["HOLON_BIN"], "holond"), holond)
        holond.chmod(0o755)
        self.home.bin = self.home.root
        result = self.home.holond(
            user=12345, group=12345, extra_groups=[],
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NPROC, (1, 1)))
        self.assert_exit(1, result)
        self.assertIn("cannot start a thread", result.err)
        self.assertEqual(set(), self.home.lifecycle_files())


if __name__ == "__main__":
    main()
