"""Who is running: every row of the verdict table, with real processes on both ends.

    lock held or free × what stands at the socket → verdict, exit code, and what start and stop make of it
"""

import os
import signal
import socket
import time

import processes
import strangers
import stubs
from commands import Running
from harness import NO_WINDOW, HolonTest, bin_dir, main
from peers import FakeRuntime, Peer, Victim, answer_of, owning
from processes import claims


def threads_of(pid):
    return len(os.listdir(f"/proc/{pid}/task"))


class VerdictTest(HolonTest):
    def setUp(self):
        super().setUp()
        self.home.make()
        self.home.leaves_files = True

    def fake(self, *options, **fields):
        """A runtime of this home that answers; `options` say what it holds."""
        return self.keep(FakeRuntime(self.home, answer_of(self.home, **fields), *options))

    def peer(self, mode, *options):
        return self.keep(Peer(mode, *([] if mode == "absent" else [self.home.socket]), *options))

    def holder(self):
        """Holds the lock as a living runtime does, with a record, and has no socket."""
        return self.peer("absent", *owning(self.home), "--home", self.home.path)

    def assert_start_refused(self, reason):
        before = self.home.runtimes()
        document = self.assert_failure(self.home.ctl("start", "--json", *NO_WINDOW), 4, reason)
        self.assertEqual("failed", document["action"])
        self.assert_complete(document)
        self.assertEqual(before, self.home.runtimes())

    def assert_stop_refused(self, reason, helper):
        document = self.assert_failure(self.home.ctl("stop", "--json"), 4, reason)
        self.assertTrue(document["advice"])
        self.assertTrue(helper.is_alive())


class ExitCodeTest(HolonTest):
    """status --exit-code: what a script wants to know."""

    def ask(self, *arguments):
        return self.home.ctl("status", "--exit-code", *arguments).exit

    def test_it_tells_healthy_from_everything_else(self):
        self.assertEqual(3, self.ask())
        self.home.start()
        self.assertEqual(0, self.ask())
        self.assertEqual(5, self.ask("--set", "log.level=debug"))
        self.assertEqual(0, self.home.ctl("status", "--set", "log.level=debug").exit)
        self.assertEqual(4, self.ask("--set", "http_addr=nonsense"))
        self.home.suspend_runtime()
        self.assertEqual(4, self.ask())
        self.home.leaves_files = True
        self.home.kill_runtime()
        self.assertEqual(1, self.ask())

    def test_a_degraded_runtime_is_no_healthy_one(self):
        self.home.start("--set", "control_addr=127.0.0.1:0", "--set", "control_auth_mode=disabled")
        same = ("--set", "control_addr=127.0.0.1:0", "--set", "control_auth_mode=disabled")
        self.assertEqual(1, self.ask(*same))
        self.assertIn("● running, degraded", self.home.ctl("status", *same).out)
        self.assertIn("● running, degraded", self.home.ctl("list").out)
        yellow = self.home.ctl("status", "--color", "always", *same).out
        self.assertTrue(yellow.startswith("\x1b[33m● running, degraded"), yellow)

    def test_a_watch_has_no_end_to_tell_by(self):
        self.assert_exit(2, self.home.ctl("status", "--exit-code", "--watch"))


