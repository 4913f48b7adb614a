"""No stranger is taken for a runtime, and none is ever signalled.

One home may be reached under two paths.
"""

import json
import pathlib
import subprocess
import sys

from case import NO_WINDOW, QUICK, CaseTest, processes, strangers
from harness import bin_dir, main
from peers import PYTHON, FakeRuntime, Victim, answer_of
from shims import SlowDisk

HOLDERS = {
    "the whole file": lambda home: ("--lock", home.lock_file),
    "the first byte": lambda home: ("--lock-byte", home.lock_file),
    "a lock of the process": lambda home: ("--posix-lock", home.lock_file),
    "a flock of the file": lambda home: ("--flock", home.lock_file),
    "a flock of the home": lambda home: ("--flock", home.path),
    "file, home and run directory": lambda home: ("--lock", home.lock_file, "--flock", home.path,
                                                  "--flock", home.run_dir),
}


class LockHolderTest(CaseTest):
    def setUp(self):
        super().setUp()
        self.holder = None
        self.home.make()
        self.home.lock_file.touch(mode=0o600)

    def hold(self, kind):
        """One at a time, also where a part of the test has failed and left the one before."""
        if self.holder is not None:
            self.holder.close()
        self.holder = self.keep(Victim(*HOLDERS[kind](self.home)))
        return self.holder

    def test_stop_signals_nobody_who_merely_holds_a_lock(self):
        for kind in HOLDERS:
            with self.subTest(kind):
                victim = self.hold(kind)
                self.home.ctl("stop", *QUICK, "--timeout", "1s")
                self.home.ctl("stop", "--force", *QUICK, "--timeout", "1s")
                self.assertEqual([], victim.signals())

    def test_what_needs_the_lock_waits_for_it_and_gives_up(self):
        for command in (["start", *NO_WINDOW], ["ensure", *NO_WINDOW], ["restart", *NO_WINDOW], ["cleanup"]):
            with self.subTest(command[0]):
                victim = self.hold("the first byte")
                document = self.assert_failure(self.home.ctl(*command, "--timeout", "1s", "--json"), 124)
                self.assertIn(str(victim.pid), document["error"]["message"])
                self.assertEqual([], victim.signals())
        self.assertEqual([], self.home.runtimes())

    def test_a_start_goes_on_when_the_holder_leaves(self):
        victim = self.hold("the first byte")
        starting = self.home.spawn_ctl("start", *NO_WINDOW)
        self.assertTrue(self.stays(lambda: starting.process.poll() is None, 0.5))
        self.assertEqual([], victim.signals())
        self.assert_exit(0, starting.finish())
        self.home.serving = True

    def test_holond_gives_up_soon(self):
        for kind in ("the first byte", "a flock of the home"):
            with self.subTest(kind):
                victim = self.hold(kind)
                self.assert_exit(1, self.home.holond())
                self.assertEqual([], victim.signals())

    def test_a_holder_without_the_mark_is_no_runtime(self):
        for kind in HOLDERS:
            with self.subTest(kind):
                victim = self.hold(kind)
                self.assert_state("stopped")
                self.assertEqual([], victim.signals())

    def test_status_names_the_holder(self):
        victim = self.hold("the whole file")
        self.assertIn(str(victim.pid), self.assert_state("stopped")["message"])

    def test_a_holder_beside_files_of_a_dead_runtime(self):
        self.home.start()
        self.home.kill_runtime()
        self.home.leaves_files = True
        victim = self.hold("the first byte")
        self.assert_state("stale")
        self.home.ctl("stop", *QUICK, "--timeout", "1s")
        self.assertEqual([], victim.signals())

    def test_a_start_that_cleans_up_is_not_signalled_by_a_stop_beside_it(self):
        self.home.leaves_files = True
        slow = SlowDisk(self.home, "open", "daemon.json", program="holonctl", from_the_start=False)
        starting = self.home.spawn_ctl("start", "--stability-window", "60s", env=slow.environment)
        processes.wait_until(lambda: self.home.socket.exists() and self.home.pid_file.exists(), "it serves")
        self.assert_exit(0, self.home.ctl("wait", "--for", "ready"))
        slow.become_slow()
        self.home.kill_runtime()
        processes.wait_until(lambda: slow.calls() or starting.process.poll() is not None, "it cleans up")
        result = self.home.ctl("stop", "--term-timeout", "2s", "--timeout", "2s", "--json")
        self.assertNotRegex(result.out, rf"SIG[A-Z]+[^\"]*pid {starting.pid}\b")
        slow.become_fast()
        self.assert_exit(1, starting.finish())


