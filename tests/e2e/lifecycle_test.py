"""Start, status and stop of a healthy runtime; who starts, who joins, and what a start leaves when it is
interrupted."""

import os
import signal
import time

import processes
from harness import NO_WINDOW, HolonTest, main
from peers import use_fake_holond
from processes import claims


class RoundTripTest(HolonTest):
    def test_start_status_stop(self):
        self.home.write_config({"log": {"level": "debug"}})
        started = self.assert_lifecycle(self.home.ctl("start", "--json", *NO_WINDOW), "started")
        status = self.assert_state("running", healthy=True, phase="ready", control_connectivity=True,
                                   instance_id=started["instance_id"], stale_files=[],
                                   config_fingerprint_match=True, differences=[],
                                   home_dir=str(self.home.path), socket_path=str(self.home.socket),
                                   last_failure=None)
        self.assertEqual(
            {"state": "idle", "active_agents": 0, "active_tasks": 0, "processing_agents": 0,
             "waiting_agents": 0}, status["activity"])
        self.assertEqual(started["pid"], status["pid"])
        self.assertTrue(processes.is_alive(status["pid"]))

        stopped = self.assert_lifecycle(self.home.ctl("stop", "--json"), "stopped")
        self.assertEqual("stopped", stopped["state"])
        self.assert_nothing_left()
        self.assertTrue(self.home.log())
        self.assertEqual({"log": {"level": "debug"}}, self.home.config())
        self.assert_state("stopped", healthy=False, control_connectivity=False, phase=None)

    # Case: runtime service metadata round trips; status reports runtime metadata.
    def test_the_record_names_the_process_that_status_names(self):
        self.home.start()
        status = self.assert_state("running")
        record = self.home.record()
        self.assertEqual(claims.identity(status["pid"]), record["identity"])
        for key in ("instance_id", "home_dir", "socket_path", "version"):
            self.assertEqual(status[key], record[key])
        self.assertEqual(status["runtime_config_fingerprint"], record["config_fingerprint"])
        self.assertEqual(f"{status['pid']}\n", self.home.pid_file.read_text(encoding="ascii"))

    # Case: daemon paths use run dir convention.
    def test_everything_of_a_runtime_stands_in_the_run_directory(self):
        self.home.start()
        present = {path.name for path in self.home.run_dir.iterdir()}
        self.assertLessEqual({"holon.sock", "holon.pid", "daemon.json", "daemon.log", "holon.lock",
                              "lifecycle.lock"}, present)
        self.assertTrue(self.home.socket.is_socket())

    def test_a_home_of_a_later_version_is_refused_whole(self):
        self.home.start()
        record = self.home.record()
        self.home.stop()
        newer = record | {"format": record["format"] + 1, "version": "99.1.0"}
        self.home.write_record(newer)
        before = self.home.snapshot()
        document = self.assert_failure(self.home.ctl("start", "--json"), 1)
        self.assertIn("version 99.1.0", document["error"]["message"])
        self.assertEqual(newer, self.home.record())
        self.assert_failure(self.home.ctl("cleanup", "--json"), 1)
        self.assertEqual(newer, self.home.record())
        self.assertLessEqual(before.keys(), self.home.snapshot().keys())
        self.home.record_file.unlink()

    def test_every_start_is_a_new_generation(self):
        first = self.home.start()["instance_id"]
        self.home.stop()
        self.assertNotEqual(first, self.home.start()["instance_id"])

    def test_the_log_goes_on_over_restarts(self):
        first = self.home.start()["instance_id"]
        self.home.stop()
        second = self.home.start()["instance_id"]
        self.assertLess(self.home.log().index(first), self.home.log().index(second))

    def test_the_human_output_names_pid_and_state(self):
        result = self.home.ctl("start", *NO_WINDOW)
        self.home.serving = True
        self.assert_exit(0, result)
        self.assertIn(str(self.home.pid()), result.out)
        status = self.home.ctl("status")
        self.assert_exit(0, status)
        self.assertIn("running", status.out)
        self.assertIn(str(self.home.pid()), status.out)


