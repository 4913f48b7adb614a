"""What a dead runtime has left may go; what lives, and what is not ours, stays."""

from harness import HolonTest, main


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

    def test_the_crash_that_it_cleans_up_is_remembered(self):
        started = self.home.start()
        self.home.kill_runtime()
        self.assert_lifecycle(self.home.ctl("cleanup", "--json"), "cleaned")
        self.assert_lifecycle(self.home.ctl("cleanup", "--json"), "nothing")
        failure, = self.home.ctl("failures", "--json").json["failures"]
        self.assertEqual(started["instance_id"], failure["instance_id"])

    def test_a_home_that_does_not_exist_is_not_made(self):
        self.assert_lifecycle(self.home.ctl("cleanup", "--json"), "nothing")
        self.assertFalse(self.home.path.exists())


if __name__ == "__main__":
    main()
