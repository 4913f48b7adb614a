"""The harness and the fakes themselves: what they are trusted with, they do. Needs no binaries."""

import errno
import fcntl
import os
import signal
import socket
import struct
import subprocess
import time
import unittest

import grpc

import processes
import shims
import stubs
import truth
from commands import Running
from harness import Home, HolonTest, main
from peers import FakeRuntime, Peer, Victim, answer_of, owning
from processes import claims


def connect(path):
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.setblocking(False)
    return client, client.connect_ex(str(path))


def lock_is_held(path):
    with open(path, "rb") as file:
        asked = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        answer = fcntl.fcntl(file.fileno(), fcntl.F_OFD_GETLK, asked)
    return struct.unpack("hhqqi", answer)[0] != fcntl.F_UNLCK


class HarnessTest(unittest.TestCase):
    def test_a_process_that_is_left_is_a_complaint_and_is_ended(self):
        home = Home()
        left = subprocess.Popen(["sleep", "1000"], env=home.environment(), start_new_session=True)
        processes.wait_until(lambda: left.pid in processes.of_root(home.root), "it runs")
        complaints = home.close()
        self.assertIn(str(left.pid), "".join(complaints))
        self.assertEqual(-signal.SIGKILL, left.wait())
        self.assertFalse(home.root.exists())

    def test_files_of_a_runtime_that_are_left_are_a_complaint(self):
        home = Home()
        home.make()
        home.pid_file.write_text("1\n", encoding="ascii")
        home.log_file.write_text("a log may stay\n", encoding="ascii")
        self.assertEqual([f"{home.pid_file} is left"], home.close())

    def test_a_home_that_nobody_used_is_no_complaint(self):
        self.assertEqual([], Home().close())

    def test_output_that_somebody_else_holds_open_is_a_hang(self):
        running = Running(["sh", "-c", "sleep 1000 & echo $!"])
        holder = int(running.read_line())
        with self.assertRaisesRegex(AssertionError, "held open"):
            running.finish(seconds=0.5)
        processes.kill(holder, signal.SIGKILL)

    def test_lines_are_read_as_they_come(self):
        running = Running(["sh", "-c", "echo one; echo two; echo three >&2; exit 7"])
        self.assertEqual(["one", "two", None], [running.read_line() for _ in range(3)])
        result = running.finish()
        self.assertEqual((7, "one\ntwo\n", "three\n"), (result.exit, result.out, result.err))

    def test_the_environment_that_reaches_the_product_is_clean(self):
        os.environ["HOLON_LOG_LEVEL"] = "debug"
        self.addCleanup(os.environ.pop, "HOLON_LOG_LEVEL")
        home = Home()
        self.addCleanup(home.close)
        self.assertNotIn("HOLON_LOG_LEVEL", home.environment())
        self.assertEqual("info", home.environment({"HOLON_LOG_LEVEL": "info"})["HOLON_LOG_LEVEL"])


class TruthTest(unittest.TestCase):
    HOME, OTHER = (1, 2), (1, 3)

    def runtime(self, pid=7, homes=(HOME,), suspended=False):
        return truth.Runtime(pid, frozenset(homes), suspended)

    def test_the_verdicts_that_are_true(self):
        own, suspended = self.runtime(), self.runtime(suspended=True)
        stray = self.runtime(8, [self.OTHER])
        nobody = {"stopped", "stale"}
        for what, world, expected in (
                ("nothing at all", truth.World(), nobody),
                ("a home and nobody", truth.World(self.HOME), nobody),
                ("a runtime", truth.World(self.HOME, (own,)), {"running"}),
                ("a suspended one", truth.World(self.HOME, (suspended,)), {"unresponsive"}),
                ("one of a home that was moved away", truth.World(self.HOME, (stray,)), nobody),
                ("the same where nothing stands at the path", truth.World(None, (own,)), nobody),
                ("both", truth.World(self.HOME, (own, stray)), {"running"}),
                ("a stranger listens", truth.World(self.HOME, (), True), {"foreign"}),
                ("beside a stray", truth.World(self.HOME, (stray,), True), {"foreign"}),
                ("beside a suspended one", truth.World(self.HOME, (suspended,), True), {"unresponsive"}),
                ("beside one that heals", truth.World(self.HOME, (own,), True), {"running"})):
            with self.subTest(what):
                self.assertEqual(expected, truth.states(world))

    def test_two_of_one_home_are_never_true(self):
        with self.assertRaisesRegex(AssertionError, "two runtimes"):
            truth.states(truth.World(self.HOME, (self.runtime(7), self.runtime(8))))

    def test_strays_are_those_of_another_directory(self):
        stray = self.runtime(8, [self.OTHER])
        self.assertEqual([stray], truth.World(self.HOME, (self.runtime(), stray)).strays())