class IdempotenceTest(HolonTest):
    def test_starting_what_runs_does_nothing(self):
        first = self.home.start()
        again = self.assert_lifecycle(self.home.ctl("start", "--json"), "already_running")
        self.assertEqual((first["pid"], first["instance_id"]), (again["pid"], again["instance_id"]))

    def test_stopping_what_is_stopped_succeeds(self):
        self.home.start()
        self.home.stop()
        self.assert_lifecycle(self.home.ctl("stop", "--json"), "already_stopped")

    def test_only_a_start_creates_a_home(self):
        before = self.home.snapshot()
        self.assert_state("stopped")
        self.assert_lifecycle(self.home.ctl("stop", "--json"), "already_stopped")
        self.assert_exit(3, self.home.ctl("diff"))
        self.assert_exit(124, self.home.ctl("wait", "--for", "ready", "--timeout", "10ms"))
        self.assertEqual(before, self.home.snapshot())

    def test_twenty_starts_at_once_make_one_runtime(self):
        results = self.home.many(20, "start", "--json", *NO_WINDOW)
        self.home.serving = True
        for result in results:
            self.assert_exit(0, result)
        self.assertEqual(1, len({result.json["instance_id"] for result in results}))
        self.assertEqual(1, [result.json["action"] for result in results].count("started"))
        self.assertEqual([self.home.pid()], self.home.runtimes())

    def test_ten_stops_at_once_all_succeed(self):
        self.home.start()
        for result in self.home.many(10, "stop", "--json"):
            self.assert_exit(0, result)
        self.home.serving = False
        self.assert_nothing_left()

    def test_a_command_that_changes_the_world_waits_for_its_turn(self):
        self.home.make()
        lock = claims.lock(self.home.lifecycle_lock)
        result = self.home.ctl("start", "--json", "--timeout", "200ms")
        self.assert_failure(result, 124)
        waiting = self.home.spawn_ctl("start", "--json", *NO_WINDOW)
        os.close(lock)
        self.home.serving = True
        self.assert_lifecycle(waiting.finish(), "started")

    def test_who_waits_is_told_for_whom(self):
        use_fake_holond(self.home, "hangs")
        first = self.home.spawn_ctl("start")
        processes.wait_until(self.home.runtimes, "the first start has its runtime")
        result = self.home.ctl("start", "--json", "--timeout", "200ms")
        document = self.assert_failure(result, 124)
        self.assertIn(str(first.pid), document["error"]["message"])
        self.assertIn("start", document["error"]["message"])
        self.assert_exit(130, first.interrupt())


