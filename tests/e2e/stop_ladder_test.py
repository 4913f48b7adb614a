"""Stopping: the whole ladder, its receipts, what it refuses, and what it never touches."""

import os
import shutil
import socket
import time
import unittest

import processes
import strangers
import stubs
from commands import Running
from harness import NO_WINDOW, HolonTest, bin_dir, main, outcomes
from peers import (FakeRuntime, Peer, answer_of, binaries_beside, configuration_of, owning,
                   use_fake_holond)

IMPATIENT = ("--drain-timeout", "200ms", "--term-timeout", "300ms")


class LadderTest(HolonTest):
    def test_a_healthy_runtime_is_asked_and_ends_by_itself(self):
        self.home.start()
        document = self.home.stop()
        self.assert_lifecycle_document(document, "stopped")
        steps = outcomes(document)
        self.assertEqual(["shutdown_rpc", "drain", "verify"],
                         [step for step in steps if step in
                          ("shutdown_rpc", "drain", "sigterm", "sigkill", "verify")])
        self.assertEqual({"done"}, set(steps.values()))

    def test_whoever_asked_is_in_the_log(self):
        self.home.start()
        stopping = self.home.spawn_ctl("stop")
        self.assert_exit(0, stopping.finish())
        self.home.serving = False
        self.assertIn(str(stopping.pid), self.home.log())
        self.assertIn("holonctl", self.home.log())

    def test_a_suspended_runtime_is_woken_by_the_ladder_and_ended(self):
        self.home.start()
        pid = self.home.suspend_runtime()
        document = self.home.stop()
        self.assert_lifecycle_document(document, "stopped")
        steps = outcomes(document)
        # It cannot be asked. SIGTERM comes with SIGCONT, so that SIGKILL is seldom needed.
        self.assertNotIn("drain", steps)
        self.assertIn("sigterm", steps)
        self.assertEqual("done", steps["verify"])
        self.assertFalse(processes.is_alive(pid))
        self.assert_nothing_left()

    def test_a_runtime_that_never_wakes_is_killed_and_verified(self):
        self.home.start()
        pid = self.home.suspend_runtime()
        with FrozenGroup(self, pid):
            document = self.home.stop("--term-timeout", "500ms")
        self.assertEqual({"sigterm": "timed_out", "sigkill": "done", "verify": "done"},
                         {step: outcome for step, outcome in outcomes(document).items()
                          if step != "shutdown_rpc"})
        self.assertFalse(processes.is_alive(pid))
        self.assert_nothing_left()

    def test_a_suspended_runtime_without_its_socket_is_stopped(self):
        # Must never happen: the socket vanished, and stop lost the process.
        self.home.start()
        pid = self.home.suspend_runtime()
        self.home.socket.unlink()
        self.assert_lifecycle_document(self.home.stop(), "stopped")
        self.assertFalse(processes.is_alive(pid))
        self.assert_nothing_left()

    # Case: daemon stop uses recorded address when socket is missing.
    def test_a_runtime_elsewhere_than_the_caller_thinks_is_stopped(self):
        elsewhere = self.home.root / "elsewhere.sock"
        self.home.start("--socket", elsewhere)
        self.assert_lifecycle_document(self.home.stop(), "stopped")
        self.assert_nothing_left()
        self.assertFalse(elsewhere.exists())

    def test_an_invalid_configuration_does_not_matter(self):
        self.home.start()
        self.home.write_config("{ this is no JSON")
        self.assertIsNone(self.assert_state("running")["config_fingerprint_match"])
        self.assert_lifecycle_document(self.home.stop(), "stopped")


