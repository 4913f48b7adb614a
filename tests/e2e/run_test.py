"""A runtime for the length of one command."""

import contextlib
import fcntl
import os
import pty
import signal
import termios
import time

import processes
from commands import Running
from harness import NO_WINDOW, HolonTest, bin_dir, main
from peers import use_fake_holond

# Counts where they arrive: Python's own handlers see several as one. It waits for the pipe and not for the
# signal, which may come before the wait begins.
COUNT_INTERRUPTS = """
import os, select, signal, sys, time
reader, writer = os.pipe2(os.O_NONBLOCK)
signal.set_wakeup_fd(writer)
signal.signal(signal.SIGINT, lambda *_: None)
print("on", flush=True)
select.select([reader], [], [], 60)
time.sleep(0.5)
print(len(os.read(reader, 100)))
sys.exit(7)
"""


def ignore_hangup():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


class RunTest(HolonTest):
    def run_command(self, *command, **options):
        return self.home.spawn_ctl("run", *NO_WINDOW, "--", *command, **options)

    def test_a_command_has_a_runtime_for_its_life_and_its_exit_code_counts(self):
        for exit_code in (0, 3, 77):
            with self.subTest(exit_code):
                script = f'test -S "$HOLON_SOCKET" && echo "$HOLON_SOCKET"; exit {exit_code}'
                result = self.run_command("sh", "-c", script).finish()
                self.assert_exit(exit_code, result)
                self.assertEqual(f"{self.home.socket}\n", result.out)
                self.assert_nothing_left()

    def test_a_runtime_that_was_there_stays(self):
        started = self.home.start()
        self.assert_exit(0, self.run_command("true").finish())
        self.assert_state("running", instance_id=started["instance_id"])

    def test_a_command_that_a_signal_ended(self):
        self.assert_exit(128 + 9, self.run_command("sh", "-c", "kill -9 $$").finish())
        self.assert_nothing_left()

    def test_a_command_that_is_not_there(self):
        self.assert_exit(127, self.run_command("/no/such/command").finish())
        document = self.assert_failure(self.home.ctl("--json", "run", *NO_WINDOW, "--", "/no/such/command"), 127,
                                       "COMMAND_NOT_FOUND")
        self.assertIn("/no/such/command", document["error"]["message"])
        self.assert_failure(self.home.ctl("--json", "run", *NO_WINDOW, "--", "/etc/passwd"), 126,
                            "COMMAND_NOT_EXECUTABLE")
        self.assert_nothing_left()

    def test_nothing_is_left_when_it_is_interrupted_or_ended(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1,
                       signal.SIGALRM, signal.SIGXCPU, signal.SIGVTALRM, signal.SIGRTMIN):
            with self.subTest(number.name):
                running = self.run_command("sh", "-c", "echo $$; exec sleep 1000")
                command = int(running.read_line())
                running.signal(number)
                running.finish()
                self.assertEqual(-number, running.process.returncode)
                processes.wait_gone(command)
                self.assert_nothing_left()

    def test_an_interrupt_during_the_start_leaves_nothing(self):
        use_fake_holond(self.home, "hangs")
        marker = self.home.root / "ran"
        running = self.run_command("touch", marker)
        processes.wait_until(self.home.runtimes, "the start is under way")
        running.signal(signal.SIGTERM)
        self.assert_exit(143, running.finish())
        self.assertFalse(marker.exists())
        self.assert_nothing_left()

    def test_interrupts_during_the_stop_do_not_keep_it_from_stopping(self):
        running = self.run_command("sh", "-c", "echo on; read -r _ || exit 5")
        self.assertEqual("on", running.read_line().strip())
        for _ in range(50):
            running.signal(signal.SIGTERM)
            running.signal(signal.SIGINT)
        running.finish()
        self.assert_nothing_left()

    def test_a_command_that_ignores_the_first_request_is_killed_at_the_second(self):
        running = self.run_command(
            "sh", "-c", "trap 'echo asked' TERM; echo $$; while :; do sleep 0.1; done")
        command = int(running.read_line())
        running.signal(signal.SIGTERM)
        self.assertEqual("asked", running.read_line().strip())
        # Who ends a group asks each of its processes, some twice: that is one request.
        running.signal(signal.SIGTERM)
        self.assertEqual("asked", running.read_line().strip())
        self.assertTrue(processes.is_alive(command))
        time.sleep(1.1)
        running.signal(signal.SIGTERM)
        processes.wait_gone(command)
        self.assert_exit(128 + signal.SIGTERM, running.finish())
        self.assert_nothing_left()

    def test_a_command_that_timeout_ends_may_finish_in_peace(self):
        script = "trap 'sleep 0.3; echo put away; exit 0' TERM; echo on; while :; do sleep 0.1; done"
        command = ["timeout", "1000", str(bin_dir() / "holonctl"), "--home", str(self.home.path), "run",
                   *NO_WINDOW, "--", "sh", "-c", script]
        running = Running(command, env=self.home.environment())
        self.home.commands.append(running)
        self.assertEqual("on", running.read_line())
        running.signal(signal.SIGALRM)  # As if its time were over.
        result = running.finish()
        self.assert_exit(124, result)
        self.assertEqual("on\nput away\n", result.out)
        processes.wait_until(lambda: not processes.of_root(self.home.root), "everything has ended")
        self.assert_nothing_left()

    def test_without_a_hangup_where_the_caller_wants_none(self):
        running = self.run_command(
            "sh", "-c", "echo $$; read -r _ < \"$0\"; echo done", self.fifo(), preexec_fn=ignore_hangup)
        command = int(running.read_line())
        for pid in (running.pid, command):
            processes.kill(pid, signal.SIGHUP)
        # For both, so that it does not wait for a reader that is no more.
        with open(self.home.root / "fifo", "r+b", buffering=0) as fifo:
            fifo.write(b"go\n")
            result = running.finish()
        self.assert_exit(0, result)
        self.assertIn("done", result.out)
        self.assert_nothing_left()

    @contextlib.contextmanager
    def run_on_terminal(self, *command):
        """The run, and the end at which its terminal's keys are typed. Both ends are closed in the end."""
        ours, theirs = pty.openpty()
        try:
            yield self.run_command(*command, start_new_session=True,
                                   preexec_fn=lambda: fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)), ours
        finally:
            os.close(ours)
            os.close(theirs)

    def test_a_key_reaches_the_command_once(self):
        with self.run_on_terminal("/usr/bin/python3", "-c", COUNT_INTERRUPTS) as (running, keys):
            self.assertEqual("on", running.read_line())
            os.write(keys, b"\x03")
            result = running.finish()
        self.assert_exit(7, result)
        self.assertEqual("on\n1\n", result.out)
        self.assert_nothing_left()

    def test_a_terminal_that_is_closed_ends_the_command(self):
        with self.run_on_terminal("sh", "-c", "echo $$; exec sleep 1000") as (running, _):
            command = int(running.read_line())
        running.finish()
        processes.wait_gone(command)
        self.assert_nothing_left()

    def test_a_runtime_that_took_its_place_is_left_alone(self):
        running = self.run_command("sh", "-c", "echo on; read -r _ < \"$0\"", self.fifo())
        self.assertEqual("on", running.read_line().strip())
        self.assert_exit(0, self.home.ctl("restart", *NO_WINDOW))
        other = self.home.record()["instance_id"]
        self.home.serving = True
        with open(self.home.root / "fifo", "w", encoding="ascii") as fifo:
            fifo.write("go\n")
        result = running.finish()
        self.assert_exit(1, result)
        self.assertIn("ended before the command did", result.err)
        self.assert_state("running", instance_id=other)

    def fifo(self):
        path = self.home.root / "fifo"
        os.mkfifo(path)
        return path

    def test_a_runtime_that_died_meanwhile_is_cleaned_up(self):
        for code, exit_code in ((0, 1), (7, 7)):
            script = f'kill -9 "$(cat "$HOLON_HOME/run/holon.pid")"; exit {code}'
            result = self.run_command("sh", "-c", script).finish()
            self.assert_exit(exit_code, result)
            self.assertIn("ended before the command did", result.err)
            self.assert_nothing_left()

    def test_one_that_can_no_longer_be_told_from_another_is_stopped(self):
        script = 'cd "$HOLON_HOME/run"; kill -STOP "$(cat holon.pid)"; rm daemon.json'
        self.assert_exit(0, self.run_command("sh", "-c", script).finish())
        self.assert_nothing_left()

    def test_the_commands_descriptors_are_its_own(self):
        with open(self.home.root / "given", "w+", encoding="ascii") as given:
            given.write("given\n")
            given.flush()
            result = self.run_command("cat", f"/dev/fd/{given.fileno()}", pass_fds=(given.fileno(),)).finish()
            self.assert_exit(0, result)
            self.assertEqual("given\n", result.out)

    def test_what_it_runs_is_in_no_log(self):
        self.assert_exit(0, self.run_command("env", "TOKEN=Sesame-4711", "true").finish())
        for path in self.home.run_dir.iterdir():
            self.assertNotIn("Sesame-4711", path.read_text(encoding="utf-8"), path)

    def test_what_cannot_be_executed(self):
        program = self.home.root / "program"
        program.write_text("#!/bin/sh\n", encoding="ascii")
        self.assert_exit(126, self.run_command(program).finish())
        self.assert_nothing_left()

    def test_stdin_and_the_words_behind_the_dashes_are_the_commands(self):
        result = self.run_command("printf", "%s|", "--json", "-x", "--", "a b").finish()
        self.assert_exit(0, result)
        self.assertEqual("--json|-x|--|a b|", result.out)
        self.assert_exit(2, self.home.ctl("run"))

    def test_every_word_arrives_as_it_was_typed(self):
        words = ["[]", "", '["--rm","-f"]', "[a,,b]", "--home", "--", os.fsdecode(b"\xff"), "a b", "'\"$x"]
        result = self.run_command("/usr/bin/python3", "-c", "import sys; print(ascii(sys.argv[1:]))",
                                  *words).finish()
        self.assert_exit(0, result)
        self.assertEqual(ascii(words), result.out.strip())

    def test_words_without_the_dashes_are_refused_and_not_repeated(self):
        for words in (("printf", "Sesame-4711"), ("printf", "--Sesame-4711"), ()):
            result = self.home.ctl("run", *words)
            self.assert_exit(2, result)
            self.assertIn("put -- before the command", result.err)
            self.assertNotIn("Sesame", result.err)

    def test_a_runtime_with_another_configuration_is_refused_and_left_alone(self):
        started = self.home.start("--set", "log.level=debug")
        marker = self.home.root / "ran"
        for changes in ((), ("--set", "http_addr=127.0.0.1:2")):
            result = self.home.ctl("run", *changes, "--", "touch", marker)
            self.assert_exit(5, result)
            self.assertIn("log.level", result.err)
        self.assertFalse(marker.exists())
        self.assert_state("running", instance_id=started["instance_id"], ephemeral=False)

    def test_a_hung_runtime_is_left_alone(self):
        self.home.start()
        pid = self.home.suspend_runtime()
        self.assert_exit(4, self.run_command("true").finish())
        processes.kill(pid, signal.SIGCONT)
        self.assert_state("running")

    def test_ensure_brings_the_configuration(self):
        started = self.home.start()
        result = self.home.ctl("run", *NO_WINDOW, "--ensure", "--set", "log.level=debug", "--", "true")
        self.assert_exit(0, result)
        self.assert_state("running", instance_id=started["instance_id"], ephemeral=False)
        result = self.home.ctl("run", *NO_WINDOW, "--ensure", "--set", "http_addr=127.0.0.1:2", "--", "true")
        self.assert_exit(0, result)
        status = self.assert_state("running", ephemeral=False)
        self.assertNotEqual(started["instance_id"], status["instance_id"])

    def hold(self, name):
        """A run whose command waits until this name's fifo is written to."""
        path = self.home.root / name
        os.mkfifo(path)
        running = self.run_command("sh", "-c", 'echo $$; read -r _ < "$0"; test -S "$HOLON_SOCKET"', path)
        running.command = int(running.read_line())
        return running, path

    def kill(self, running):
        """The run; the command, which it can no longer end, afterwards."""
        processes.kill(running.pid, signal.SIGKILL)
        processes.kill(running.command, signal.SIGKILL)
        running.finish()

    def let_go(self, running, path):
        path.write_text("go\n", encoding="ascii")
        return running.finish()

    def test_jobs_share_a_runtime_whichever_ends_first(self):
        for first in (0, 1):
            jobs = [self.hold(f"a{first}"), self.hold(f"b{first}")]
            status = self.assert_state("running", ephemeral=True)
            self.assert_exit(0, self.let_go(*jobs[first]))
            self.assert_state("running", instance_id=status["instance_id"])
            refused = self.home.ctl("run", "--ensure", "--set", "log.level=debug", "--", "true")
            self.assert_exit(5, refused)
            self.assertIn("another `holonctl run` uses the runtime", refused.err)
            self.assert_exit(0, self.let_go(*jobs[1 - first]))
            self.assert_state("stopped")
            self.assert_nothing_left()

    def test_not_even_a_kill_leaves_the_runtime_behind(self):
        one, _ = self.hold("one")
        two, path = self.hold("two")
        self.kill(one)
        self.assert_state("running", ephemeral=True)
        self.assert_exit(0, self.let_go(two, path))
        self.assert_nothing_left()
        three, _ = self.hold("three")
        four, _ = self.hold("four")
        for running in (three, four):
            self.kill(running)
        processes.wait_until(lambda: not self.home.runtimes(), "the runtime has ended")
        self.assertIn("its last user has gone", self.home.log())

    def test_start_and_ensure_make_it_permanent(self):
        for command in ("start", "ensure"):
            running, path = self.hold(command)
            status = self.assert_state("running", ephemeral=True)
            self.assert_exit(0, self.home.ctl(command, *NO_WINDOW))
            self.assertFalse(self.home.record().get("ephemeral", False))
            self.assert_exit(0, self.let_go(running, path))
            self.assert_state("running", instance_id=status["instance_id"], ephemeral=False)
            self.assert_exit(0, self.home.ctl("stop"))

    def test_one_that_comes_while_the_last_runtime_ends_starts_anew(self):
        running, _ = self.hold("last")
        pid = self.home.suspend_runtime()
        self.kill(running)
        late = self.run_command("true")
        processes.kill(pid, signal.SIGCONT)
        self.assert_exit(0, late.finish())
        processes.wait_gone(pid)
        self.assert_nothing_left()

    def test_a_lost_lock_of_the_users_is_made_anew(self):
        running, path = self.hold("lost")
        (self.home.run_dir / "users.lock").unlink()
        self.assert_exit(0, self.run_command("true").finish())
        self.let_go(running, path)
        processes.wait_until(lambda: not self.home.runtimes(), "the runtime has ended")

    def test_a_secret_typed_anywhere_is_in_no_log(self):
        self.home.start()
        for words in (("reload", "--set", "callback_base_url=http://u:Sesame-4711@h:1/"),
                      ("--config", "https://u:Sesame-4711@h", "stop"),
                      ("run", "--", "printf", "Sesame-4711"), ("stop", "--socket", "/tmp/Sesame-4711")):
            self.home.ctl(*words)
        for path in self.home.run_dir.iterdir():
            self.assertNotIn(b"Sesame", b"" if path.is_socket() else path.read_bytes(), path)

    def test_a_start_that_fails_runs_nothing(self):
        marker = self.home.root / "ran"
        result = self.home.ctl("run", "--set", "log.level=loud", "--", "touch", marker)
        self.assert_exit(2, result)
        self.assertFalse(os.path.exists(marker))


if __name__ == "__main__":
    main()
