"""What a caller leaves to the programs: environment, signals, limits, umask, directory, descriptors."""

import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import unittest

import processes
from harness import NO_WINDOW, HolonTest, bin_dir, main


def ignoring(*signals):
    """For preexec_fn: these signals are ignored by the caller."""
    return lambda: [signal.signal(number, signal.SIG_IGN) for number in signals]


def with_file_size(limit):
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


class CallersWorldTest(HolonTest):
    def environment_of(self, pid):
        return pathlib.Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")

    def test_what_is_meant_for_another_process_reaches_no_runtime(self):
        others = {"NOTIFY_SOCKET": "/no/such/socket", "WATCHDOG_USEC": "1", "WATCHDOG_PID": "1",
                  "LISTEN_FDS": "1", "LISTEN_PID": "1", "GRPC_POLL_STRATEGY": "epollex"}
        started = self.home.start(env=others)
        inherited = self.environment_of(started["pid"])
        self.assertEqual(1, len([one for one in inherited if one.startswith("NOTIFY_SOCKET=")]))
        for prefix in ("WATCHDOG_", "LISTEN_", "GRPC_"):
            self.assertEqual([], [one for one in inherited if one.startswith(prefix)])
        self.assertEqual([], [path.name for path in self.home.run_dir.glob("notify*")])

    def test_switches_of_grpc_abort_nothing(self):
        for env in ({"GRPC_POLL_STRATEGY": "epollex", "GRPC_TRACE": "all", "GRPC_VERBOSITY": "debug"},
                    {"GRPC_POLL_STRATEGY": "none", "GRPC_VERBOSITY": "loud"},
                    {"GRPC_POLL_STRATEGY": "poll", "GRPC_DNS_RESOLVER": "no-such", "GRPC_EXPERIMENTS": "no_such",
                     "GRPC_ENABLE_FORK_SUPPORT": "1"}):
            self.home.start(env=env)
            self.assertEqual("", self.home.status(env=env).err)
            self.home.stop(env=env)
            holond = self.home.spawn_holond(env=env)
            self.assert_exit(0, self.home.ctl("wait", "--for", "ready"))
            holond.signal(signal.SIGTERM)
            self.assert_exit(0, holond.finish())

    def test_an_ignored_sigchld_loses_no_end(self):
        ignored = {"preexec_fn": ignoring(signal.SIGCHLD)}
        self.assert_exit(7, self.home.ctl("run", "--", "sh", "-c", "exit 7", **ignored))
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            result = self.home.ctl("start", "--set", f"control_addr=127.0.0.1:{taken.getsockname()[1]}",
                                   "--start-timeout", "3s", **ignored)
        self.assert_exit(1, result)

    def test_the_command_of_run_gets_the_world_as_it_was(self):
        script = "umask; echo $GRPC_TRACE; echo $HOLON_HOME; echo $HOLON_SOCKET"

        def world():
            os.umask(0o027)
            ignoring(signal.SIGCHLD, signal.SIGUSR1, signal.SIGXFSZ)()
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})

        result = self.home.ctl("run", "--", "/bin/sh", "-c", script, preexec_fn=world,
                               env={"GRPC_TRACE": "mine"})
        self.assert_exit(0, result)
        umask, *variables = result.out.splitlines()
        self.assertEqual(0o027, int(umask, 8))
        self.assertEqual(["mine", str(self.home.path), str(self.home.socket)], variables)
        # Without a shell, which has a handler for SIGCHLD.
        result = self.home.ctl("run", "--", "sed", "-n", "s/^Sig\\(Ign\\|Blk\\):\\t//p",
                               "/proc/self/status", preexec_fn=world)
        blocked, ignored = result.out.split()
        for number in (signal.SIGUSR1, signal.SIGXFSZ, signal.SIGCHLD):
            self.assertTrue(int(ignored, 16) & 1 << number - 1, number)
        self.assertFalse(int(ignored, 16) & 1 << signal.SIGPIPE - 1)
        self.assertEqual(1 << signal.SIGUSR2 - 1, int(blocked, 16))

    def test_a_limit_of_file_sizes_costs_lines_and_no_life(self):
        self.home.make()
        (self.home.run_dir / "audit.log").write_text("{}\n" * 1360, encoding="utf-8")
        started = self.home.start(preexec_fn=with_file_size(4096))
        for level in ("debug", "info", "debug", "info"):
            self.home.ctl("reload", "--set", f"log.level={level}")
        self.assertTrue(processes.is_alive(started["pid"]))
        self.assert_status("running", self.home.status(preexec_fn=with_file_size(0)))
        other = self.new_home()
        self.assert_exit(1, other.ctl("start", preexec_fn=with_file_size(0)))
        self.assertEqual([], other.runtimes())
        self.assert_exit(0, other.ctl("stop", preexec_fn=with_file_size(0)))

    def test_a_relative_path_from_a_directory_that_is_gone_is_refused(self):
        gone = self.home.root / "gone"
        gone.mkdir()

        def leave():
            os.chdir(gone)
            os.rmdir(gone)

        for program in ("holonctl", "holond"):
            for command in (("status", "start", "stop", "ensure") if program == "holonctl" else ("",)):
                for relative in (["--home", "rel"], ["--home", str(self.home.path), "--socket", "rel"],
                                 ["--home", str(self.home.path), "--config", "rel"]):
                    if relative[-2] == "--config" and command in ("status", "stop"):
                        continue  # They need no configuration.
                    gone.mkdir(exist_ok=True)
                    with self.subTest(program, command=command, option=relative[-2]):
                        result = self.home.spawn(program, *relative, *([command] if command else []), home=False,
                                                 preexec_fn=leave).finish()
                        self.assert_exit(2, result)
                        self.assertIn("current directory is gone", result.out + result.err)
        gone.mkdir(exist_ok=True)
        self.home.start(preexec_fn=leave)
        self.assertFalse(os.path.exists("/rel"))

    def test_a_tilde_that_no_shell_has_replaced_is_refused(self):
        for program in ("holonctl", "holond"):
            command = ["status"] if program == "holonctl" else []
            result = self.home.spawn(program, *command, home=False,
                                     env={"HOLON_HOME": "~/x"}).finish()
            self.assert_exit(2, result)
            self.assertIn("'~'", result.err)
        self.assertFalse((self.home.root / "~").exists())

    def test_closed_standard_descriptors_are_not_taken_for_files(self):
        for command in (["start", *NO_WINDOW], ["status"], ["reload"], ["stop"]):
            with subprocess.Popen([bin_dir() / "holonctl", "--home", self.home.path, *command],
                                  env=self.home.environment(), preexec_fn=lambda: os.closerange(0, 3)) as process:
                self.assertEqual(0, process.wait(processes.HANG_SECONDS), command)
            if command[0] == "start":
                self.assert_state("running")
        self.assert_state("stopped")