class DeafRuntimeTest(HolonTest):
    """It accepts Shutdown and does nothing, ignores SIGTERM, and has a child in its process group."""

    def setUp(self):
        super().setUp()
        use_fake_holond(self.home, "deaf", config=configuration_of(self.home))
        self.home.start()

    def test_every_rung_is_tried_and_the_whole_group_is_killed(self):
        family = processes.of_root(self.home.root)
        self.assertEqual(2, len(family))
        document = self.home.stop(*IMPATIENT)
        self.assert_lifecycle_document(document, "stopped")
        self.assertEqual(
            {"shutdown_rpc": "done", "drain": "timed_out", "sigterm": "timed_out",
             "sigkill": "done", "verify": "done"}, outcomes(document))
        self.assert_nothing_left()

    def test_the_time_outs_are_those_that_were_given(self):
        waited = {receipt["step"]: receipt["duration_ms"]
                  for receipt in self.home.stop(*IMPATIENT)["steps"]}
        self.assertGreaterEqual(waited["drain"], 200)
        self.assertGreaterEqual(waited["sigterm"], 300)

    def test_a_restart_climbs_the_same_ladder(self):
        first = self.home.pid()
        result = self.home.ctl("restart", "--json", *NO_WINDOW, *IMPATIENT)
        document = self.assert_lifecycle(result, "restarted")
        self.assertEqual("done", outcomes(document)["sigkill"])
        self.assertFalse(processes.is_alive(first))
        self.home.stop(*IMPATIENT)

    def test_an_interrupted_stop_leaves_what_lives_and_can_be_resumed(self):
        stopping = self.home.spawn_ctl("stop", "--json", "--drain-timeout", "1h")
        self.home.wait_for_log("told to shut down")
        self.assert_failure(stopping.interrupt(), 130, "INTERRUPTED")
        self.assert_state("running", pid=self.home.pid())
        self.assert_lifecycle_document(self.home.stop(*IMPATIENT), "stopped")

    def test_a_human_sees_the_ladder(self):
        result = self.home.ctl("stop", *IMPATIENT)
        self.assert_exit(0, result)
        self.home.serving = False
        self.assertRegex(result.out + result.err, "(?i)sigkill")


class StopWhileStartingTest(HolonTest):
    def test_stop_ends_a_starting_runtime_and_its_start_fails_and_says_why(self):
        use_fake_holond(self.home, "recovers")
        starting = self.home.spawn_ctl("start", "--json")
        processes.wait_until(self.home.socket.exists, "it answers")
        self.assert_state("starting")
        self.assert_lifecycle_document(self.home.stop(*IMPATIENT), "stopped")
        document = self.assert_failure(starting.finish(), 1)
        self.assertRegex(document["error"]["message"], "(?i)stop|signal|SIGTERM")
        self.assert_nothing_left()

    def test_a_start_that_finds_a_draining_runtime_waits_and_then_starts(self):
        self.home.make()
        draining = self.keep(FakeRuntime(self.home, answer_of(self.home, phase="PHASE_DRAINING"),
                                         *owning(self.home)))
        starting = self.home.spawn_ctl("start", "--json", *NO_WINDOW)
        draining.wait_for("watched")
        draining.close()
        self.assert_lifecycle(starting.finish(), "started")
        self.home.serving = True
        self.assertNotEqual(draining.pid, self.home.pid())

    def test_a_start_that_finds_a_starting_runtime_joins_it(self):
        config = configuration_of(self.home)
        self.home.leaves_files = True
        answer = answer_of(self.home, phase="PHASE_STARTING", config=config.config,
                           config_fingerprint=config.config_fingerprint)
        runtime = self.keep(FakeRuntime(self.home, answer, *owning(self.home), "--ready-on-go"))
        starting = self.home.spawn_ctl("start", "--json", *NO_WINDOW)
        runtime.wait_for("watched")
        runtime.go()
        document = self.assert_lifecycle(starting.finish(), "joined")
        self.assertEqual(runtime.pid, document["pid"])


    def test_all_rounds_of_following_share_one_deadline(self):
        self.home.make()
        self.home.leaves_files = True
        self.keep(FakeRuntime(self.home, answer_of(self.home, phase="PHASE_STARTING"),
                              *owning(self.home), "--restless", "0.4"))
        for command in ("start", "ensure"):
            with self.subTest(command):
                begun = time.monotonic()
                result = self.home.ctl(command, "--json", "--start-timeout", "1s", *NO_WINDOW, seconds=20)
                self.assert_failure(result, 124, "TIMEOUT")
                self.assertLess(time.monotonic() - begun, 3)
                followed = [step for step in result.json["steps"] if step["step"] == "follow"]
                self.assertGreaterEqual(len(followed), 2)

    @strangers.needs_pid_namespaces
    def test_one_that_ends_by_itself_as_it_is_asked_has_stopped(self):
        """Seen from a pid namespace in which its process cannot be proven."""
        self.home.make()
        runtime = self.keep(FakeRuntime(self.home, answer_of(self.home), *owning(self.home),
                                        "--on-shutdown", "vanish"))
        stop = Running([*strangers.APART, str(bin_dir() / "holonctl"), "--home", str(self.home.path),
                        "stop", "--json"], env=self.home.environment(), cwd=self.home.root)
        self.home.commands.append(stop)
        self.assert_lifecycle(stop.finish(), "stopped")
        self.assertEqual(0, runtime.wait())


