"""Looking at a runtime needs no right to write."""

from case import NO_WINDOW, CaseTest, strangers
from commands import Running
from harness import bin_dir, main


@strangers.needs_root
class ReadOnlyTest(CaseTest):
    """Looking needs no right to write."""

    def read_only(self, *arguments):
        """holonctl in a mount namespace in which the home cannot be written."""
        script = ('mount --make-rprivate / && mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" || exit 99; '
                  'exec "$@"')
        command = ["unshare", "--mount", "sh", "-c", script, str(self.home.path), str(bin_dir() / "holonctl"), "--home",
                   str(self.home.path), *arguments]
        running = Running(command, env=self.home.environment(), cwd="/")
        self.home.commands.append(running)
        result = running.finish()
        if result.exit == 99:
            self.skipTest("nothing can be mounted here")
        return result

    def test_a_living_runtime_is_seen_and_stopped(self):
        started = self.home.start()
        self.assert_status("running", self.read_only("status", "--json"), instance_id=started["instance_id"])
        for command in (["logs", "--tail", "1"], ["failures"], ["diff"], ["wait", "--for", "ready"], ["config", "show"],
                        ["start", *NO_WINDOW], ["ensure", *NO_WINDOW]):
            with self.subTest(command[0]):
                self.assert_exit(0, self.read_only(*command))
        self.assert_state("running", instance_id=started["instance_id"])
        result = self.read_only("stop", "--json")
        self.assert_exit(0, result)
        self.home.serving = False
        self.assert_nothing_left()

    def test_a_suspended_one_is_seen(self):
        self.home.start()
        pid = self.home.suspend_runtime()
        self.assert_status("unresponsive", self.read_only("status", "--json"), pid=pid)

    def test_nobody_is_seen_too(self):
        self.home.make()
        self.assert_status("stopped", self.read_only("status", "--json"))
        self.assert_exit(0, self.read_only("stop"))

    def test_what_has_to_write_says_what_is_wrong(self):
        self.home.make()
        for command in (["start", *NO_WINDOW], ["config", "set", "log.level", "debug"]):
            result = self.read_only(*command)
            self.assertNotEqual(0, result.exit)
            self.assertRegex(result.out + result.err, "(?i)read-only")
            self.assertNotIn("chmod", result.out + result.err)

    def test_doctor_does_not_take_it_for_a_wrong_mode(self):
        self.home.start()
        result = self.read_only("doctor")
        self.assertIn("read-only file system", result.out)
        self.assertNotIn("chmod", result.out)

    def test_a_home_of_mode_0500(self):
        self.share_home(strangers.ANOTHER)
        user = strangers.as_user(strangers.ANOTHER)
        self.assert_exit(0, self.home.ctl("start", *NO_WINDOW, **user))
        self.home.path.chmod(0o500)
        self.assert_status("running", self.home.status(**user))
        self.assert_exit(0, self.home.ctl("logs", "--tail", "1", **user))
        self.assert_exit(0, self.home.ctl("stop", **user))
        self.home.path.chmod(0o700)

    def test_a_clean_end_in_a_run_directory_of_mode_0500_is_no_crash(self):
        self.share_home(strangers.ANOTHER)
        user = strangers.as_user(strangers.ANOTHER)
        self.assert_exit(0, self.home.ctl("start", *NO_WINDOW, **user))
        for folder in (self.home.run_dir, self.home.path):
            folder.chmod(0o500)
        self.assert_exit(0, self.home.ctl("stop", **user))
        for folder in (self.home.path, self.home.run_dir):
            folder.chmod(0o700)
        self.assert_state("stale", last_failure=None)
        self.assert_exit(0, self.home.ctl("start", *NO_WINDOW, **user))
        self.home.serving = True
        self.assertEqual([], self.failures())


if __name__ == "__main__":
    main()