class HeldAndOursTest(VerdictTest):
    def test_ready_is_running(self):
        self.home.start()
        self.home.leaves_files = False
        self.assert_state("running", phase="ready", control_connectivity=True)

    def test_starting_is_starting(self):
        fake = self.fake(*owning(self.home), phase="PHASE_STARTING", healthy=False)
        self.assert_state("starting", phase="starting", pid=fake.pid, healthy=False)

    def test_draining_is_stopping(self):
        fake = self.fake(*owning(self.home), phase="PHASE_DRAINING", healthy=False)
        self.assert_state("stopping", phase="draining", pid=fake.pid)

    # Case: runtime activity summary reports waiting runtime; status reports waiting activity.
    def test_what_agents_do_is_told_in_numbers_and_in_a_sentence(self):
        answer = answer_of(self.home)
        answer.activity.state = 2
        answer.activity.active_agents, answer.activity.waiting_agents = 3, 2
        answer.activity.active_tasks = 5
        self.keep(FakeRuntime(self.home, answer, *owning(self.home)))
        status = self.assert_state("running")
        self.assertEqual({"state": "waiting", "active_agents": 3, "active_tasks": 5,
                          "processing_agents": 0, "waiting_agents": 2}, status["activity"])
        self.assertIn("5", status["message"])

    # Case: runtime status response decodes without activity field.
    def test_an_answer_without_activity_will_do(self):
        answer = answer_of(self.home)
        answer.ClearField("activity")
        self.keep(FakeRuntime(self.home, answer, *owning(self.home)))
        self.assert_state("running", activity=None)

    # Case: status reports last runtime failure. A failure of an earlier generation is said to be one.
    def test_the_last_failure_says_whether_it_is_this_generations(self):
        answer = answer_of(self.home)
        answer.last_failure.summary = "a turn ended badly"
        answer.last_failure.occurred_at.GetCurrentTime()
        answer.last_failure.phase = 2
        answer.last_failure.instance_id = answer.instance_id
        own = FakeRuntime(self.home, answer, *owning(self.home))
        failure = self.assert_state("running")["last_failure"]
        own.close()
        self.assertEqual((True, "runtime", "a turn ended badly"),
                         (failure["this_generation"], failure["phase"], failure["summary"]))
        answer.last_failure.instance_id = "an earlier one"
        self.home.socket.unlink()
        self.keep(FakeRuntime(self.home, answer, *owning(self.home)))
        self.assertIs(False, self.assert_state("running")["last_failure"]["this_generation"])

    def test_a_socket_that_is_about_to_appear_is_waited_for(self):
        runtime = self.keep(FakeRuntime(self.home, answer_of(self.home), *owning(self.home),
                                        "--await-go", ready="locked"))
        looking = self.home.spawn_ctl("status", "--json")
        runtime.go()
        self.assert_status("running", looking.finish(), pid=runtime.pid)

    def test_the_record_knows_better_than_the_caller_where_the_socket_is(self):
        elsewhere = self.home.root / "elsewhere.sock"
        started = self.home.start("--socket", elsewhere)
        self.home.leaves_files = False
        status = self.assert_state("running", socket_path=str(elsewhere), pid=started["pid"])
        self.assertFalse(status["config_fingerprint_match"])
        self.home.stop()
        self.assertFalse(elsewhere.exists())


class HeldAndNotOursTest(VerdictTest):
    def assert_unresponsive(self, pid):
        status = self.assert_state("unresponsive", healthy=False, control_connectivity=False,
                                   pid=pid, stale_files=[], config_fingerprint_match=None)
        self.assertIn(str(pid), status["message"])
        self.assert_start_refused("UNRESPONSIVE")

    def test_suspended_is_unresponsive(self):
        started = self.home.start()
        self.home.leaves_files = False
        pid = self.home.suspend_runtime()
        self.assert_unresponsive(pid)
        status = self.assert_state("unresponsive", instance_id=started["instance_id"])
        self.assertEqual(started["runtime_config_fingerprint"],
                         status["runtime_config_fingerprint"])
        processes.kill(pid, signal.SIGCONT)
        self.assert_state("running")

    def test_an_interrupt_ends_a_look_at_once(self):
        self.home.start()
        self.home.leaves_files = False
        self.home.suspend_runtime()
        for command in ("status", "stop", "start"):
            with self.subTest(command):
                looking = self.home.spawn_ctl(command, "--json")
                processes.wait_until(lambda: threads_of(looking.pid) > 2, "it asks the runtime")
                begun = time.monotonic()
                result = looking.interrupt()
                self.assert_failure(result, 130, "INTERRUPTED")
                self.assertLess(time.monotonic() - begun, 0.6, str(result))

    def test_a_look_takes_no_longer_than_its_caller_has_time(self):
        self.home.start()
        self.home.leaves_files = False
        self.home.suspend_runtime()
        for command, code in ((("wait", "--for", "ready"), 124), (("status",), 4)):
            with self.subTest(command):
                begun = time.monotonic()
                self.assert_exit(code, self.home.ctl(*command, "--timeout", "200ms"))
                self.assertLess(time.monotonic() - begun, 0.7)

    def test_silent_is_unresponsive(self):
        self.assert_unresponsive(
            self.peer("silent", *owning(self.home), "--home", self.home.path).pid)

    # Case: probe runtime reports running when socket refuses but pid alive. Ours: judged by lock and
    # identity, and called unresponsive.
    def test_refusing_is_unresponsive(self):
        holder = self.holder()
        self.peer("refusing")
        self.assert_unresponsive(holder.pid)

    # Case: probe runtime reports running when socket missing but pid alive. Likewise.
    def test_a_missing_socket_is_unresponsive(self):
        self.assert_unresponsive(self.holder().pid)

    def test_a_full_backlog_is_unresponsive(self):
        holder = self.holder()
        self.peer("full")
        self.assert_unresponsive(holder.pid)

    def test_a_regular_file_is_unresponsive(self):
        holder = self.holder()
        self.home.socket.write_text("precious", encoding="utf-8")
        self.assert_unresponsive(holder.pid)
        self.assertEqual("precious", self.home.socket.read_text(encoding="utf-8"))

    def test_somebody_elses_answer_is_unresponsive(self):
        holder = self.holder()
        self.peer("garbage")
        self.assert_unresponsive(holder.pid)

    def test_a_holon_of_another_home_is_unresponsive_and_named(self):
        holder = self.holder()
        self.fake(home_dir="/somewhere/else")
        self.assert_unresponsive(holder.pid)
        self.assertIn("/somewhere/else", self.assert_state("unresponsive")["message"])

    def test_the_locks_holder_is_found_without_record_and_pid_file(self):
        holder = self.peer("absent", "--lock", self.home.lock_file)
        self.assert_unresponsive(holder.pid)

    def test_the_sockets_peer_is_found_without_record_and_pid_file(self):
        started = self.home.start()
        self.home.leaves_files = False
        pid = self.home.suspend_runtime()
        self.home.record_file.unlink()
        self.home.pid_file.unlink()
        self.assert_state("unresponsive", pid=pid)
        processes.kill(pid, signal.SIGCONT)
        self.assert_state("running", pid=pid, instance_id=started["instance_id"])


