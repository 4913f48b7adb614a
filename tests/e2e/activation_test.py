"""A runtime that a service manager starts: with a socket that is bound already, and a watchdog."""

import os
import signal
import socket

import processes
import strangers
from commands import Running
from harness import NO_WINDOW, HolonTest, bin_dir, main


class SupervisedTest(HolonTest):
    def supervise(self, *arguments, variables=(), listener=None, **environment):
        """holond, started as systemd would: it finds its own pid in the variables named."""
        script = "".join(f"{name}=$$ " for name in variables) + 'exec "$@"'
        options = {}
        if listener is not None:
            script += f" 3<&{listener.fileno()}"
            options["pass_fds"] = (listener.fileno(),)
        running = Running(
            ["sh", "-c", script, "sh", str(bin_dir() / "holond"), "--home", str(self.home.path),
             *map(str, arguments)],
            env={**self.home.environment(), **environment}, cwd="/", **options)
        self.home.commands.append(running)
        self.home.serving = True
        return running

    def end(self, holond):
        holond.signal(signal.SIGTERM)
        self.assert_exit(0, holond.finish())
        self.home.serving = False


class ActivationTest(SupervisedTest):
    def listen(self, path=None):
        self.home.make()
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.addCleanup(listener.close)
        listener.bind(str(path or self.home.socket))
        listener.listen()
        return listener

    def activate(self, *arguments, listener=None):
        return self.supervise(*arguments, variables=("LISTEN_PID",),
                              listener=listener or self.listen(), LISTEN_FDS="1")

    def test_it_serves_the_socket_that_was_handed_down(self):
        self.home.leaves_files = True
        listener = self.listen()
        inode = self.home.socket.stat().st_ino
        # Whoever connects before anybody accepts is served when there is somebody.
        early = self.home.spawn_ctl("wait", "--for", "ready", "--json")
        holond = self.activate(listener=listener)
        self.assert_exit(0, early.finish())
        self.assert_state("running", pid=holond.pid, control_connectivity=True)
        self.assertEqual(inode, self.home.socket.stat().st_ino)
        self.assert_lifecycle(self.home.ctl("start", "--json", *NO_WINDOW), "already_running")
        self.end(holond)
        # It is not ours to remove.
        self.assertEqual(inode, self.home.socket.stat().st_ino)
        self.assertFalse(self.home.pid_file.exists() or self.home.record_file.exists())
        self.home.socket.unlink()

    def test_it_puts_back_everything_but_that_socket(self):
        self.home.leaves_files = True
        holond = self.activate()
        self.assert_exit(0, self.home.ctl("wait", "--for", "ready"))
        self.home.socket.unlink()
        self.home.pid_file.unlink()
        processes.wait_until(self.home.pid_file.exists, "the pid file is back")
        self.assertFalse(self.home.socket.exists())
        self.end(holond)

    def test_a_second_one_is_refused(self):
        self.home.leaves_files = True
        listener = self.listen()
        first = self.activate(listener=listener)
        self.assert_exit(0, self.home.ctl("wait", "--for", "ready"))
        second = self.activate(listener=listener).finish()
        self.assert_exit(1, second)
        self.assertIn(str(first.pid), second.err)
        self.assert_state("running", pid=first.pid)
        self.end(first)
        self.home.socket.unlink()

    def test_what_is_meant_for_another_process_is_none_of_ours(self):
        holond = self.supervise(LISTEN_FDS="1", LISTEN_PID="1")
        self.assert_exit(0, self.home.ctl("wait", "--for", "ready"))
        self.end(holond)
        self.assert_nothing_left()

    def test_what_cannot_be_used_is_refused(self):
        self.home.leaves_files = True
        elsewhere = self.home.root / "elsewhere.sock"
        refused = self.activate(listener=self.listen(elsewhere)).finish()
        self.assert_exit(2, refused)
        self.assertIn(str(elsewhere), refused.err)
        self.assertIn("ListenStream", refused.err)
        several = self.supervise(variables=("LISTEN_PID",), listener=self.listen(), LISTEN_FDS="2")
        self.assert_exit(2, several.finish())
        with open(os.devnull, "rb") as no_socket:
            result = self.supervise(variables=("LISTEN_PID",), listener=no_socket, LISTEN_FDS="1")
            self.assert_exit(2, result.finish())
        self.home.serving = False
        self.home.socket.unlink()

    def test_stop_says_who_may_start_it_again(self):
        holond = self.supervise(variables=("SYSTEMD_EXEC_PID",))
        self.assert_exit(0, self.home.ctl("wait", "--for", "ready"))
        self.assertIn("systemctl", self.home.stop()["message"])
        self.assert_exit(0, holond.finish())
        self.home.start(env={"SYSTEMD_EXEC_PID": str(os.getpid())})
        self.assertNotIn("systemctl", self.home.stop()["message"])


class WatchdogTest(SupervisedTest):
    def test_it_gives_signs_of_life(self):
        manager = self.keep(strangers.Manager())
        holond = self.supervise(variables=("WATCHDOG_PID",), NOTIFY_SOCKET=manager.path,
                                WATCHDOG_USEC="200000")
        lines = manager.read_until("WATCHDOG=1", count=3)
        self.assertLess(lines.index("READY=1"), lines.index("WATCHDOG=1"))
        # A hung one gives none.
        processes.kill(holond.pid, signal.SIGSTOP)
        with self.assertRaises(TimeoutError):
            while True:
                manager.receive(seconds=1)
        processes.kill(holond.pid, signal.SIGCONT)
        manager.read_until("WATCHDOG=1")
        self.end(holond)

    def test_none_where_none_are_asked_of_it(self):
        for variables, environment in (((), {}), ((), {"WATCHDOG_USEC": "0"}),
                                       ((), {"WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"})):
            with self.subTest(environment):
                manager = self.keep(strangers.Manager())
                holond = self.supervise(variables=variables, NOTIFY_SOCKET=manager.path, **environment)
                self.assert_exit(0, self.home.ctl("wait", "--for", "ready"))
                self.end(holond)
                lines = manager.lines()
                self.assertIn("READY=1", lines)
                self.assertNotIn("WATCHDOG=1", lines)


if __name__ == "__main__":
    main()