class FakesTest(HolonTest):
    def setUp(self):
        super().setUp()
        self.home.make()
        self.home.leaves_files = True

    def test_a_victim_tells_of_every_signal_and_survives(self):
        victim = self.keep(Victim())
        os.kill(victim.pid, signal.SIGTERM)
        os.kill(victim.pid, signal.SIGHUP)
        processes.wait_until(
            lambda: int(processes.status_field(victim.pid, "ShdPnd"), 16) == 0, "both arrived")
        self.assertEqual({"SIGHUP", "SIGTERM"}, set(victim.signals()))

    def test_a_victim_that_was_killed_says_so(self):
        victim = self.keep(Victim())
        os.kill(victim.pid, signal.SIGKILL)
        self.assertEqual(["ended with -9"], victim.signals())

    def test_a_silent_peer_accepts(self):
        self.keep(Peer("silent", self.home.socket))
        client, error = connect(self.home.socket)
        with client:
            self.assertEqual(0, error)
            with self.assertRaises(BlockingIOError):
                client.recv(1)

    def test_a_full_backlog_takes_nobody(self):
        self.keep(Peer("full", self.home.socket))
        client, error = connect(self.home.socket)
        client.close()
        self.assertEqual(errno.EAGAIN, error)

    def test_a_refusing_peer_refuses(self):
        self.keep(Peer("refusing", self.home.socket))
        client, error = connect(self.home.socket)
        client.close()
        self.assertEqual(errno.ECONNREFUSED, error)

    def test_a_peer_can_hold_the_lock_and_write_a_record(self):
        peer = self.keep(Peer("absent", *owning(self.home), "--home", self.home.path))
        self.assertTrue(lock_is_held(self.home.lock_file))
        self.assertEqual(claims.identity(peer.pid), self.home.record()["identity"])
        peer.close()
        self.assertFalse(lock_is_held(self.home.lock_file))

    def test_who_holds_the_lock_is_seen_as_a_runtime_and_a_stranger_is_not(self):
        peer = self.keep(Peer("absent", *owning(self.home)[:2], "--name", "holond"))
        seen = truth.look_at(peer.pid)
        self.assertIn(truth.inode(self.home.path), seen.homes)
        self.assertFalse(seen.suspended)
        processes.kill(peer.pid, signal.SIGSTOP)
        self.assertTrue(truth.look_at(peer.pid).suspended)
        peer.close()
        self.assertIsNone(truth.look_at(self.keep(Victim()).pid))

    def test_a_victim_holds_what_it_is_told_to_hold(self):
        self.keep(Victim("--lock-byte", self.home.lock_file, "--flock", self.home.path, "--listen", self.home.socket))
        self.assertTrue(lock_is_held(self.home.lock_file))
        self.assertEqual(0, connect_and_close(self.home.socket))

    def test_a_slow_disk_is_slow_when_it_is_told_to_be(self):
        disk = shims.SlowDisk(self.home, "open", "a-file", 0.3, program="cat", from_the_start=False)
        file = self.home.root / "a-file"
        file.write_text("content", encoding="ascii")
        read = ["cat", file]
        subprocess.run(read, env={**os.environ, **disk.environment}, check=True, stdout=subprocess.DEVNULL)
        self.assertEqual(0, disk.calls())
        disk.become_slow()
        begun = time.monotonic()
        subprocess.run(read, env={**os.environ, **disk.environment}, check=True, stdout=subprocess.DEVNULL)
        self.assertEqual(1, disk.calls())
        self.assertGreaterEqual(time.monotonic() - begun, 0.3)

    def test_a_call_is_refused_when_it_is_named(self):
        for env, expected in ((shims.refusing(link="EPERM", linkat="EPERM"), 1), (shims.refusing(flock="EIO"), 0)):
            names = [self.home.root / name for name in ("from", "to")]
            names[0].touch()
            done = subprocess.run(["ln", *names], env={**os.environ, **env}, check=False, stderr=subprocess.DEVNULL)
            self.assertEqual(expected, done.returncode)

    def test_a_fake_runtime_answers_with_its_own_pid_and_ends_when_told(self):
        answer = answer_of(self.home, version="9.9.9")
        runtime = self.keep(FakeRuntime(self.home, answer))
        channel, control = stubs.control(self.home.socket)
        with channel:
            status = control.RuntimeStatus(stubs.message("RuntimeStatusRequest")(), timeout=30)
            watch = control.WatchRuntimeStatus(stubs.message("WatchRuntimeStatusRequest")())
            first = next(watch)
            watch.cancel()
            ended = control.Shutdown(stubs.message("ShutdownRequest")(), timeout=30)
        self.assertEqual((runtime.pid, "9.9.9"), (status.pid, status.version))
        self.assertEqual(status, first.status)
        self.assertEqual((True, answer.instance_id), (ended.shutdown_requested, ended.instance_id))
        self.assertEqual(0, runtime.wait())

    def test_an_answer_can_be_undecodable(self):
        self.keep(FakeRuntime(self.home, b"\xff\xff\xff"))
        channel, control = stubs.control(self.home.socket)
        with channel, self.assertRaises(grpc.RpcError) as caught:
            control.RuntimeStatus(stubs.message("RuntimeStatusRequest")(), timeout=30)
        self.assertEqual(grpc.StatusCode.INTERNAL, caught.exception.code())

    def test_a_fake_runtime_takes_the_lock_before_it_answers(self):
        runtime = self.keep(FakeRuntime(self.home, answer_of(self.home), *owning(self.home),
                                        "--await-go", ready="locked"))
        self.assertTrue(lock_is_held(self.home.lock_file))
        self.assertFalse(self.home.socket.exists())
        runtime.go()
        self.assertEqual(0, connect_and_close(self.home.socket))


def connect_and_close(path):
    client, error = connect(path)
    client.close()
    return error


if __name__ == "__main__":
    main()