class IncompatibleTest(VerdictTest):
    def test_another_major_with_the_lock(self):
        fake = self.fake(*owning(self.home), contract_version="2.0")
        self.assert_refused_but_explained(fake)

    def test_another_major_without_the_lock(self):
        self.assert_refused_but_explained(self.fake(contract_version="2.0"))

    def assert_refused_but_explained(self, fake):
        message = self.assert_state("incompatible", healthy=False)["message"]
        self.assertIn("2.0", message)
        self.assert_start_refused("INCOMPATIBLE")
        self.assert_stop_refused("INCOMPATIBLE", fake)

    # Case: daemon stop surfaces incompatible status probe guidance.
    def test_stop_says_how_to_stop_it_all_the_same(self):
        self.fake(*owning(self.home), contract_version="2.0")
        document = self.assert_failure(self.home.ctl("stop", "--json"), 4, "INCOMPATIBLE")
        self.assertIn("--force", document["next_command"])

    def test_an_undecodable_answer(self):
        for held in ([], ["--lock", self.home.lock_file]):
            with self.subTest(held):
                fake = self.keep(FakeRuntime(self.home, b"\xff\xff\xff", *held))
                self.assert_state("incompatible")
                self.assert_start_refused("INCOMPATIBLE")
                fake.close()
                self.home.socket.unlink()

    def test_a_newer_minor_of_our_major_is_ours(self):
        self.fake(*owning(self.home), contract_version="1.999", version="1.999.0")
        self.assert_state("running", version="1.999.0")


class FreeTest(VerdictTest):
    def test_a_runtime_that_lost_its_lock_file_runs(self):
        started = self.home.start()
        self.home.leaves_files = False
        self.home.lock_file.unlink()
        self.assert_state("running", instance_id=started["instance_id"])
        again = self.assert_lifecycle(self.home.ctl("start", "--json"), "already_running")
        self.assertEqual(started["instance_id"], again["instance_id"])

    def test_a_second_holond_gives_way_to_one_that_lost_its_lock_file(self):
        started = self.home.start()
        self.home.leaves_files = False
        self.home.lock_file.unlink()
        result = self.home.holond()
        self.assertNotEqual(0, result.exit)
        self.assertIn(started["instance_id"], result.err)
        self.assert_state("running", instance_id=started["instance_id"])

    def test_a_suspended_runtime_that_lost_its_lock_file_is_unresponsive(self):
        self.home.start()
        self.home.leaves_files = False
        pid = self.home.suspend_runtime()
        self.home.lock_file.unlink()
        self.assert_state("unresponsive", pid=pid)
        # Nor does a fresh lock make room for a second one.
        self.assertNotEqual(0, self.home.holond().exit)
        self.assert_start_refused("UNRESPONSIVE")
        processes.kill(pid, signal.SIGCONT)

    def test_silent_and_recorded_is_unresponsive(self):
        peer = self.peer("silent", "--record", self.home.record_file, "--home", self.home.path)
        self.assert_state("unresponsive", pid=peer.pid)
        self.assert_start_refused("UNRESPONSIVE")

    def test_silent_is_foreign_where_the_recorded_process_is_another(self):
        victim = self.keep(Victim())
        self.home.write_record(claims.record(victim.pid, self.home.path, self.home.socket))
        peer = self.peer("silent")
        self.assert_state("foreign")
        self.assert_stop_refused("FOREIGN", peer)
        self.assertEqual([], victim.signals())


