"""Processes that a command starts, waits for, and ends; orders that are out of range; and what is recorded of it."""

import json
import os
import signal
import socket
import subprocess
import time

from case import NO_WINDOW, CaseTest, processes, strangers
from harness import bin_dir, main
from peers import binaries_beside, use_fake_holond
from shims import refusing


# More than any test takes.
EXTENDED_SECONDS = 2 * processes.HANG_SECONDS


class CrashTest(CaseTest):
    def test_a_crash_within_the_stability_window_is_recorded_once(self):
        for number in (signal.SIGSEGV, signal.SIGKILL, signal.SIGABRT):
            with self.variant(number.name):
                before = len(self.failures()) if self.home.path.exists() else 0
                starting = self.home.spawn_ctl("start", "--stability-window", "60s")
                self.assert_exit(0, self.home.ctl("wait", "--for", "ready", "--timeout", "20s"))
                instance = self.home.record()["instance_id"]
                os.kill(self.home.pid(), number)
                self.assert_exit(1, starting.finish())
                self.home.start()
                failures = self.failures()
                self.assertEqual(before + 1, len(failures), failures)
                self.assertEqual(instance, failures[0]["instance_id"])
                self.home.stop()

    def test_a_crash_later_is_recorded_once_by_many_looks(self):
        self.home.start()
        os.kill(self.home.pid(), signal.SIGSEGV)
        processes.wait_until(lambda: not self.home.runtimes(), "it has ended")
        self.home.many(4, "status")
        self.home.start()
        self.assertEqual(1, len(self.failures()))

    def test_a_start_that_loses_no_words_of_a_wrapper(self):
        self.home.bin = binaries_beside(
            self.home.root / "bin", "#!/bin/sh\nhead -c 100000 /dev/zero | tr '\\0' x\necho boom >&2\nexit 9\n")
        result = self.home.ctl("start", *NO_WINDOW, "--json")
        document = self.assert_failure(result, 1)
        self.assertIn("9", document["error"]["message"])


class DrainTimeoutTest(CaseTest):
    def test_more_than_is_granted_is_a_mistake_of_usage_and_signals_nobody(self):
        pid = self.home.start()["pid"]
        for command in (["stop"], ["restart", *NO_WINDOW], ["stop", "--force"]):
            for length in ("2h", "61m", "3601s", "100000h"):
                with self.subTest(command=command, length=length):
                    self.assert_exit(2, self.home.ctl(*command, "--drain-timeout", length))
                    self.assertTrue(processes.is_alive(pid))
        self.assert_state("running", pid=pid)
        self.home.stop("--drain-timeout", "1h")


class ThreadsTest(CaseTest):
    @strangers.needs_root
    @strangers.needs("prlimit")
    def test_a_runtime_that_can_have_no_further_thread_ends_cleanly(self):
        self.share_home(strangers.STRANGER)
        user = {**strangers.as_user(strangers.STRANGER), "env": {"HOME": str(self.home.root)}}
        for end in (lambda running: running.signal(signal.SIGTERM), lambda _: self.home.ctl("stop", **user)):
            running = self.home.spawn_holond(**user)
            self.assert_exit(0, self.home.ctl("wait", "--for", "ready", "--timeout", "30s", **user))
            subprocess.run(["prlimit", "--pid", str(running.pid), "--nproc=1:1"], check=True,
                           **strangers.as_user(strangers.STRANGER))
            end(running)
            self.assert_exit(0, running.finish())
            self.assert_nothing_left()
            failures = self.home.ctl("failures", "--json", **user).json["failures"]
            self.assertEqual([], failures)

    def test_a_holonctl_that_can_have_none_says_so_and_ends(self):
        pid = self.home.start()["pid"]
        none = refusing(pthread_create="EAGAIN")
        for command in (["status"], ["stop"], ["start", *NO_WINDOW], ["wait", "--for", "ready", "--timeout", "1s"]):
            with self.subTest(command[0]):
                result = self.home.ctl(*command, env=none)
                self.assert_exit(1, result)
                self.assertIn("cannot start a thread", result.err)
        self.assert_state("running", pid=pid)