class RuntimeProcessTest(HolonTest):
    def test_it_leads_a_session_of_its_own_and_has_none_of_our_descriptors(self):
        kept, inherited = os.pipe()
        os.set_inheritable(inherited, True)
        self.home.start(pass_fds=[inherited], cwd=self.home.root / "user")
        os.close(inherited)
        pid = self.home.pid()
        self.assertEqual(pid, os.getsid(pid))
        self.assertEqual(pid, os.getpgid(pid))
        self.assertEqual("/dev/null", os.readlink(f"/proc/{pid}/fd/0"))
        self.assertNotEqual(str(self.home.root / "user"), os.readlink(f"/proc/{pid}/cwd"))
        # Nobody has the other end any more: end of file, not a wait.
        os.set_blocking(kept, False)
        self.assertEqual(b"", os.read(kept, 1))
        os.close(kept)

    def test_signals_that_the_caller_ignores_end_it_all_the_same(self):
        self.home.start(preexec_fn=lambda: signal.signal(signal.SIGTERM, signal.SIG_IGN))
        pid = self.home.pid()
        self.home.serving = False
        processes.kill(pid, signal.SIGTERM)
        processes.wait_gone(pid)
        self.assert_nothing_left()

    def test_whatever_the_umask_nobody_else_gets_in(self):
        for umask in (0o000, 0o077):
            with self.subTest(umask=oct(umask)):
                home = self.new_home()
                home.start(umask=umask)
                for folder in (home.path, home.run_dir):
                    self.assert_mode(0o700, folder)
                for file in (home.socket, home.pid_file, home.record_file, home.log_file,
                             home.lock_file, home.lifecycle_lock):
                    self.assert_mode(0o600, file)

    def test_term_and_int_drain_it(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=number.name):
                holond = self.home.spawn_holond()
                self.assert_exit(0, self.home.ctl("wait", "--for", "ready"))
                holond.signal(number)
                result = holond.finish()
                self.assert_exit(0, result)
                self.assertIn(number.name, result.err)
                self.assert_nothing_left()

    def test_one_that_somebody_else_started_is_stopped_just_the_same(self):
        holond = self.home.spawn_holond()
        self.assert_exit(0, self.home.ctl("wait", "--for", "ready"))
        self.assert_state("running", pid=holond.pid)
        self.assert_lifecycle(self.home.ctl("stop", "--json"), "stopped")
        self.assert_exit(0, holond.finish())

    def test_a_second_one_on_the_same_home_names_the_first_and_leaves_it_alone(self):
        first = self.home.start()
        result = self.home.holond()
        self.assert_exit(1, result)
        self.assertIn(str(first["pid"]), result.err)
        self.assertIn(first["instance_id"], result.err)
        self.assert_state("running", instance_id=first["instance_id"])

    def test_one_that_finds_a_dead_ones_files_cleans_them_up(self):
        # Case: serve preflight cleans dead pid and leftover socket state.
        self.home.start()
        self.home.kill_runtime()
        holond = self.home.spawn_holond()
        self.assert_exit(0, self.home.ctl("wait", "--for", "ready"))
        self.assert_state("running", pid=holond.pid)
        self.assert_lifecycle(self.home.ctl("stop", "--json"), "stopped")
        self.assert_exit(0, holond.finish())


class StartUpTest(HolonTest):
    def test_the_stability_window_is_waited_for(self):
        begun = time.monotonic()
        self.assert_exit(0, self.home.ctl("start", "--stability-window", "700ms"))
        self.home.serving = True
        self.assertGreaterEqual(time.monotonic() - begun, 0.7)

    def test_one_that_ends_at_once_is_explained_with_the_logs_last_lines(self):
        use_fake_holond(self.home, "fails")
        document = self.assert_failure(self.home.ctl("start", "--json"), 1)
        self.assertIn("status 3", document["error"]["message"])
        self.assertIn("boom: the state of this home", document["error"]["message"])
        self.assertEqual("failed", document["action"])
        self.assert_complete(document)
        self.assertEqual("startup", document["last_failure"]["phase"])
        self.assertIn("boom", "".join(document["last_failure"]["log_excerpt"]))
        self.assert_nothing_left()

    def test_one_that_crashes_is_explained_with_the_signal(self):
        use_fake_holond(self.home, "crashes")
        document = self.assert_failure(self.home.ctl("start", "--json"), 1)
        self.assertRegex(document["error"]["message"], "signal 11|SIGSEGV")

    def test_one_that_never_says_anything_is_given_up_on_and_ended(self):
        use_fake_holond(self.home, "hangs")
        result = self.home.ctl("start", "--json", "--start-timeout", "500ms")
        self.assert_failure(result, 124)
        self.assert_nothing_left()

    # A slow recovery must never be killed at a fixed time-out. Case: daemon start runs preparation before
    # readiness timeout window.
    def test_one_that_tells_of_its_progress_gets_the_time_it_needs(self):
        use_fake_holond(self.home, "steps")
        begun = time.monotonic()
        self.home.start("--start-timeout", "2s")
        self.assertGreater(time.monotonic() - begun, 2)

    def test_twenty_seconds_of_progress_outlast_the_time_out_of_a_start_that_was_given_none(self):
        use_fake_holond(self.home, "steps")
        begun = time.monotonic()
        self.home.start(env={"FAKE_HOLOND_STEPS": "80"})
        self.assertGreater(time.monotonic() - begun, 20)

    def test_one_that_asks_for_more_time_gets_it(self):
        use_fake_holond(self.home, "extends")
        begun = time.monotonic()
        self.home.start("--start-timeout", "2s")
        self.assertGreater(time.monotonic() - begun, 2)

    # Case: startup stability succeeds when occupied socket probe crosses deadline. Ours: only a handshake
    # is success.
    def test_one_that_says_it_is_ready_must_answer(self):
        use_fake_holond(self.home, "lies")
        self.assert_failure(self.home.ctl("start", "--json", *NO_WINDOW), 1)
        self.assert_nothing_left()

    def test_one_killed_within_the_window_is_a_failed_start(self):
        starting = self.home.spawn_ctl("start", "--json", "--stability-window", "1h")
        self.assert_exit(0, self.home.ctl("wait", "--for", "ready"))
        processes.wait_until_asleep(starting.pid)  # It has looked, and the window is open.
        self.home.kill_runtime()
        document = self.assert_failure(starting.finish(), 1)
        self.assertRegex(document["error"]["message"], "signal 9|SIGKILL")
        self.assert_nothing_left()

    # Case: persisted daemon lifecycle failures clear after success.
    def test_a_failed_start_is_news_until_a_later_one_is_stable(self):
        use_fake_holond(self.home, "fails")
        self.assert_failure(self.home.ctl("start", "--json"), 1)
        self.assertEqual("startup", self.assert_state("stopped")["last_failure"]["phase"])
        self.home.bin = None
        self.assert_exit(0, self.home.ctl("start", "--stability-window", "100ms"))
        self.home.serving = True
        self.assert_state("running", last_failure=None)


