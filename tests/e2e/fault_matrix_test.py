"""The fault matrix: one row a fault. After each: the verdict with its exit code, what is left, that no stranger
was signalled, and that a stop brings everything to rest. Rows that have a test of their own elsewhere are not
repeated here:

    kill -9 at a phase or a rung            KilledTest; lifecycle_test (a start that is killed)
    suspended before, during, after         SuspendedTest; verdict_test.HeldAndNotOursTest; stop_ladder_test.LadderTest
    TERM ignored                            stop_ladder_test.DeafRuntimeTest
    ends at once, after ready, in the window  lifecycle_test.StartUpTest; failures_test
    slow with progress (20 s), and without  lifecycle_test.StartUpTest
    two starters                            RaceTest; storm_test; config_test (fifty at once)
    files taken or replaced under it        SocketTest, LockTest; heal_test
    record truncated, empty, a liar         identity_test; verdict_test.NobodyTest
    process 1                               identity_test.PidOneTest
    another user                            stop_ladder_test.AnotherUserTest; config_errors_test
    107 and 108 bytes, symbolic links       config_errors_test
    umask                                   lifecycle_test
"""

import os
import resource
import shutil
import signal
import socket
import unittest

import processes
import stubs
from commands import Running
from harness import NO_WINDOW, HolonTest, bin_dir, main
from peers import SmallDisk, Victim, binaries_beside, configuration_of, use_fake_holond

QUICK = ("--drain-timeout", "300ms", "--term-timeout", "300ms")


class FaultTest(HolonTest):
    """A bystander with a record's right to be taken for the runtime watches every row."""

    def setUp(self):
        super().setUp()
        self.victim = self.keep(Victim())

    def come_to_rest(self, *actions):
        """What every row ends with."""
        result = self.home.ctl("stop", "--json", *QUICK)
        self.assert_exit(0, result)
        self.home.serving = False
        if actions:
            self.assertIn(result.json["action"], actions)
        self.assert_state("stopped")
        self.assert_nothing_left()
        self.assertEqual([], self.victim.signals())


class KilledTest(FaultTest):
    def test_before_it_has_the_lock(self):
        use_fake_holond(self.home, "hangs")
        starting = self.home.spawn_ctl("start", "--json")
        pid, = processes.wait_until(self.home.runtimes, "it was spawned")
        processes.kill(pid, signal.SIGKILL)
        document = self.assert_failure(starting.finish(), 1)
        self.assertRegex(document["error"]["message"], "signal 9|SIGKILL")
        self.come_to_rest("already_stopped")

    def test_while_it_recovers(self):
        use_fake_holond(self.home, "recovers")
        starting = self.home.spawn_ctl("start", "--json")
        processes.wait_until(self.home.socket.exists, "it answers")
        processes.kill(self.home.pid(), signal.SIGKILL)
        self.assert_failure(starting.finish(), 1)
        self.come_to_rest("already_stopped", "cleaned")

    def test_while_it_drains(self):
        use_fake_holond(self.home, "deaf", config=configuration_of(self.home))
        self.home.start()
        stopping = self.home.spawn_ctl("stop", "--json", "--drain-timeout", "1h")
        self.home.wait_for_log("told to shut down")
        os.killpg(self.home.pid(), signal.SIGKILL)
        self.assert_lifecycle(stopping.finish(), "stopped")
        self.come_to_rest("already_stopped")

    def test_the_stopper_itself_at_any_moment(self):
        use_fake_holond(self.home, "deaf", config=configuration_of(self.home))
        self.home.start()
        stopping = self.home.spawn_ctl("stop", "--json", "--drain-timeout", "1h")
        self.home.wait_for_log("told to shut down")
        stopping.signal(signal.SIGKILL)
        stopping.finish()
        self.assert_state("running")
        self.come_to_rest("stopped")


class SuspendedTest(FaultTest):
    def test_before_it_is_ready(self):
        use_fake_holond(self.home, "recovers")
        starting = self.home.spawn_ctl("start", "--json", "--start-timeout", "1s")
        processes.wait_until(self.home.socket.exists, "it answers")
        self.home.suspend_runtime()
        self.assert_failure(starting.finish(), 124)
        self.come_to_rest("already_stopped")

    def test_within_the_window(self):
        starting = self.home.spawn_ctl("start", "--json", "--stability-window", "2s")
        self.assert_exit(0, self.home.ctl("wait", "--for", "ready"))
        self.home.suspend_runtime()
        # A window in which nothing is heard of it is no proof of health; either way nothing is hidden.
        self.assertIn(starting.finish().exit, (0, 1, 4))
        self.assertIn(self.home.status().json["state"], ("unresponsive", "stopped"))
        self.come_to_rest()

    def test_while_it_drains(self):
        self.home.start()
        pid = self.home.pid()
        with SuspendedSoon(pid):
            self.home.stop("--term-timeout", "500ms")
        self.come_to_rest("already_stopped")


