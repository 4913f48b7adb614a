"""What a caller leaves to the processes that it starts changes nothing: environment, signals, limits, directory,
descriptors, terminal. And the command of `run` gets it untouched.

Callers leave NOTIFY_SOCKET, GRPC_* and service-link variables, file size limits, a removed working directory, open
descriptors, a terminal that hangs up, non-blocking output or a full pipe.
"""

import os
import pty
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

    def test_variables_that_are_meant_for_other_users_of_grpc(self):
        for env in ({"GRPC_POLL_STRATEGY": "epollex"}, {"GRPC_POLL_STRATEGY": "none"}, {"GRPC_POLL_STRATEGY": "poll"},
                    {"GRPC_DNS_RESOLVER": "no-such"}, {"GRPC_VERBOSITY": "loud"}, {"GRPC_TRACE": "all"},
                    {"GRPC_EXPERIMENTS": "no_such"}, {"GRPC_ENABLE_FORK_SUPPORT": "1"}):
            with self.variant(env):
                self.assert_exit(0, self.home.ctl("start", *NO_WINDOW, env=env))
                self.assert_exit(0, self.home.status(env=env))
                self.assert_exit(0, self.home.ctl("wait", "--for", "ready", env=env))
                self.assert_exit(0, self.home.ctl("stop", env=env))

    def test_holond_by_itself(self):
        running = self.serve(env={"GRPC_POLL_STRATEGY": "epollex"})
        running.signal(signal.SIGTERM)
        self.assert_exit(0, running.finish())

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

    def timed(self, *arguments, seconds=15, **options):
        """The exit code of a holonctl under a parent that ignores the ends of children. It must not spin."""
        running = self.home.spawn_ctl(*arguments, restore_signals=False,
                                      preexec_fn=strangers.ignore_child_ends, **options)
        end = time.monotonic() + seconds
        while running.process.poll() is None:
            if time.monotonic() > end:
                used = strangers.cpu_seconds(running.pid)
                running.process.kill()
                self.fail(f"{arguments} still runs after {seconds} s, {used} s of them on the processor")
            time.sleep(0.01)
        return running.finish().exit

    def test_the_exit_code_of_a_command(self):
        self.home.start()
        self.assertEqual(7, self.timed("run", "--", "sh", "-c", "exit 7"))

    def test_a_runtime_of_its_own(self):
        self.assertEqual(0, self.timed("run", *NO_WINDOW, "--", "true"))
        self.assert_nothing_left()

    def test_a_start_that_cannot_have_its_port(self):
        with strangers.socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = f"control_addr=127.0.0.1:{taken.getsockname()[1]}"
            env = {"HOLON_CONTROL_TOKEN": "a-token-for-this"}
            self.assertEqual(1, self.timed("start", "--set", address, "--start-timeout", "5s", env=env))
        self.assert_nothing_left()

    def test_a_start_whose_runtime_is_killed(self):
        starting = self.home.spawn_ctl("start", "--stability-window", "60s", restore_signals=False,
                                       preexec_fn=strangers.ignore_child_ends)
        self.assert_exit(0, self.home.ctl("wait", "--for", "ready", "--timeout", "20s"))
        processes.kill(self.home.pid(), signal.SIGKILL)
        self.assert_exit(1, starting.finish(10))

    def test_every_command_that_starts_or_ends_something(self):
        for command in (["start", *NO_WINDOW], ["restart", *NO_WINDOW], ["ensure", *NO_WINDOW], ["doctor"], ["stop"]):
            self.assertEqual(0, self.timed(*command), command)

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
                processes.wait_gone(pid, seconds=10)
                self.assert_exit(3, self.home.ctl("run", *NO_WINDOW, "--", "sh", "-c", "exit 3", **options))

    def test_signals_that_mean_nothing_to_a_runtime(self):
        pid = self.home.start()["pid"]
        for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGXFSZ, signal.SIGPIPE):
            os.kill(pid, number)
        self.assert_state("running", pid=pid)

    def test_dispositions_and_mask_of_a_command_are_the_callers(self):
        def leave():
            signal.signal(signal.SIGUSR1, signal.SIG_IGN)
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})

        fields = ("grep", "-E", "^Sig(Ign|Blk)", "/proc/self/status")
        plain = subprocess.run(fields, preexec_fn=leave, restore_signals=False, capture_output=True, text=True,
                               check=True).stdout
        result = self.home.ctl("run", *NO_WINDOW, "--", *fields, preexec_fn=leave, restore_signals=False)
        self.assert_exit(0, result)
        self.assertEqual(plain, result.out)


