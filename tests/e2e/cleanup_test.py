"""What a dead runtime has left may go; what lives, and what is not ours, stays."""

import fcntl
import os
import signal
import socket
import subprocess

import processes
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

    def test_a_copied_home_leaves_the_files_of_the_first_alone(self):
        self.home.start()
        self.home.kill_runtime()
        copy = self.home.root / "copy"
        subprocess.run(["cp", "-a", self.home.path, copy], check=True)
        self.assert_exit(0, self.home.ctl("--home", copy, "cleanup", home=False))
        self.assertTrue(self.home.socket.is_socket())
        self.assert_exit(0, self.home.ctl("cleanup"))

    def test_a_stop_that_cannot_remove_what_is_left_says_so(self):
        self.home.make()
        self.home.pid_file.mkdir(parents=True)
        document = self.assert_failure(self.home.ctl("stop", "--json"), 1, "CLEANUP_FAILED")
        self.assertIn("Is a directory", document["error"]["message"])
        self.home.pid_file.rmdir()

    def test_a_read_lock_of_a_process_is_no_mark(self):
        self.home.make()
        descriptor = os.open(self.home.path, os.O_RDONLY)
        self.addCleanup(os.close, descriptor)
        fcntl.lockf(descriptor, fcntl.LOCK_SH)
        self.assert_state("stopped")

    def test_a_runtime_that_ends_beside_a_silent_client_is_never_unresponsive(self):
        for command, exit_code in (("status", 3), ("stop", 0), ("cleanup", 0)):
            with self.subTest(command):
                self.home.start()
                client = socket.socket(socket.AF_UNIX)
                self.addCleanup(client.close)
                client.connect(str(self.home.socket))
                os.kill(self.home.pid(), signal.SIGTERM)
                processes.wait_until(lambda: not self.home.socket.exists(), "it withdraws")
                self.assert_exit(exit_code, self.home.ctl(command))
                self.home.serving = False

    def test_a_home_that_is_moved_and_linked_is_the_same_home(self):
        self.home.start()
        moved = self.home.root / "moved"
        starting = self.home.spawn_ctl("start")
        self.home.path.rename(moved)
        self.home.path.symlink_to(moved)
        starting.finish()  # It would go round for ever.
        self.assert_exit(0, self.home.ctl("--home", moved, "stop", home=False))
        self.home.path.unlink()
        moved.rename(self.home.path)


if __name__ == "__main__":
    main()