class WrapperTest(HolonTest):
    def wrap(self, script):
        """A folder of programs whose holond is a script; holonctl is the real one."""
        folder = self.home.root / "bin"
        folder.mkdir()
        shutil.copy2(bin_dir() / "holonctl", folder)
        holond = folder / "holond"
        holond.write_text(script.replace("HOLOND", str(bin_dir() / "holond")), encoding="utf-8")
        holond.chmod(0o755)
        self.home.bin = folder

    def test_a_runtime_behind_a_script_that_does_not_exec_is_the_one_that_was_started(self):
        for script in ('HOLOND "$@"', 'HOLOND "$@" &\nwait', '( HOLOND "$@" )\nexit $?'):
            with self.variant(script):
                self.wrap(f"#!/bin/sh\n{script}\n")
                started = self.home.start()
                self.assertEqual(self.home.pid(), started["pid"])
                self.assertEqual("started", started["action"])

    def test_a_runtime_that_its_script_leaves_to_itself_is_followed(self):
        self.wrap("#!/bin/sh\nHOLOND \"$@\" &\n")
        self.assertEqual("started", self.home.start()["action"])

    def test_one_that_says_nothing_is_found_by_a_last_look(self):
        self.wrap("#!/bin/sh\nunset NOTIFY_SOCKET\nexec HOLOND \"$@\"\n")
        self.assertEqual("started", self.home.start("--start-timeout", "1s")["action"])

    def test_giving_up_ends_the_whole_session_and_a_look_proves_it(self):
        self.wrap("#!/bin/sh\nsleep 1000 &\nsleep 1000\n")
        document = self.assert_failure(
            self.home.ctl("start", "--json", "--start-timeout", "300ms"), 124, "START_TIMEOUT")
        self.assertIn("it was stopped again", document["error"]["message"])
        self.assert_nothing_left()

    def test_it_says_why_the_program_cannot_run(self):
        for script, words in (("#!/no/such/shell\n", "interpreter"), ("", "no program")):
            self.wrap(script)
            document = self.assert_failure(self.home.ctl("start", "--json"), 1, "SPAWN_FAILED")
            self.assertIn(words, document["error"]["message"])
            shutil.rmtree(self.home.bin)
        self.wrap("#!/bin/sh\n")
        (self.home.bin / "holond").chmod(0o644)
        document = self.assert_failure(
            self.home.ctl("start", "--json", env={"PATH": "/no/such/folder"}), 6, "SPAWN_FAILED")
        self.assertIn("is not executable", document["error"]["message"])

    @unittest.skipIf("ASAN_OPTIONS" in os.environ or "TSAN_OPTIONS" in os.environ,
                     "a sanitizer has a handler of its own")
    def test_a_crash_within_the_window_is_one_failure_with_its_stack(self):
        starting = self.home.spawn_ctl("start", "--json", "--stability-window", "1m")
        self.home.wait_for_log("ready")
        processes.kill(self.home.pid(), signal.SIGSEGV)
        self.assert_failure(starting.finish(), 1)
        self.home.start()
        failure, = self.home.ctl("failures", "--json").json["failures"]
        self.assertEqual("signal 11 (SIGSEGV)", failure["ended"])
        self.assertTrue(failure["log_excerpt"][0].startswith("*** SIGSEGV"), failure)

    def test_an_end_that_nobody_saw_is_dated_between_two_times(self):
        self.home.start()
        self.home.kill_runtime()
        failure = self.assert_state("stale")["last_failure"]
        self.assertLess(failure["occurred_after"], failure["occurred_before"])
        self.assertIn("between ", self.home.ctl("failures").out)
        self.assert_exit(0, self.home.ctl("cleanup"))


if __name__ == "__main__":
    main()