class ForeignTest(VerdictTest):
    # Case: daemon stop refuses foreign socket cleanup.
    def test_whoever_listens_and_is_no_holon(self):
        for mode in ("silent", "garbage", "hangup", "full"):
            with self.subTest(mode=mode):
                peer = self.peer(mode)
                inode = self.home.socket.stat().st_ino
                self.assert_state("foreign", control_connectivity=False)
                self.assert_start_refused("FOREIGN")
                self.assert_stop_refused("FOREIGN", peer)
                self.assertEqual(inode, self.home.socket.stat().st_ino)
                peer.close()
                self.home.socket.unlink()

    def test_the_socket_of_a_service_manager_is_nobodys_and_stays(self):
        self.peer("silent", "--name", "systemd")
        inode = self.home.socket.stat().st_ino
        self.assert_state("stopped")
        self.assert_lifecycle(self.home.ctl("stop", "--json"), "already_stopped")
        result = self.home.ctl("start", "--json")
        self.assertIn("through systemd", self.assert_failure(result, 4)["error"]["message"])
        self.assertEqual(inode, self.home.socket.stat().st_ino)
        self.home.leaves_files = True

    # Case: runtime status metadata match rejects foreign runtime.
    def test_a_holon_of_another_home(self):
        fake = self.fake(home_dir="/somewhere/else")
        self.assertIn("/somewhere/else", self.assert_state("foreign")["message"])
        self.assert_start_refused("FOREIGN")
        self.assert_stop_refused("FOREIGN", fake)

    def test_a_holon_whose_home_has_the_same_path_elsewhere(self):
        """As from another mount namespace: the path is the same text, the directory is another one."""
        info = self.home.path.stat()
        fake = self.fake(home_device=info.st_dev, home_inode=info.st_ino + 1)
        self.assertIn("another directory", self.assert_state("foreign")["message"])
        self.assert_start_refused("FOREIGN")
        self.assert_stop_refused("FOREIGN", fake)

    def test_an_answer_that_names_the_directory_counts_more_than_its_path(self):
        info = self.home.path.stat()
        fake = self.fake(home_dir="/elsewhere", home_device=info.st_dev, home_inode=info.st_ino)
        self.assert_state("running", pid=fake.pid)

    @strangers.needs_root
    def test_a_runtime_of_another_mount_namespace_with_the_same_home_path(self):
        other, shared = self.home.root / "other", self.home.root / "shared"
        for folder in (other, shared):
            folder.mkdir(mode=0o700)
        address = ("--socket", shared / "s.sock")
        script = f"mount --bind '{other}' '{self.home.path}' && exec \"$@\""
        apart = Running(["unshare", "--mount", "sh", "-c", script, "-", str(bin_dir() / "holond"),
                         "--home", str(self.home.path), *map(str, address)],
                        env=self.home.environment(), cwd=self.home.root)
        self.home.commands.append(apart)
        processes.wait_until((other / "run" / "daemon.json").exists, "the other runtime answers")
        self.assert_status("foreign", self.home.status(*address))
        self.assert_failure(self.home.ctl("stop", "--json", *address), 4, "FOREIGN")
        self.assertIsNone(apart.process.poll())
        apart.signal(signal.SIGTERM)
        self.assert_exit(0, apart.finish())

    # Case: probe runtime treats non-socket path as stale. Ours: foreign, explained, and never deleted.
    def test_what_is_no_socket_is_never_deleted(self):
        def regular():
            self.home.socket.write_text("precious", encoding="utf-8")

        def linked():
            target = self.home.root / "precious"
            target.write_text("precious", encoding="utf-8")
            self.home.socket.symlink_to(target)

        for make in (regular, self.home.socket.mkdir, lambda: os.mkfifo(self.home.socket), linked):
            make()
            before = self.home.socket.lstat()
            kind = (before.st_mode, before.st_ino, before.st_size, before.st_mtime_ns)
            with self.subTest(mode=oct(before.st_mode)):
                status = self.assert_state("foreign")
                self.assertIn(status["socket_path"], status["message"])
                self.assert_start_refused("FOREIGN")
                self.assert_failure(self.home.ctl("stop", "--json"), 4, "FOREIGN")
                self.assertNotEqual(0, self.home.holond().exit)
                after = self.home.socket.lstat()
                self.assertEqual(kind, (after.st_mode, after.st_ino, after.st_size, after.st_mtime_ns))
            os.rmdir(self.home.socket) if self.home.socket.is_dir() else self.home.socket.unlink()

    def test_a_datagram_socket(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.bind(str(self.home.socket))
            self.assert_state("foreign")
            self.assert_start_refused("FOREIGN")
        self.assertTrue(self.home.socket.exists())


class NobodyTest(VerdictTest):
    # Case: daemon status surfaces dead pid and leftover socket as stale.
    def test_dead_with_files_left_over_is_stale(self):
        self.home.start()
        files = self.home.lifecycle_files()
        pid = self.home.pid()
        self.home.kill_runtime()
        status = self.assert_state("stale", healthy=False, control_connectivity=False, pid=pid)
        self.assertEqual(files, set(status["stale_files"]))
        for file in files:
            self.assertIn(file, self.home.ctl("status").out)

    def test_any_one_of_the_three_files_is_stale(self):
        def dead_socket():
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
                listener.bind(str(self.home.socket))

        def pid_file():
            self.home.pid_file.write_text("4194304\n", encoding="ascii")

        def record():
            self.home.write_record(claims.record(os.getpid(), self.home.path, self.home.socket,
                                                 identity={"pid": 4194304, "boot_id": "gone"}))

        for make in (dead_socket, pid_file, record):
            with self.subTest(file=make.__name__):
                make()
                left = self.home.lifecycle_files()
                self.assertEqual(left, set(self.assert_state("stale")["stale_files"]))
                document = self.assert_lifecycle(self.home.ctl("stop", "--json"), "cleaned")
                self.assertEqual("stopped", document["state"])
                self.assertEqual(set(), self.home.lifecycle_files())

    def test_nothing_left_over_is_stopped(self):
        self.assert_state("stopped", pid=None, instance_id=None, stale_files=[], last_failure=None,
                          runtime_config_fingerprint=None, config_fingerprint_match=None)

    def test_a_lock_file_that_nobody_holds_is_no_leftover(self):
        os.close(claims.lock(self.home.lock_file))
        self.assert_state("stopped")

    def test_a_zombie_is_dead(self):
        holond = self.home.spawn_holond()
        self.assert_exit(0, self.home.ctl("wait", "--for", "ready"))
        # Nobody has reaped it yet: it is our child.
        os.kill(holond.pid, signal.SIGKILL)
        processes.wait_until(lambda: processes.state_of(holond.pid) == "Z", "it is a zombie")
        self.assert_state("stale")
        self.assert_lifecycle(self.home.ctl("stop", "--json"), "cleaned")
        self.assert_exit(128 + signal.SIGKILL, holond.finish())


class ReadinessTest(HolonTest):
    # Case: readiness omits activity summary; runtime status response decodes startup surface without
    # callback base url.
    def test_readiness_says_the_same_as_status_in_less(self):
        self.home.start()
        channel, control = stubs.control(self.home.socket)
        with channel:
            ready = control.Readiness(stubs.message("ReadinessRequest")(), timeout=30)
            status = control.RuntimeStatus(stubs.message("RuntimeStatusRequest")(), timeout=30)
        self.assertNotIn("activity", ready.DESCRIPTOR.fields_by_name)
        for field in ready.DESCRIPTOR.fields_by_name:
            self.assertEqual(getattr(status, field), getattr(ready, field), field)


if __name__ == "__main__":
    main()