class SuspendedSoon:
    """Suspends a process over and over while something goes on."""

    def __init__(self, pid):
        self.pid = pid

    def __enter__(self):
        self.helper = os.fork()
        if self.helper == 0:
            try:
                while True:
                    os.kill(self.pid, signal.SIGSTOP)
            except ProcessLookupError:
                os._exit(0)

    def __exit__(self, *exc):
        os.kill(self.helper, signal.SIGKILL)
        os.waitpid(self.helper, 0)


class RaceTest(FaultTest):
    def test_starters_of_every_kind_make_one_runtime(self):
        commands = []
        for _ in range(5):
            commands += [self.home.spawn_ctl("start", *NO_WINDOW), self.home.spawn_holond(),
                         self.home.spawn_ctl("ensure", *NO_WINDOW)]
        self.assert_exit(0, self.home.ctl("wait", "--for", "ready"))
        serving = self.home.pid()
        for command in commands:
            if command.pid == serving:
                continue
            result = command.finish()
            self.assertIn(result.exit, (0, 1), str(result))
        self.assertEqual([serving], self.home.runtimes())
        self.come_to_rest("stopped")

    def test_starts_and_stops_in_each_others_way(self):
        commands = []
        for _ in range(8):
            commands += [self.home.spawn_ctl("start", "--json", *NO_WINDOW),
                         self.home.spawn_ctl("stop", "--json")]
        for command in commands:
            result = command.finish()
            # A start may find that it was stopped meanwhile; nothing else may go wrong.
            self.assertIn(result.exit, (0, 1) if "start" in command.arguments else (0,), str(result))
        self.assertLessEqual(len(self.home.runtimes()), 1)
        self.come_to_rest()


class SocketTest(FaultTest):
    def test_removed_under_a_living_runtime(self):
        started = self.home.start()
        self.home.socket.unlink()
        status = self.home.status().json
        self.assertIn(status["state"], ("running", "unresponsive"))
        self.assertEqual(started["pid"], status["pid"])
        self.come_to_rest("stopped")

    def test_replaced_under_a_living_runtime(self):
        started = self.home.start()
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
            elsewhere = self.home.root / "other.sock"
            other.bind(str(elsewhere))
            other.listen()
            elsewhere.replace(self.home.socket)
            self.assertEqual(started["pid"], self.home.status().json["pid"])
        self.come_to_rest("stopped")


class LockTest(FaultTest):
    def test_deleted_under_a_living_runtime(self):
        started = self.home.start()
        self.home.lock_file.unlink()
        self.assert_state("running", pid=started["pid"])
        self.assertNotEqual(0, self.home.holond().exit)
        self.assertEqual([started["pid"]], self.home.runtimes())
        self.come_to_rest("stopped")

    def test_deleted_with_the_socket_under_a_suspended_runtime(self):
        self.home.start()
        pid = self.home.suspend_runtime()
        self.home.lock_file.unlink()
        self.home.socket.unlink()
        self.assert_state("unresponsive", pid=pid)
        self.assertNotEqual(0, self.home.ctl("start").exit)
        self.assertEqual([pid], self.home.runtimes())
        self.come_to_rest("stopped")

    def test_deleted_with_everything_else(self):
        started = self.home.start()
        for path in self.home.run_dir.iterdir():
            path.unlink()
        # Nothing but the process itself knows of it now; it must not stay hidden, nor be doubled.
        processes.wait_until(self.home.lock_file.exists, "the lock is back")
        self.home.ctl("start", *NO_WINDOW)
        self.assertEqual([started["pid"]], self.home.runtimes())
        self.come_to_rest("stopped")


class HomeTest(FaultTest):
    def test_renamed_under_a_living_runtime(self):
        started = self.home.start()
        moved = self.home.root / "moved"
        self.home.path.rename(moved)
        self.addCleanup(shutil.rmtree, moved, ignore_errors=True)
        status = self.home.ctl("--home", moved, "status", "--json", home=False).json
        # It drains as soon as it notices.
        self.assertIn(status["state"], ("running", "stopping", "unresponsive", "stopped"))
        self.assertEqual(None if status["state"] == "stopped" else started["pid"], status["pid"])
        self.assert_exit(0, self.home.ctl("--home", moved, "stop", *QUICK, home=False))
        self.come_to_rest()

    def test_removed_under_a_living_runtime(self):
        started = self.home.start()
        processes.remove_tree(self.home.path)
        processes.kill(started["pid"], signal.SIGTERM)
        processes.wait_gone(started["pid"])
        self.come_to_rest("already_stopped")