class CopyTest(CaseTest):
    """Files that speak of a process are no proof of it."""

    def test_a_copy_of_a_home_is_no_handle_on_its_runtime(self):
        started = self.home.start()
        copy = self.new_home()
        copy.leaves_files = True
        subprocess.run(["cp", "-a", self.home.path, copy.path], check=True)
        for command in (["stop", *QUICK], ["stop", "--force", *QUICK], ["cleanup"]):
            copy.ctl(*command, "--timeout", "3s")
            self.assert_state("running", pid=started["pid"], instance_id=started["instance_id"])

    def test_a_copied_run_directory_beside_a_suspended_runtime(self):
        started = self.home.start()
        copy = self.new_home().make()
        copy.leaves_files = True
        processes.remove_tree(copy.run_dir)
        subprocess.run(["cp", "-a", self.home.run_dir, copy.run_dir], check=True)
        self.home.suspend_runtime()
        copy.ctl("stop", "--force", *QUICK, "--timeout", "3s")
        self.assertEqual("T", processes.state_of(started["pid"]))

    def test_a_copied_home_starts_a_runtime_of_its_own(self):
        started = self.home.start()
        copy = self.new_home()
        subprocess.run(["cp", "-a", self.home.path, copy.path], check=True)
        self.assertNotEqual(started["pid"], copy.start()["pid"])
        copy.stop()
        self.assert_state("running", pid=started["pid"])


@strangers.needs_root
class StrangerTest(CaseTest):
    """Another user stands at the socket's path, in a folder where anybody may make files."""

    def setUp(self):
        super().setUp()
        self.path = self.home.root / "x.sock"

    def meet(self, owner):
        """The options of the owner's commands, and the answer that would pass for the runtime's."""
        self.share_home(owner)
        self.home.make()
        return {"home": True, **(strangers.as_user(owner) if owner else {})}

    def assert_foreign(self, result):
        """Or refused as a path at which anybody may stand."""
        if result.json["ok"]:
            self.assert_status("foreign", result)
        self.assertIn(result.exit, (2, 4, 6), str(result))

    def test_whoever_answers_with_another_uid_is_foreign(self):
        for owner in (0, strangers.ANOTHER):
            for phase in ("PHASE_READY", "PHASE_STARTING", "PHASE_DRAINING"):
                with self.subTest(owner=owner, phase=phase):
                    options = self.meet(owner)
                    self.path.unlink(missing_ok=True)
                    fake = self.keep(FakeRuntime(
                        self.home, answer_of(self.home, phase=phase, socket_path=str(self.path)),
                        "--socket", self.path, "--uid", strangers.STRANGER))
                    at = ("--socket", self.path)
                    self.assert_foreign(self.home.status(*at, **options))
                    for goal in ("ready", "idle"):
                        waited = self.home.ctl("wait", "--for", goal, "--timeout", "500ms", *at, **options)
                        self.assertNotEqual(0, waited.exit, str(waited))
                    for command in (["stop"], ["stop", "--force"], ["restart", *NO_WINDOW], ["ensure", *NO_WINDOW]):
                        result = self.home.ctl(*command, *at, **options)
                        self.assertNotEqual(0, result.exit, str(result))
                    self.assertTrue(fake.is_alive())
                    fake.close()

    def test_it_is_foreign_beside_a_record_that_names_it_too(self):
        options = self.meet(0)
        fake = self.keep(FakeRuntime(self.home, answer_of(self.home, socket_path=str(self.path)),
                                     "--socket", self.path, "--record", self.home.record_file,
                                     "--uid", strangers.STRANGER))
        self.home.leaves_files = True
        self.assert_foreign(self.home.status("--socket", self.path, **options))
        self.home.ctl("stop", "--force", "--socket", self.path, *QUICK, **options)
        self.assertTrue(fake.is_alive())

    def test_a_silent_stranger_is_foreign(self):
        options = self.meet(strangers.ANOTHER)
        victim = self.keep(Victim("--listen", self.path, "--uid", strangers.STRANGER))
        self.assert_foreign(self.home.status("--socket", self.path, **options))
        self.home.ctl("stop", "--force", "--socket", self.path, *QUICK, **options)
        self.assertEqual([], victim.signals())

    def test_root_may_look_at_a_users_runtime_and_stop_it(self):
        user = self.meet(strangers.ANOTHER)
        self.assert_exit(0, self.home.ctl("start", *NO_WINDOW, **user))
        self.assert_state("running")
        self.assert_exit(0, self.home.ctl("stop"))
        self.assert_nothing_left()


