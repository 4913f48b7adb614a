"""What a file system need not know: syncing of directories, links, locks, modes.

Some file systems refuse to sync a directory, or have no links, or are read-only; dotfiles may be symbolic links.
"""

import os
import stat
import subprocess

from case import NO_WINDOW, CaseTest, processes, strangers
from harness import main
from shims import refusing


class LackingTest(CaseTest):
    def assert_works(self, **calls):
        env = refusing(**calls)
        self.assert_exit(0, self.home.ctl("start", *NO_WINDOW, env=env))
        self.assert_status("running", self.home.status(env=env))
        self.assert_exit(0, self.home.ctl("config", "set", "log.level", "debug", env=env))
        self.assertEqual("debug", self.home.config()["log"]["level"])
        self.assert_exit(0, self.home.ctl("reload", env=env))
        self.assert_mode(0o600, self.home.path / "fingerprint.key")
        self.assertEqual(32, (self.home.path / "fingerprint.key").stat().st_size)
        self.home.record_file.unlink()
        processes.wait_until(self.home.record_file.exists, "it heals")
        self.assert_exit(0, self.home.ctl("stop", env=env))
        self.assert_nothing_left()
        processes.remove_tree(self.home.path)

    def test_directories_that_cannot_be_synced(self):
        for name in ("EINVAL", "ENOTSUP", "ENOSYS"):
            with self.variant(name):
                self.assert_works(sync_directory=name)

    def test_no_hard_links(self):
        for name in ("EPERM", "EOPNOTSUPP", "ENOSYS", "EMLINK"):
            with self.variant(name):
                self.assert_works(link=name, linkat=name)

    def test_no_rename_without_replacing(self):
        for name in ("EINVAL", "ENOSYS"):
            with self.variant(name):
                self.assert_works(renameat2=name)

    def test_neither_links_nor_renames_nor_syncs(self):
        self.assert_works(link="EPERM", linkat="EPERM", renameat2="EINVAL", sync_directory="EINVAL")

    def test_no_lock_on_a_directory(self):
        for name in ("ENOLCK", "EOPNOTSUPP", "EINVAL", "EBADF"):
            with self.variant(name):
                self.assert_works(flock=name)

    def test_no_inotify(self):
        env = refusing(inotify_init1="EMFILE")
        self.assert_exit(0, self.home.ctl("start", *NO_WINDOW, env=env))
        self.assert_state("running")
        self.assert_exit(0, self.home.ctl("stop", env=env))

    def test_a_disk_that_is_broken_is_not_passed_over(self):
        for name in ("EIO", "ENOSPC"):
            with self.variant(name):
                self.home.path.mkdir(mode=0o700)
                result = self.home.ctl("config", "set", "log.level", "debug", env=refusing(sync_directory=name))
                self.assert_exit(1, result)


class LinksTest(CaseTest):
    def test_a_configuration_file_that_is_a_link_stays_one(self):
        self.home.path.mkdir(mode=0o700)
        dotfiles = self.home.root / "dotfiles"
        dotfiles.mkdir()
        kept = dotfiles / "holon.json"
        kept.write_text('{"log":{"level":"info"}}', encoding="ascii")
        kept.chmod(0o640)
        self.home.config_file.symlink_to("../dotfiles/holon.json")
        self.assert_exit(0, self.home.ctl("config", "set", "log.level", "debug"))
        self.assertTrue(self.home.config_file.is_symlink())
        self.assertIn("debug", kept.read_text(encoding="ascii"))
        self.assertEqual(0o640, stat.S_IMODE(kept.stat().st_mode))

    def test_a_home_that_is_a_link_to_nothing(self):
        self.home.path.symlink_to(self.home.root / "nothing")
        result = self.home.ctl("start", *NO_WINDOW)
        self.assertNotEqual(0, result.exit)
        self.assertRegex(result.err, "(?i)link")

    def test_a_lock_file_that_is_a_link_or_a_directory(self):
        """It is no question of rights: what stands there is renamed aside."""
        for make in (lambda path: path.symlink_to("/dev/null"), lambda path: path.mkdir()):
            self.home.make()
            make(self.home.lock_file)
            self.assert_exit(0, self.home.ctl("start", *NO_WINDOW))
            self.assertTrue(self.home.lock_file.is_file() and not self.home.lock_file.is_symlink())
            self.assertEqual(1, len(list(self.home.run_dir.glob("holon.lock.displaced.*"))))
            self.home.stop()
            processes.remove_tree(self.home.path)

    def test_a_log_that_is_a_link_to_another_disk(self):
        self.home.make()
        self.home.log_file.symlink_to(self.home.root / "elsewhere.log")
        result = self.home.ctl("start", *NO_WINDOW)
        self.home.serving = result.exit == 0
        self.assertNotIn("Too many levels", result.out + result.err)


@strangers.needs_root
class FatTest(CaseTest):
    def test_a_real_file_system_without_links_and_modes(self):
        if not strangers.shutil.which("mkfs.vfat"):
            self.skipTest("there is no mkfs.vfat")
        image = self.home.root / "image"
        image.write_bytes(b"")
        os.truncate(image, 16 << 20)
        subprocess.run(["mkfs.vfat", image], check=True, capture_output=True)
        self.home.path.mkdir()
        strangers.mount("-o", "loop,umask=077", image, self.home.path)
        self.addCleanup(strangers.unmount, self.home.path)
        socket = self.home.root / "x.sock"  # There are no sockets on it.
        self.assert_exit(0, self.home.ctl("start", *NO_WINDOW, "--socket", socket))
        self.assert_status("running", self.home.status("--socket", socket))
        self.assert_exit(0, self.home.ctl("stop", "--socket", socket))
        strangers.unmount(self.home.path)


if __name__ == "__main__":
    main()
