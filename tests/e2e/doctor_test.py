"""doctor, cleanup, list and run: what is wrong and what to do, what may go, who is there, and a runtime for the
length of one command."""

import os
import signal

import processes
from features import needs
from harness import NO_WINDOW, HolonTest, main
from peers import Peer


@needs("doctor")
class DoctorTest(HolonTest):
    def doctor(self):
        result = self.home.ctl("doctor", "--json")
        return result, {finding["check"]: finding for finding in result.json["findings"]}

    def wrong(self):
        result, findings = self.doctor()
        wrong = [finding for finding in findings.values() if finding["severity"] == "error"]
        self.assertNotEqual(0, result.exit, str(result))
        for finding in wrong:
            self.assertTrue(finding["message"] and finding["fix"], finding)
        return wrong

    def test_a_healthy_runtime_needs_no_doctor(self):
        self.home.start()
        result, findings = self.doctor()
        self.assert_exit(0, result)
        self.assertTrue(findings)

    def test_nobody_and_nothing_is_healthy_too_and_stays_so(self):
        before = self.home.snapshot()
        self.doctor()
        self.assertEqual(before, self.home.snapshot())

    def test_what_is_wrong_is_named_with_its_cure(self):
        self.home.make()
        self.home.write_config("{")
        self.assertTrue([finding for finding in self.wrong() if "config" in str(finding)])
        self.home.write_config({})
        self.home.run_dir.chmod(0o777)
        self.assertTrue([finding for finding in self.wrong() if "chmod 700" in finding["fix"]])
        self.home.run_dir.chmod(0o700)
        self.home.leaves_files = True
        self.keep(Peer("garbage", self.home.socket))
        self.assertTrue([finding for finding in self.wrong()
                         if str(self.home.socket) in finding["message"]])

    def test_leftovers_of_the_dead_are_found(self):
        self.home.start()
        self.home.kill_runtime()
        self.home.leaves_files = True
        self.assertTrue([finding for finding in self.wrong() if "cleanup" in finding["fix"]])

    def test_a_suspended_runtime_is_found(self):
        self.home.start()
        self.home.suspend_runtime()
        self.assertTrue(self.wrong())


@needs("cleanup")
class CleanupTest(HolonTest):
    def test_what_the_dead_left_goes_and_the_rest_stays(self):
        self.home.write_config({})
        self.home.start()
        self.home.kill_runtime()
        self.assert_exit(0, self.home.ctl("cleanup", "--json"))
        self.assert_nothing_left()
        self.assertTrue(self.home.log_file.exists() and self.home.config_file.exists())
        self.assert_exit(0, self.home.ctl("cleanup"))

    def test_the_living_are_left_alone(self):
        started = self.home.start()
        self.assertNotEqual(0, self.home.ctl("cleanup").exit)
        self.assert_state("running", instance_id=started["instance_id"])
        self.home.suspend_runtime()
        files = self.home.lifecycle_files()
        self.assertNotEqual(0, self.home.ctl("cleanup").exit)
        self.assertEqual(files, self.home.lifecycle_files())

    def test_what_is_not_ours_is_never_deleted(self):
        self.home.make()
        self.home.leaves_files = True
        self.home.socket.write_text("precious", encoding="utf-8")
        self.assert_exit(4, self.home.ctl("cleanup"))
        self.assertEqual("precious", self.home.socket.read_text(encoding="utf-8"))


@needs("list")
class ListTest(HolonTest):
    def rows(self):
        result = self.home.ctl("list", "--json")
        self.assert_exit(0, result)
        return {row["home_dir"]: row for row in result.json["runtimes"]}

    def test_every_runtime_of_this_user_wherever_its_home_is(self):
        other = self.new_home()
        first, second = self.home.start(), other.start()
        rows = self.rows()
        for home, started in ((self.home, first), (other, second)):
            self.assert_contains({"pid": started["pid"], "instance_id": started["instance_id"],
                                  "state": "running", "version": started["version"]},
                                 rows[str(home.path)])
        other.stop()
        self.assertNotIn(str(other.path), self.rows())

    def test_one_that_does_not_answer_is_listed_as_such(self):
        self.home.start()
        self.home.suspend_runtime()
        self.assertEqual("unresponsive", self.rows()[str(self.home.path)]["state"])


@needs("run")
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
        self.assert_nothing_left()

    def test_nothing_is_left_when_it_is_interrupted_or_ended(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number.name):
                running = self.run_command("sh", "-c", "echo $$; exec sleep 1000")
                command = int(running.read_line())
                running.signal(number)
                self.assertNotEqual(0, running.finish().exit)
                processes.wait_gone(command)
                self.assert_nothing_left()

    def test_a_start_that_fails_runs_nothing(self):
        marker = self.home.root / "ran"
        result = self.home.ctl("run", "--set", "log.level=loud", "--", "touch", marker)
        self.assert_exit(2, result)
        self.assertFalse(os.path.exists(marker))


if __name__ == "__main__":
    main()
