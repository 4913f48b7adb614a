"""A runtime answers, takes signals and ends, whatever its terminal and its other clients do."""

import contextlib
import os
import pty
import signal
import socket

import processes
import strangers
from harness import HolonTest, main
from shims import refusing


class AnsweringTest(HolonTest):
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

    def test_a_flood_of_connections_silences_neither_answers_nor_signs_of_life_nor_the_end(self):
        manager = self.keep(strangers.Manager())
        running = self.serve(env={"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "1000000"})
        self.keep(strangers.Flood(self.home.socket))
        for _ in range(3):
            manager.read_until("WATCHDOG=1")
            self.assert_state("running", pid=running.pid)
        self.home.pid_file.unlink()
        processes.wait_until(self.home.pid_file.exists, "it is healed")
        running.signal(signal.SIGTERM)
        self.assert_exit(0, running.finish())

    def test_ready_reaches_a_listener_whose_queue_was_full(self):
        manager = self.keep(strangers.Manager(self.home.root))
        sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        sender.setblocking(False)
        with sender, contextlib.suppress(BlockingIOError):
            while True:
                sender.sendto(b"STATUS=flood", manager.path)
        running = self.serve(env={"NOTIFY_SOCKET": manager.path})
        self.assertIn("READY=1", manager.read_until("READY=1"))
        running.signal(signal.SIGTERM)
        self.assert_exit(0, running.finish())

    # Threads.

    def test_a_start_without_a_thread_to_be_had_says_so(self):
        self.home.make()
        result = self.home.holond(env=refusing(pthread_create="EAGAIN"))
        self.assert_exit(1, result)
        self.assertIn("cannot start a thread", result.err)
        self.assert_nothing_left()


if __name__ == "__main__":
    main()
