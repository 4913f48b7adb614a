"""What went wrong, remembered: by status, in a bounded history, until a later generation has been stable."""

import json
import os
import signal
import unittest

import processes
from harness import NO_WINDOW, HolonTest, main
from peers import configuration_of, use_fake_holond

STABLE = ("--stability-window", "100ms")


class HistoryTest(HolonTest):
    def failures(self, *arguments):
        result = self.home.ctl("failures", "--json", *arguments)
        self.assert_exit(0, result)
        return result.json["failures"]

    def fail(self, *arguments):
        self.assert_failure(self.home.ctl("start", "--json", *arguments), 1)

    def test_an_empty_history_is_no_failure(self):
        self.assertEqual([], self.failures())

    def test_a_damaged_history_is_named_and_survived(self):
        self.home.make()
        (self.home.run_dir / "failures.json").write_text("{ precious", encoding="utf-8")
        result = self.home.ctl("failures", "--json")
        self.assert_exit(0, result)
        self.assertIn("failures.json", " ".join(result.json["warnings"]))
        self.assert_exit(0, self.home.ctl("failures"))

    def test_what_a_runtime_printed_does_nothing_to_a_terminal(self):
        use_fake_holond(self.home, "fails")
        shown = [self.home.ctl_on_terminal(*command, env={"NO_COLOR": "1"})
                 for command in (["start"], ["failures"], ["status"])]
        self.assertIn("?]0;owned??[2J", shown[0])
        self.assertIn("?]0;owned??[2J", shown[1])
        for text in shown:
            self.assertNotIn("\x1b]", text)
            self.assertNotIn("\x1b[2J", text)

    def test_it_needs_no_valid_configuration(self):
        self.home.make()
        self.home.write_config("{")
        self.assertEqual([], self.failures())

    # Case: persisted last runtime failure round trips.
    def test_a_failed_start_is_listed_with_everything_that_is_known(self):
        use_fake_holond(self.home, "fails")
        self.fail()
        failure, = self.failures()
        self.assert_contains({"phase": "startup", "ended": "exit status 3"}, failure)
        self.assertTrue(failure["occurred_at"] and failure["summary"] and failure["detail_hint"])
        self.assertIn("boom", "\n".join(failure["log_excerpt"]))

    def test_the_history_is_bounded_and_keeps_the_newest(self):
        use_fake_holond(self.home, "fails")
        for _ in range(22):
            self.fail()
        use_fake_holond(self.home, "crashes")
        self.fail()
        failures = self.failures()
        self.assertEqual(20, len(failures))
        self.assertEqual(1, len([one for one in failures if "signal 11" in one["ended"]]))

    def test_one_that_quits_within_the_window_belongs_to_its_generation(self):
        use_fake_holond(self.home, "quits", config=configuration_of(self.home))
        document = self.assert_failure(
            self.home.ctl("start", "--json", "--stability-window", "1m"), 1)
        self.assertIn("status 7", document["error"]["message"])
        failure, = self.failures()
        self.assertTrue(failure["instance_id"])
        self.assert_nothing_left()

    # Case: persisted daemon lifecycle failures clear after success.
    def test_only_a_stable_generation_makes_it_history(self):
        use_fake_holond(self.home, "fails")
        self.fail()
        self.home.bin = None
        self.home.start()
        self.assertEqual("startup", self.assert_state("running")["last_failure"]["phase"])
        self.home.stop()
        self.assert_exit(0, self.home.ctl("start", *STABLE))
        self.home.serving = True
        self.assert_state("running", last_failure=None)
        self.assertEqual(1, len(self.failures()))

    def test_also_under_any_other_starter(self):
        use_fake_holond(self.home, "fails")
        self.fail()
        self.home.bin = None
        holond = self.home.spawn_holond()
        processes.wait_until(lambda: self.home.status().json["last_failure"] is None,
                             "the generation is stable")
        self.home.stop()
        self.assert_exit(0, holond.finish())

    # Case: daemon status surfaces persisted last failure when runtime stopped.
    def test_it_is_shown_while_stopped_to_people_too(self):
        use_fake_holond(self.home, "fails")
        self.fail()
        status = self.home.ctl("status")
        self.assert_exit(3, status)
        self.assertIn("exit status 3", status.out)


class CrashTest(HolonTest):
    def recorded(self):
        path = self.home.run_dir / "failures.json"
        return json.loads(path.read_text(encoding="utf-8"))["failures"]

    def test_a_generation_without_a_clean_end_is_found_at_the_next_look_and_recorded_once(self):
        started = self.home.start()
        self.home.kill_runtime()
        failure = self.assert_state("stale")["last_failure"]
        self.assert_contains({"phase": "runtime", "instance_id": started["instance_id"],
                              "this_generation": False}, failure)
        self.home.start()
        self.assertEqual(failure["instance_id"],
                         self.assert_state("running")["last_failure"]["instance_id"])
        self.assertEqual(1, len(self.recorded()))

    def test_a_clean_end_is_none(self):
        self.home.start()
        self.home.stop()
        self.assert_state("stopped", last_failure=None)
        self.home.start()
        self.assert_state("running", last_failure=None)

    def test_a_stop_that_had_to_kill_is_none_of_the_runtimes(self):
        self.home.start()
        self.home.suspend_runtime()
        self.home.stop("--term-timeout", "0")
        failure = self.assert_state("stopped")["last_failure"]
        self.assertIn(failure and failure["phase"], (None, "shutdown"))

    @unittest.skipIf("ASAN_OPTIONS" in os.environ or "TSAN_OPTIONS" in os.environ,
                     "a sanitizer has a handler of its own")
    def test_a_crash_leaves_a_stack_in_log_and_record(self):
        self.home.start()
        processes.kill(self.home.pid(), signal.SIGSEGV)
        self.assert_exit(0, self.home.ctl("wait", "--for", "stopped"))
        self.home.serving = False
        failure = self.assert_state("stale")["last_failure"]
        self.assertRegex(failure["ended"], "signal 11|SIGSEGV")
        self.assertIn("SIGSEGV", self.home.log())
        self.home.stop()

    def test_a_damaged_history_is_set_aside_and_not_lost(self):
        self.home.make()
        (self.home.run_dir / "failures.json").write_text("{ precious", encoding="utf-8")
        use_fake_holond(self.home, "fails")
        self.assert_failure(self.home.ctl("start", "--json", *NO_WINDOW), 1)
        self.assertEqual(1, len(self.recorded()))
        kept = [path.read_text(encoding="utf-8") for path in self.home.run_dir.iterdir()
                if path.name.startswith("failures.json") and path.name != "failures.json"]
        self.assertEqual(["{ precious"], kept)


class OrderedEndTest(HolonTest):
    def test_a_runtime_that_is_told_to_stop_while_it_is_watched_has_not_failed(self):
        starting = self.home.spawn_ctl("start", "--json", "--stability-window", "1m")
        self.assert_exit(0, self.home.ctl("wait"))
        self.home.stop()
        document = self.assert_failure(starting.finish(), 1, "START_FAILED")
        self.assertIn("was stopped within the stability window", document["error"]["message"])
        self.assertEqual([], self.home.ctl("failures", "--json").json["failures"])


if __name__ == "__main__":
    main()
