"""What a caller leaves to the processes that it starts changes nothing: environment, signals, limits, directory,
descriptors, terminal. And the command of `run` gets it untouched.

Callers leave NOTIFY_SOCKET, GRPC_* and service-link variables, file size limits, a removed working directory, open
descriptors, a terminal that hangs up, non-blocking output or a full pipe.
"""

import os
import resource
import signal
import subprocess
import time

from case import NO_WINDOW, CaseTest, processes, strangers
from harness import bin_dir, main


class EnvironmentTest(CaseTest):
    def test_a_notify_socket_of_somebody_else(self):
        manager = strangers.Manager(self.home.root)
        self.addCleanup(manager.close)
        for address in (manager.path, str(self.home.root / "nobody"), "@nobody", "x" * 200):
            with self.variant(address):
                env = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1",
                       "LISTEN_FDS": "1", "LISTEN_PID": "1"}
                for command in ("start", "restart", "ensure"):
                    self.assert_exit(0, self.home.ctl(command, *NO_WINDOW, "--start-timeout", "5s", env=env))
                    self.assert_state("running")
                self.assert_exit(0, self.home.ctl("stop", env=env))
                self.assert_exit(0, self.home.ctl("run", *NO_WINDOW, "--", "true", env=env))
        self.assertEqual([], manager.lines())

    def test_proxies(self):
        env = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy", "grpc_proxy", "HTTP_PROXY")}
        self.assert_exit(0, self.home.ctl("start", *NO_WINDOW, env=env))
        self.assert_status("running", self.home.status(env=env))
        self.assert_exit(0, self.home.ctl("stop", env=env))

    def test_service_links(self):
        env = {"HOLON_PORT": "tcp://10.0.0.1:80", "HOLON_SERVICE_HOST": "10.0.0.1", "HOLON_SERVICE_PORT": "80",
               "HOLON_PORT_80_TCP_ADDR": "10.0.0.1", "HOLON_PORT_80_TCP_PROTO": "tcp"}
        self.assert_exit(0, self.home.holond("--check", env=env))

    def test_an_empty_environment(self):
        command = ["env", "-i", str(bin_dir() / "holonctl"), "--home", str(self.home.path)]
        self.addCleanup(subprocess.run, [*command, "stop"], check=False, capture_output=True)
        for words in (["start", *NO_WINDOW], ["status"], ["stop"]):
            subprocess.run([*command, *words], check=True, capture_output=True)

    def test_a_command_gets_the_environment_of_the_caller_and_two_variables(self):
        env = {"GRPC_POLL_STRATEGY": "epollex", "NOTIFY_SOCKET": "/no/where", "GRPC_TRACE": "x", "LISTEN_FDS": "1"}
        result = self.home.ctl("run", *NO_WINDOW, "--", "env", env=env)
        self.assert_exit(0, result)
        given = dict(line.split("=", 1) for line in result.out.splitlines() if "=" in line)
        self.assert_contains({**env, "HOLON_SOCKET": str(self.home.socket), "HOLON_HOME": str(self.home.path)}, given)


class SignalsTest(CaseTest):
    """Under a parent that ignores or blocks signals."""

    def exit_code_of(self, *arguments):
        """Of a holonctl under a parent that ignores the ends of children. finish() is the guard against a hang."""
        return self.home.ctl(*arguments, restore_signals=False, preexec_fn=strangers.ignore_child_ends).exit

    def test_a_runtime_of_its_own(self):
        self.assertEqual(0, self.exit_code_of("run", *NO_WINDOW, "--", "true"))
        self.assert_nothing_left()

    def test_a_start_whose_runtime_is_killed(self):
        starting = self.home.spawn_ctl("start", "--stability-window", "60s", restore_signals=False,
                                       preexec_fn=strangers.ignore_child_ends)
        self.assert_exit(0, self.home.ctl("wait", "--for", "ready", "--timeout", "60s"))
        processes.kill(self.home.pid(), signal.SIGKILL)
        self.assert_exit(1, starting.finish())

    def test_every_command_that_starts_or_ends_something(self):
        for command in (["start", *NO_WINDOW], ["restart", *NO_WINDOW], ["ensure", *NO_WINDOW], ["doctor"], ["stop"]):
            self.assertEqual(0, self.exit_code_of(*command), command)

    def test_with_everything_blocked_or_ignored(self):
        def block():
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())

        def ignore():
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE, signal.SIGCHLD,
                           signal.SIGUSR1, signal.SIGALRM, signal.SIGQUIT):
                signal.signal(number, signal.SIG_IGN)

        for way in (block, ignore):
            with self.variant(way.__name__):
                options = {"restore_signals": False, "preexec_fn": way}
                self.assert_exit(0, self.home.ctl("start", *NO_WINDOW, **options))
                pid = self.home.pid()
                os.kill(pid, signal.SIGTERM)
                processes.wait_gone(pid)
                self.assert_exit(3, self.home.ctl("run", *NO_WINDOW, "--", "sh", "-c", "exit 3", **options))

    def test_signals_that_mean_nothing_to_a_runtime(self):
        pid = self.home.start()["pid"]
        for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGXFSZ, signal.SIGPIPE):
            os.kill(pid, number)
        self.assert_state("running", pid=pid)