@strangers.needs_pid_namespaces
class ReusedPidTest(CaseTest):
    def test_nobody_is_signalled_who_merely_has_the_pid_of_a_former_listener(self):
        """A listener leaves its socket to a child and ends; a bystander gets its pid; the child names that pid."""
        self.home.root.chmod(0o1777)
        self.home.leaves_files = True
        script = pathlib.Path(__file__).with_name("reused_pid.py")
        for uid in (strangers.STRANGER, 0):
            for recorded in ("", "recorded"):
                with self.subTest(uid=uid, recorded=recorded):
                    done = subprocess.run([*strangers.APART, PYTHON, script, bin_dir(), self.home.root, str(uid),
                                           recorded], env=self.home.environment(), capture_output=True, timeout=100,
                                          text=True, check=False)
                    self.assertEqual(0, done.returncode, done.stderr)
                    said = json.loads(done.stdout)
                    if said["skip"]:
                        self.skipTest(said["skip"])
                    self.assertEqual([], said["signals"], said)


class AliasTest(CaseTest):
    """One home under two paths: its runtime is no stranger there, and ensure changes nothing."""

    def assert_same(self, alias, started):
        result = self.home.ctl("--home", alias, "status", "--json", home=False)
        self.assert_contains({"state": "running", "instance_id": started["instance_id"]}, result.json)
        for command in ("start", "ensure"):
            self.assert_exit(0, self.home.ctl("--home", alias, command, *NO_WINDOW, home=False))
        self.assert_state("running", instance_id=started["instance_id"], pid=started["pid"])
        self.assert_exit(0, self.home.ctl("--home", alias, "stop", home=False))
        self.home.serving = False
        self.assert_nothing_left()

    def test_a_symbolic_link(self):
        started = self.home.start()
        alias = self.home.root / "alias"
        alias.symlink_to(self.home.path)
        self.assert_same(alias, started)

    @strangers.needs_root
    def test_a_bind_mount(self):
        started = self.home.start()
        alias = self.home.root / "alias"
        alias.mkdir()
        self.addCleanup(strangers.unmount, alias)
        strangers.mount("--bind", self.home.path, alias)
        self.assert_same(alias, started)
        strangers.unmount(alias)

    @strangers.needs_root
    def test_a_bind_mount_of_a_folder_above_it(self):
        started = self.home.start()
        alias = pathlib.Path(self.new_home().root)
        self.addCleanup(strangers.unmount, alias)
        strangers.mount("--bind", self.home.root, alias)
        try:
            self.assert_same(alias / "home", started)
        finally:
            strangers.unmount(alias)

    @strangers.needs_root
    def test_a_suspended_runtime_through_a_bind_mount(self):
        self.home.start()
        pid = self.home.suspend_runtime()
        alias = self.home.root / "alias"
        alias.mkdir()
        self.addCleanup(strangers.unmount, alias)
        strangers.mount("--bind", self.home.path, alias)
        status = self.home.ctl("--home", alias, "status", "--json", home=False)
        self.assert_contains({"state": "unresponsive", "pid": pid}, status.json)
        started = self.home.ctl("--home", alias, "start", *NO_WINDOW, home=False)
        self.assert_exit(4, started)
        strangers.unmount(alias)


class TracedTest(CaseTest):
    def test_a_runtime_that_a_debugger_holds_is_unresponsive_and_can_be_stopped(self):
        pid = self.home.start()["pid"]
        debugger = subprocess.Popen([sys.executable, "-c", """
import ctypes, os, sys
libc, pid = ctypes.CDLL(None), int(sys.argv[1])
libc.ptrace(16, pid, 0, 0)
os.waitpid(pid, 0x40000000)
print("attached", flush=True)
while os.WIFSTOPPED(os.waitpid(pid, 0x40000000)[1]):
    pass
""", str(pid)], stdout=subprocess.PIPE)
        self.addCleanup(debugger.stdout.close)
        self.addCleanup(debugger.wait)
        self.addCleanup(debugger.kill)
        self.assertEqual(b"attached\n", debugger.stdout.readline())
        self.assert_state("unresponsive", pid=pid)
        self.home.stop("--term-timeout", "300ms")
        self.assert_state("stopped")


if __name__ == "__main__":
    main()