@unittest.skipUnless(os.geteuid() == 0 and shutil.which("setpriv"), "needs root, to become nobody")
class ReadOnlyTest(FaultTest):
    def test_a_run_directory_that_cannot_be_written_to(self):
        binaries = binaries_beside(self.home.root / "bin")
        self.home.root.chmod(0o711)
        self.home.make()
        for path in (self.home.path, self.home.run_dir):
            os.chown(path, 65534, 65534)
        self.home.run_dir.chmod(0o500)
        running = Running(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
             str(binaries / "holonctl"), "--home", str(self.home.path), "start", "--json"],
            env=self.home.environment(), cwd="/")
        self.home.commands.append(running)
        document = self.assert_failure(running.finish(), 6, "PERMISSION_DENIED")
        self.assertIn(str(self.home.run_dir), document["error"]["message"])
        self.assert_nothing_left()
        self.assertEqual([], list(self.home.run_dir.iterdir()))


@unittest.skipUnless(os.geteuid() == 0, "needs root, to mount a small disk")
class DiskTest(FaultTest):
    def test_full_before_a_start(self):
        disk = self.keep(SmallDisk(self.home))
        disk.fill()
        document = self.assert_failure(self.home.ctl("start", "--json", *NO_WINDOW), 1)
        self.assertRegex(document["error"]["message"], "(?i)no space")
        self.assert_nothing_left()

    def test_full_under_a_living_runtime(self):
        disk = self.keep(SmallDisk(self.home))
        started = self.home.start()
        disk.fill()
        self.assert_state("running", pid=started["pid"])
        self.come_to_rest("stopped")

    def test_full_with_a_log_that_has_to_be_written(self):
        self.log_lines_are_lost_and_nothing_else()

    def test_full_with_a_log_that_has_to_be_rotated(self):
        self.log_lines_are_lost_and_nothing_else("--set", "log.max_bytes=4096")

    def log_lines_are_lost_and_nothing_else(self, *options):
        disk = self.keep(SmallDisk(self.home))
        started = self.home.start(*options)
        disk.fill()
        for number in range(40):
            self.assert_exit(0, self.home.ctl(
                "reload", "--set", f"agents.idle_timeout_ms={number + 1}"))
        status = self.assert_state("running", pid=started["pid"], healthy=False)
        self.assertIn(str(self.home.log_file), " ".join(status["degraded"]))
        channel, control = stubs.control(self.home.socket)
        with channel:
            answer = control.RuntimeStatus(stubs.message("RuntimeStatusRequest")(), timeout=30)
        self.assertGreater(answer.counters.log_lines_lost, 0)
        self.come_to_rest("stopped")


class DescriptorsTest(FaultTest):
    def test_a_runtime_without_descriptors_sheds_clients_and_recovers(self):
        def few():
            resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))

        self.home.start(preexec_fn=few)
        pid = self.home.pid()
        clients = []
        for _ in range(60):
            client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            clients.append(client)
            client.settimeout(1)
            try:
                client.connect(str(self.home.socket))
            except OSError:
                break
        self.assertTrue(processes.is_alive(pid))
        for client in clients:
            client.close()
        self.assert_exit(0, self.home.ctl("wait", "--for", "ready", "--timeout", "60s"))
        self.come_to_rest("stopped")

    def test_a_start_without_descriptors_fails_clean(self):
        for limit in (4, 5, 7, 8, 11, 16):
            with self.subTest(limit):
                def fewer():
                    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

                document = self.assert_failure(
                    self.home.ctl("start", "--json", *NO_WINDOW, preexec_fn=fewer), 1,
                    "TOO_FEW_DESCRIPTORS")
                self.assertIn("ulimit", document["error"]["message"])
                refused = self.home.holond(preexec_fn=fewer)
                self.assert_exit(1, refused)
                self.assertIn("RLIMIT_NOFILE", refused.err)
        self.come_to_rest()

    def test_a_start_with_few_descriptors_works(self):
        def few():
            resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))

        self.home.start(preexec_fn=few)
        self.come_to_rest("stopped")


@unittest.skipUnless(shutil.which("faketime"), "needs faketime, to move the clock")
class ClockTest(FaultTest):
    def test_a_clock_that_jumps_an_hour_each_way(self):
        for jump in ("+1h", "-1h"):
            with self.subTest(jump):
                started = self.start_at(jump)
                self.assert_state("running", pid=started["pid"])
                # What was recorded an hour ahead, or behind, is believed all the same.
                self.assert_lifecycle(self.home.ctl("ensure", "--json"), "nothing")
                self.assertEqual(started["pid"], self.home.pid())
                self.assert_lifecycle_document(self.home.stop(), "stopped")
        self.come_to_rest("already_stopped")

    def start_at(self, jump):
        command = ["faketime", "-f", jump, str(bin_dir() / "holonctl"), "--home",
                   str(self.home.path), "start", "--json", *NO_WINDOW]
        running = Running(command, env=self.home.environment())
        self.home.commands.append(running)
        result = running.finish()
        if "LD_PRELOAD" in result.err:
            self.skipTest("this build does not go with a preloaded library")
        self.home.serving = True
        return self.assert_lifecycle(result, "started")


if __name__ == "__main__":
    main()