class LimitsTest(CaseTest):
    def limit(self, what, soft, hard=None):
        def apply():
            resource.setrlimit(what, (soft, soft if hard is None else hard))
        return apply

    def test_few_descriptors(self):
        result = self.home.ctl("start", *NO_WINDOW, preexec_fn=self.limit(resource.RLIMIT_NOFILE, 64))
        self.assert_exit(0, result)
        self.home.serving = True
        self.assert_state("running")

    def test_limits_umask_and_directory_of_a_command_are_the_callers(self):
        def leave():
            resource.setrlimit(resource.RLIMIT_NOFILE, (200, 5000))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            os.umask(0o027)

        script = "ulimit -n; ulimit -Hn; ulimit -c; umask; pwd"
        result = self.home.ctl("run", *NO_WINDOW, "--", "sh", "-c", script, preexec_fn=leave, cwd="/usr")
        self.assert_exit(0, result)
        self.assertEqual(["200", "5000", "0", "0027", "/usr"], result.out.split())

    def test_a_umask_that_takes_everything(self):
        def mask():
            os.umask(0o777)

        self.assert_exit(0, self.home.ctl("start", *NO_WINDOW, preexec_fn=mask))
        self.home.serving = True
        self.assert_state("running")
        self.assert_mode(0o600, self.home.record_file)
        self.assert_mode(0o700, self.home.run_dir)


class DirectoryTest(CaseTest):
    def test_the_runtime_holds_no_directory_of_its_caller(self):
        self.home.start(cwd=self.home.root)
        self.assertNotEqual(str(self.home.root), os.readlink(f"/proc/{self.home.pid()}/cwd"))


class DescriptorsTest(CaseTest):
    def test_output_lock_and_terminal_of_the_caller_are_not_held(self):
        lock = self.home.root / "lock"
        script = f'out=$( (flock 9; "$0" --home "$1" start {" ".join(NO_WINDOW)}) 9>"$2" 7<>"$2.other" 2>&1 ); echo back'
        done = subprocess.run(["bash", "-c", script, bin_dir() / "holonctl", self.home.path, lock],
                              env=self.home.environment(), capture_output=True, text=True, timeout=60, check=True)
        self.home.serving = True
        self.assertEqual("back\n", done.stdout)
        self.assertEqual(0, subprocess.run(["flock", "-n", lock, "true"], check=False).returncode)
        folder = f"/proc/{self.home.pid()}/fd"
        held = [os.readlink(f"{folder}/{fd}") for fd in os.listdir(folder)]
        self.assertEqual([], [name for name in held if name.startswith(("pipe:", "/dev/pts", str(lock)))])

    def test_output_through_a_pipe_that_does_not_block_arrives_whole(self):
        self.home.make()
        self.home.log_file.write_text("".join(
            f"2026-01-01T00:00:00.000Z info    line {number:06}{' x' * 40}\n" for number in range(3000)))
        self.home.log_file.chmod(0o600)
        command = ("logs", "--tail", "3000", "--json")
        wanted = len(self.home.ctl(*command).out)
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        process = subprocess.Popen([bin_dir() / "holonctl", "--home", self.home.path, *command],
                                   env=self.home.environment(), stdout=writer)
        os.close(writer)
        time.sleep(0.5)  # Until the pipe is full.
        with os.fdopen(reader, "rb") as output:
            got = len(output.read())
        self.assertEqual((wanted, 0), (got, process.wait(60)))
        self.assertGreater(wanted, 70000)

    def test_a_reader_that_is_suspended_holds_up_no_stop(self):
        self.home.start()
        watching = self.home.spawn_ctl("status", "--watch")
        watching.read_line()
        watching.signal(signal.SIGSTOP)
        steps = [receipt["step"] for receipt in self.home.stop()["steps"]]
        self.assertNotIn("sigterm", steps, "the drain has ended by itself")
        watching.signal(signal.SIGCONT)
        watching.interrupt()


if __name__ == "__main__":
    main()