class InterruptTest(HolonTest):
    def test_before_it_is_ready_stops_what_was_spawned(self):
        use_fake_holond(self.home, "hangs")
        starting = self.home.spawn_ctl("start", "--json")
        processes.wait_until(self.home.runtimes, "holond was spawned")
        self.assert_failure(starting.interrupt(), 130, "INTERRUPTED")
        self.assert_nothing_left()

    def test_before_it_is_ready_while_it_answers_stops_what_was_spawned(self):
        use_fake_holond(self.home, "recovers")
        starting = self.home.spawn_ctl("start", "--json")
        processes.wait_until(self.home.socket.exists, "it answers")
        self.assert_failure(starting.interrupt(), 130, "INTERRUPTED")
        self.assert_nothing_left()

    def test_within_the_window_leaves_it_running_and_says_so(self):
        starting = self.home.spawn_ctl("start", "--json", "--stability-window", "1h")
        self.assert_exit(0, self.home.ctl("wait", "--for", "ready"))
        document = self.assert_failure(starting.interrupt(), 130, "INTERRUPTED")
        self.home.serving = True
        self.assertIn("running", document["error"]["message"])
        self.assertEqual("running", document["state"])
        self.assert_state("running")

    def test_term_is_as_good_as_an_interrupt(self):
        use_fake_holond(self.home, "hangs")
        starting = self.home.spawn_ctl("start")
        processes.wait_until(self.home.runtimes, "holond was spawned")
        starting.signal(signal.SIGTERM)
        self.assert_exit(143, starting.finish())
        self.assert_nothing_left()

    def test_a_start_that_is_killed_leaves_a_runtime_that_can_be_found_and_stopped(self):
        starting = self.home.spawn_ctl("start", "--stability-window", "1h")
        self.assert_exit(0, self.home.ctl("wait", "--for", "ready"))
        starting.signal(signal.SIGKILL)
        starting.finish()
        self.assert_state("running")
        self.assert_lifecycle(self.home.ctl("stop", "--json"), "stopped")


if __name__ == "__main__":
    main()