class LimitsTest(CaseTest):
    def limit(self, what, soft, hard=None):
        def apply():
            resource.setrlimit(what, (soft, soft if hard is None else hard))
        return apply

    def test_a_file_size_limit_costs_log_lines_and_never_the_runtime(self):
        result = self.home.ctl("start", *NO_WINDOW, preexec_fn=self.limit(resource.RLIMIT_FSIZE, 4096))
        self.assert_exit(0, result)
        self.home.serving = True
        pid = self.home.pid()
        for number in range(25):
            self.home.ctl("reload", "--set", f"agents.idle_timeout_ms={number + 1}", "--set", f"description={'x' * 150}")
            self.assertTrue(processes.is_alive(pid), f"reload {number}")
        self.assert_state("running", pid=pid)

    def test_a_file_size_limit_of_nothing(self):
        for command in ("status", "start", "stop"):
            result = self.home.ctl(command, "--timeout", "10s", preexec_fn=self.limit(resource.RLIMIT_FSIZE, 0))
            self.assertGreaterEqual(result.exit, 0, str(result))
            self.assertNotIn(result.exit, (128 + signal.SIGXFSZ, 134), str(result))
        self.home.leaves_files = True
        self.assertEqual([], self.home.runtimes())

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
    def gone(self):
        folder = self.home.root / "gone"
        folder.mkdir()
        folder.chmod(0o755)

        def enter():
            os.chdir(folder)
            os.rmdir(folder)

        return enter

    def relative_name(self):
        """Of something that must not be made; what was is removed again."""
        name = f"holon-relative-{os.getpid()}"
        self.addCleanup(self.remove, f"/{name}")
        return name

    def remove(self, path):
        if os.path.lexists(path):
            self.home.ctl("--home", path, "stop", home=False)
            subprocess.run(["rm", "-rf", path], check=True)

    def test_a_relative_path_in_a_directory_that_is_gone_is_refused(self):
        name = self.relative_name()
        for command in ("status", "start", "stop", "ensure"):
            for options in (["--home", name], ["--home", self.home.path, "--socket", name],
                            ["--home", self.home.path, "--config", name]):
                if options[-2] == "--config" and command in ("status", "stop"):
                    continue  # They need no configuration.
                with self.subTest(command=command, option=options[-2]):
                    result = self.home.ctl(command, *options, "--json", home=False, preexec_fn=self.gone())
                    self.assertIn(result.exit, (1, 2), str(result))
                    self.assertFalse(os.path.lexists(f"/{name}"))
                    self.assertNotIn(f'"/{name}', result.out)

    def test_holond_refuses_it_too(self):
        name = self.relative_name()
        holond = self.home.spawn_holond("--home", name, home=False, preexec_fn=self.gone())
        self.addCleanup(self.end_process, self.home, holond)
        result = holond.finish(10)
        self.assertIn(result.exit, (1, 2), str(result))
        self.assertFalse(os.path.lexists(f"/{name}"))

    def test_an_absolute_home_will_do(self):
        for command in (["start", *NO_WINDOW], ["status"], ["stop"]):
            self.assert_exit(0, self.home.ctl(*command, preexec_fn=self.gone()))

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

    def test_without_standard_descriptors(self):
        def close():
            for fd in range(3):
                os.close(fd)

        for command in (["start", *NO_WINDOW], ["status"], ["reload"], ["stop"]):
            process = subprocess.Popen([bin_dir() / "holonctl", "--home", self.home.path, *command],
                                       env=self.home.environment(), preexec_fn=close)
            process.wait(60)
            if command[0] == "start":
                self.home.serving = True
                self.assert_state("running")
        self.assert_state("stopped")
        self.home.serving = False

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

    def test_holond_with_an_error_output_that_nobody_reads(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        os.set_blocking(writer, False)
        try:
            while True:
                os.write(writer, b"x" * 4096)
        except BlockingIOError:
            os.set_blocking(writer, True)
        self.home.make()
        process = subprocess.Popen([bin_dir() / "holond", "--home", self.home.path], env=self.home.environment(),
                                   stdout=writer, stderr=writer)
        os.close(writer)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assert_exit(0, self.home.ctl("wait", "--for", "ready"))
        for level in ("debug", "info", "debug"):
            self.assert_exit(0, self.home.ctl("reload", "--set", f"log.level={level}"))
        self.assertEqual(3, self.home.log().count("configuration changed"))
        self.home.stop()

    def test_a_reader_that_is_suspended_holds_up_no_stop(self):
        self.home.start()
        watching = self.home.spawn_ctl("status", "--watch")
        watching.read_line()
        watching.signal(signal.SIGSTOP)
        begun = time.monotonic()
        self.home.stop()
        self.assertLess(time.monotonic() - begun, 9)  # Within the drain deadline.
        watching.signal(signal.SIGCONT)
        watching.interrupt()


class TerminalTest(CaseTest):
    def on_terminal(self, *arguments):
        """holond as the first process of a terminal; the terminal's end that we have."""
        self.home.make()
        pid, ours = pty.fork()
        if pid == 0:
            os.execve(bin_dir() / "holond", ["holond", "--home", str(self.home.path), *arguments],
                      self.home.environment())
        return pid, ours

    def test_a_terminal_that_goes_away_ends_it(self):
        pid, ours = self.on_terminal()
        self.assert_exit(0, self.home.ctl("wait", "--for", "ready", "--timeout", "30s"))
        os.close(ours)
        processes.wait_until(lambda: not processes.is_alive(pid), "it drains", seconds=15)
        self.assertEqual(0, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        self.assert_nothing_left()

    def test_a_hang_up_that_somebody_sends_is_a_reload(self):
        running = self.serve()
        self.home.write_config({"log": {"level": "debug"}})
        running.signal(signal.SIGHUP)
        self.home.wait_for_log("configuration changed")
        self.assert_state("running", pid=running.pid)
        self.home.stop()


if __name__ == "__main__":
    main()
