"""Waiting for a runtime, and watching it: told by the kernel and by the runtime itself, never by looking again
and again."""

import signal
import time

import processes
from harness import NO_WINDOW, HolonTest, main
from peers import FakeRuntime, Peer, answer_of, owning, use_fake_holond


class WaitTest(HolonTest):
    def wait(self, goal, *arguments):
        return self.home.spawn_ctl("wait", "--for", goal, "--json", *arguments)

    def asleep(self, waiting):
        """Lets it come to rest."""
        processes.wait_until_asleep(waiting.pid)
        return waiting

    def test_what_is_already_so_is_told_at_once(self):
        self.assert_status_exit(0, self.wait("stopped").finish(), "stopped")
        self.home.start()
        self.assert_status_exit(0, self.wait("ready").finish(), "running")
        self.assert_status_exit(0, self.wait("idle").finish(), "running")

    def assert_status_exit(self, exit_code, result, state):
        self.assert_exit(exit_code, result)
        self.assert_complete(result.json)
        self.assert_contains({"ok": True, "state": state}, result.json)

    def test_ready_waits_for_a_start_even_where_there_is_no_home_yet(self):
        waiting = self.asleep(self.wait("ready"))
        self.home.start()
        self.assert_status_exit(0, waiting.finish(), "running")

    def test_ready_is_not_told_of_a_runtime_that_is_still_starting(self):
        use_fake_holond(self.home, "recovers")
        starting = self.home.spawn_ctl("start")
        processes.wait_until(self.home.socket.exists, "it answers")
        document = self.assert_failure(self.wait("ready", "--timeout", "300ms").finish(), 124)
        self.assertIn("starting", document["error"]["message"])
        self.assert_exit(130, starting.interrupt())

    def test_stopped_ends_with_a_stop(self):
        self.home.start()
        waiting = self.asleep(self.wait("stopped"))
        self.home.stop()
        result = waiting.finish()
        self.assert_exit(0, result)

    def test_stopped_ends_with_a_crash(self):
        self.home.start()
        waiting = self.asleep(self.wait("stopped"))
        self.home.kill_runtime()
        self.home.leaves_files = True
        self.assert_status_exit(0, waiting.finish(), "stale")

    def test_stopped_ends_with_the_death_of_a_suspended_runtime(self):
        self.home.start()
        pid = self.home.suspend_runtime()
        waiting = self.wait("stopped")
        self.assertIsNone(waiting.process.poll())
        processes.kill(pid, signal.SIGKILL)
        self.home.serving = False
        self.home.leaves_files = True
        self.assert_status_exit(0, waiting.finish(), "stale")

    # Must never happen: a time-out while stopping was taken for "stopped".
    def test_a_time_out_is_a_failure_and_says_how_it_is_instead(self):
        document = self.assert_failure(self.wait("ready", "--timeout", "100ms").finish(), 124)
        self.assertIn("stopped", document["error"]["message"])
        self.home.start()
        document = self.assert_failure(self.wait("stopped", "--timeout", "100ms").finish(), 124)
        self.assertIn("running", document["error"]["message"])

    def test_an_interrupt_ends_it(self):
        waiting = self.asleep(self.wait("ready"))
        self.assert_failure(waiting.interrupt(), 130, "INTERRUPTED")

    def test_idle_waits_while_agents_work(self):
        self.home.make()
        self.home.leaves_files = True
        answer = answer_of(self.home)
        answer.activity.state = 3
        answer.activity.processing_agents = 1
        self.keep(FakeRuntime(self.home, answer, *owning(self.home)))
        self.assert_failure(self.wait("idle", "--timeout", "200ms").finish(), 124)

    def test_a_foreigner_is_not_ready_and_a_real_start_after_it_is(self):
        self.home.make()
        peer = Peer("garbage", self.home.socket)
        waiting = self.asleep(self.wait("ready"))
        peer.close()
        self.home.socket.unlink()
        self.home.start()
        self.assert_status_exit(0, waiting.finish(), "running")

    def test_it_sleeps_until_there_is_news(self):
        self.home.start()
        for goal, expected in (("stopped", "a living runtime"), ("ready", "nobody")):
            with self.subTest(waits_beside=expected):
                if goal == "ready":
                    self.home.stop()
                waiting = self.asleep(self.wait(goal))
                before = processes.switches(waiting.pid)
                time.sleep(2)
                self.assertLessEqual(processes.switches(waiting.pid) - before, 1)
                self.assert_exit(130, waiting.interrupt())

    def test_many_may_wait_at_once(self):
        waiting = [self.wait("ready") for _ in range(10)]
        self.home.start()
        for waiter in waiting:
            self.assert_status_exit(0, waiter.finish(), "running")