class PlanTest(HolonTest):
    def assert_plan_touches_nothing(self, command):
        pid = self.home.pid()
        before = self.home.snapshot()
        document = self.assert_lifecycle(self.home.ctl(command, "--plan", "--json"), "planned")
        self.assertEqual({"planned"}, set(outcomes(document).values()))
        self.assertEqual(before.keys(), self.home.snapshot().keys())
        self.assertTrue(processes.is_alive(pid))
        self.assertNotIn("draining", self.home.log())
        return outcomes(document)

    def test_of_a_healthy_runtime_it_lists_every_rung(self):
        self.home.start()
        steps = self.assert_plan_touches_nothing("stop")
        self.assertEqual(["shutdown_rpc", "drain", "sigterm", "sigkill", "verify"], list(steps))
        self.assert_state("running")

    def test_of_a_suspended_runtime_it_begins_with_signals(self):
        self.home.start()
        pid = self.home.suspend_runtime()
        self.assertEqual(["sigterm", "sigkill", "verify"],
                         list(self.assert_plan_touches_nothing("stop")))
        self.assertEqual("T", processes.state_of(pid))

    @strangers.needs_pid_namespaces
    def test_where_the_process_is_not_proven_it_promises_no_signal(self):
        self.home.start()
        plan = Running([*strangers.APART, str(bin_dir() / "holonctl"), "--home", str(self.home.path),
                        "stop", "--plan", "--json"], env=self.home.environment(), cwd=self.home.root)
        self.home.commands.append(plan)
        document = self.assert_lifecycle(plan.finish(), "planned")
        self.assertEqual(["shutdown_rpc", "drain", "sigterm", "verify"], list(outcomes(document)))
        self.assertIn("no signal", document["steps"][2]["evidence"])

    def test_of_nobody_it_is_empty_and_creates_nothing(self):
        before = self.home.snapshot()
        document = self.home.ctl("stop", "--plan", "--json").json
        self.assertEqual([], document["steps"])
        self.assertEqual(before, self.home.snapshot())

    def test_of_what_is_stale_it_removes_nothing(self):
        self.home.start()
        self.home.kill_runtime()
        self.home.leaves_files = True
        files = self.home.lifecycle_files()
        self.assert_exit(0, self.home.ctl("stop", "--plan", "--json"))
        self.assertEqual(files, self.home.lifecycle_files())

    def test_of_a_foreigner_it_refuses(self):
        self.home.make()
        self.home.leaves_files = True
        self.keep(Peer("garbage", self.home.socket))
        self.assert_failure(self.home.ctl("stop", "--plan", "--json"), 4, "FOREIGN")

    def test_a_restart_can_be_planned_too(self):
        self.home.start()
        self.assert_plan_touches_nothing("restart")


class StaleTest(HolonTest):
    def setUp(self):
        super().setUp()
        self.first = self.home.start()
        self.home.kill_runtime()

    def test_stop_cleans_it_and_succeeds(self):
        self.assert_lifecycle(self.home.ctl("stop", "--json"), "cleaned")
        self.assert_nothing_left()
        self.assert_state("stopped")

    def test_start_cleans_it_and_starts(self):
        self.assertNotEqual(self.first["instance_id"], self.home.start()["instance_id"])

    def test_a_dead_custom_socket_is_cleaned_where_the_record_names_it(self):
        elsewhere = self.home.root / "elsewhere.sock"
        self.home.start("--socket", elsewhere)
        self.home.kill_runtime()
        self.assertIn(str(elsewhere), self.assert_state("stale")["stale_files"])
        self.home.stop()
        self.assertFalse(elsewhere.exists())

    # Case: pre-server preparation failure is retryable.
    def test_twice_in_a_row(self):
        self.home.start()
        self.home.kill_runtime()
        self.assert_state("stale")
        self.home.start()
        self.assert_state("running")