@strangers.needs_root
class NotifyFloodTest(CaseTest):
    FLOOD = """
import os, socket, sys
os.setgroups([]); os.setgid(12345); os.setuid(12345)
flood = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
print("ready", flush=True)
while True:
    for line in open("/proc/net/unix", errors="replace").read().splitlines()[1:]:
        words = line.split()
        if len(words) < 8 or words[4] != "0002":
            continue
        try:
            while True:
                flood.sendto(b"READY=1", "\\0" + words[7][1:] if words[7][0] == "@" else words[7])
        except OSError:
            pass
"""

    def test_another_user_cannot_make_a_start_fail(self):
        apart = ("unshare", "--net")
        if subprocess.run([*apart, "true"], check=False).returncode:
            self.skipTest("no network namespace of its own can be had")
        # Everything in one namespace, so that nobody else is flooded.
        script = ('for i in 1 2 3 4; do /usr/bin/python3 -c "$FLOOD" & floods="$floods $!"; done; '
                  "trap 'kill $floods; wait' EXIT; sleep 1; for i in 1 2 3 4 5 6 7 8; do "
                  f'"$0" --home "$1" start {" ".join(NO_WINDOW)} --start-timeout 4s || exit 1; '
                  '"$0" --home "$1" stop || exit 2; done')
        errors = self.home.root / "errors"
        with open(errors, "wb") as file:
            done = subprocess.run([*apart, "sh", "-c", script, bin_dir() / "holonctl", self.home.path],
                                  env={**self.home.environment(), "FLOOD": self.FLOOD}, check=False, timeout=100,
                                  stdout=subprocess.DEVNULL, stderr=file)
        self.home.leaves_files = done.returncode != 0
        self.assertEqual(0, done.returncode, errors.read_text(encoding="utf-8"))

    def test_a_stranger_cannot_say_ready_for_it(self):
        """Only the session that was spawned is believed."""
        use_fake_holond(self.home, "hangs")
        starting = self.home.spawn_ctl("start", *NO_WINDOW, "--start-timeout", "2s")
        processes.wait_until(self.home.runtimes, "it is spawned")
        with open(f"/proc/{self.home.runtimes()[0]}/environ", "rb") as file:
            variables = dict(word.split(b"=", 1) for word in file.read().split(b"\0") if b"=" in word)
        address = variables[b"NOTIFY_SOCKET"].decode().replace("@", "\0", 1)
        message = f"READY=1\nEXTEND_TIMEOUT_USEC={EXTENDED_SECONDS}000000"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            for _ in range(5):
                sender.sendto(message.encode(), address)
        self.assert_exit(124, starting.finish(EXTENDED_SECONDS / 2))  # A hang guard: it was not extended.
        self.assert_nothing_left()


class DisplacedTest(CaseTest):
    def test_what_is_set_aside_is_bounded(self):
        for name in ("holon.pid", "daemon.json", "holon.sock"):
            with self.variant(name):
                self.home.start()
                path = self.home.run_dir / name
                before = len(list(self.home.path.rglob("*")))
                for _ in range(120):
                    other = self.home.root / "other"
                    other.write_text("7\n", encoding="ascii")
                    other.rename(path)
                    time.sleep(0.01)
                processes.wait_until(lambda: self.home.status().json["state"] == "running", "it is healed")
                processes.wait_until(lambda: not path.is_file() or path.read_bytes() != b"7\n", "it is its own")
                self.assertLess(len(list(self.home.path.rglob("*"))), before + 33)


class AuditTest(CaseTest):
    @strangers.needs_root
    def test_half_a_line_that_a_full_disk_left_spoils_no_other(self):
        self.home.path.mkdir(mode=0o700)
        strangers.mount("-t", "tmpfs", "-o", "size=2m,mode=0700", "none", self.home.path)
        self.addCleanup(strangers.unmount, self.home.path)
        self.home.start()
        audit = self.home.run_dir / "audit.log"
        # As the full disk would leave it: a write that was cut short.
        for count, torn in enumerate((b'{"time":"2026-01-01T00:00:00', b'{"time":"2026-01-01T00:00:00Z","act')):
            with open(audit, "ab") as file:
                file.write(torn)
            self.assert_exit(0, self.home.ctl(
                "reload", "--set", f"agents.idle_timeout_ms={count + 1}", "--set", f"description=after-line-{count}"))
        whole = []
        for line in audit.read_text(encoding="utf-8").splitlines():
            try:
                whole.append(json.loads(line))
            except ValueError:
                pass
        self.assertIn("after-line-0", str(whole))
        self.assertIn("after-line-1", str(whole))
        self.home.stop()
        strangers.unmount(self.home.path)


if __name__ == "__main__":
    main()