class WatchTest(HolonTest):
    def watch(self):
        return self.home.spawn_ctl("status", "--watch", "--json")

    def read_until(self, watching, state):
        """The documents up to the first one of this state."""
        documents = []
        while not documents or documents[-1]["state"] != state:
            documents.append(watching.read_json())
            self.assert_complete(documents[-1])
        return documents

    def test_every_change_is_a_line_the_present_state_first(self):
        watching = self.watch()
        self.assertEqual("stopped", watching.read_json()["state"])
        first = self.home.start()
        running = self.read_until(watching, "running")[-1]
        self.assertEqual(first["instance_id"], running["instance_id"])
        self.home.stop()
        self.read_until(watching, "stopped")
        second = self.home.start()
        running = self.read_until(watching, "running")[-1]
        self.assertEqual(second["instance_id"], running["instance_id"])
        self.home.kill_runtime()
        self.read_until(watching, "stale")
        self.home.stop()
        self.read_until(watching, "stopped")
        self.assert_exit(130, watching.interrupt())

    def test_a_restart_shows_both_generations(self):
        first = self.home.start()
        watching = self.watch()
        self.assertEqual(first["instance_id"], watching.read_json()["instance_id"])
        self.assert_exit(0, self.home.ctl("restart", *NO_WINDOW))
        while (document := watching.read_json())["instance_id"] in (first["instance_id"], None):
            pass
        self.assertEqual(self.home.record()["instance_id"], document["instance_id"])
        self.assert_exit(130, watching.interrupt())

    def test_a_suspended_runtime_is_seen_at_last(self):
        self.home.start()
        watching = self.watch()
        watching.read_json()
        pid = self.home.suspend_runtime()
        self.read_until(watching, "unresponsive")
        processes.kill(pid, signal.SIGCONT)
        self.read_until(watching, "running")
        self.assert_exit(130, watching.interrupt())

    def test_each_step_says_when_and_people_also_read_what_changed(self):
        self.home.start()
        watching = self.watch()
        first = watching.read_json()["observed_at"]
        self.home.stop()
        self.assertGreater(self.read_until(watching, "stopped")[-1]["observed_at"], first)
        self.assert_exit(130, watching.interrupt())
        self.assertIsNone(self.home.ctl("status", "--json").json["observed_at"])
        watching = self.home.spawn_ctl("status", "--watch")
        self.assertRegex(watching.read_line(), "^--- 20..-..-..T..:..:")
        self.home.start()
        while 'state: "stopped" -> "' not in watching.read_line():
            pass
        self.assert_exit(130, watching.interrupt())

    def test_a_runtime_that_changes_nothing_gives_no_line(self):
        """Twice a second it is asked whether it answers, and that is counted."""
        self.home.start()
        watching = self.watch()
        before = watching.read_json()["counters"]["connections_accepted"]
        processes.wait_until(
            lambda: self.home.status().json["counters"]["connections_accepted"] > before + 3, "it was asked again")
        self.home.stop()
        self.assertIn(watching.read_json()["state"], {"stopping", "stopped"})
        self.assert_exit(130, watching.interrupt())

    def test_a_reader_that_leaves_ends_it_at_once(self):
        for serving in (False, True):
            with self.subTest(serving=serving):
                if serving:
                    self.home.start()
                watching = self.watch()
                watching.read_json()
                watching.process.stdout.close()
                watching.open.discard(next(iter(watching.streams)))
                watching.poller.unregister(next(iter(watching.streams)))
                self.assertEqual(0, watching.process.wait(30))


if __name__ == "__main__":
    main()