class ForceTest(HolonTest):
    """Incompatible is explained, and stopped with --force where lock and record identify it."""

    def setUp(self):
        super().setUp()
        self.home.make()
        self.home.leaves_files = True

    def runtime(self, *options):
        return self.keep(FakeRuntime(self.home, answer_of(self.home, contract_version="2.0"),
                                     *options))

    def test_one_that_lock_and_record_identify_is_stopped(self):
        runtime = self.runtime(*owning(self.home))
        self.assert_failure(self.home.ctl("stop", "--json"), 4, "INCOMPATIBLE")
        self.assertTrue(runtime.is_alive())
        self.assert_lifecycle(self.home.ctl("stop", "--json", "--force"), "stopped")
        self.assertFalse(runtime.is_alive())

    def test_one_that_nothing_identifies_is_refused_all_the_same(self):
        runtime = self.runtime()
        self.assert_failure(self.home.ctl("stop", "--json", "--force"), 4)
        self.assertTrue(runtime.is_alive())

    def test_foreign_is_refused_all_the_same(self):
        peer = self.keep(Peer("garbage", self.home.socket))
        self.assert_failure(self.home.ctl("stop", "--json", "--force"), 4, "FOREIGN")
        self.assertTrue(peer.is_alive())


@unittest.skipUnless(os.geteuid() == 0 and shutil.which("setpriv"), "needs root, to become nobody")
class AnotherUserTest(HolonTest):
    # Case: daemon stop errors on permission denied signals. Permission denied is no success.
    def test_another_users_runtime_is_neither_seen_nor_stopped(self):
        binaries = binaries_beside(self.home.root / "bin")
        self.home.root.chmod(0o711)
        runtime = self.home.start()
        for open_home in (False, True):
            if open_home:
                self.home.path.chmod(0o755)
                self.home.run_dir.chmod(0o755)
            for command in ("status", "stop", "start", "ensure", "restart", "reload", "diff"):
                with self.subTest(command=command, open_home=open_home):
                    result = self.as_nobody(binaries, command)
                    self.assert_failure(result, 6, "PERMISSION_DENIED")
        self.assert_state("running", instance_id=runtime["instance_id"])

    def as_nobody(self, binaries, command):
        running = Running(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
             str(binaries / "holonctl"), "--home", str(self.home.path), command, "--json"],
            env=self.home.environment(), cwd="/")
        self.home.commands.append(running)
        return running.finish()

    def test_a_connection_of_another_user_is_closed_and_counted(self):
        self.home.root.chmod(0o711)
        self.home.start()
        for path, mode in ((self.home.path, 0o711), (self.home.run_dir, 0o711),
                           (self.home.socket, 0o666)):
            path.chmod(mode)
        refused = os.fork()
        if refused == 0:
            os._exit(connect_as_nobody(self.home.socket))
        self.assertEqual(0, os.waitstatus_to_exitcode(os.waitpid(refused, 0)[1]))
        self.home.path.chmod(0o700)
        self.home.run_dir.chmod(0o700)
        channel, control = stubs.control(self.home.socket)
        with channel:
            status = control.RuntimeStatus(stubs.message("RuntimeStatusRequest")(), timeout=30)
        self.assertEqual(1, status.counters.connections_refused)


def connect_as_nobody(path):
    """0 where the other end hangs up without a word."""
    try:
        os.setgroups([])
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(60)
            client.connect(str(path))
            return 0 if client.recv(1) == b"" else 1
    except ConnectionResetError:
        return 0
    except OSError:
        return 2


class FrozenGroup:
    """A process in a frozen control group of its own: not even SIGCONT moves it, only SIGKILL does."""

    def __init__(self, case, pid):
        self.case = case
        self.pid = pid
        self.mount = self.folder = None

    def __enter__(self):
        try:
            with open("/proc/mounts", encoding="utf-8") as mounts:
                self.mount = next(line.split()[1] for line in mounts if " cgroup2 " in line)
            self.folder = f"{self.mount}/holon-test-{self.pid}"
            os.mkdir(self.folder)
            self.write(self.folder, "cgroup.procs", self.pid)
            self.write(self.folder, "cgroup.freeze", 1)
        except (OSError, StopIteration) as error:
            self.case.skipTest(f"no control group can be frozen here: {error!r}")

    def write(self, folder, name, value):
        with open(f"{folder}/{name}", "w", encoding="ascii") as file:
            file.write(str(value))

    def __exit__(self, *exc):
        self.write(self.folder, "cgroup.freeze", 0)
        if processes.is_alive(self.pid):
            self.write(self.mount, "cgroup.procs", self.pid)
        processes.wait_until(self.remove, "the control group is empty")

    def remove(self):
        try:
            os.rmdir(self.folder)
            return True
        except OSError:
            return False


if __name__ == "__main__":
    main()
