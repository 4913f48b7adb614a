"""What a file system need not know: rights to write, syncing of directories, links, locks, modes.

Among the reports: syncthing 4432, rocksdb 2929, etcd 9670, WSL 2557 (fsync of a directory); ai-tc 221, gcsfuse 178,
pex 852 (links); systemd 8589, usbguard 191 (read-only); hexchat 1558, terminator 234, deluge 215 (dotfiles as links).
"""

import os
import stat
import subprocess

from case import NO_WINDOW, CaseTest, processes, strangers
from commands import Running
from harness import bin_dir, main
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

    def test_a_home_of_mode_0500(self):
        self.share_home(strangers.ANOTHER)
        user = strangers.as_user(strangers.ANOTHER)
        self.assert_exit(0, self.home.ctl("start", *NO_WINDOW, **user))
        self.home.path.chmod(0o500)
        self.assert_status("running", self.home.status(**user))
        self.assert_exit(0, self.home.ctl("logs", "--tail", "1", **user))
        self.assert_exit(0, self.home.ctl("stop", **user))
        self.home.path.chmod(0o700)


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
        """It is no question of rights, and named."""
        for make in (lambda path: path.symlink_to("/dev/null"), lambda path: path.mkdir()):
            self.home.make()
            make(self.home.lock_file)
            for command in (["start", *NO_WINDOW], ["ensure", *NO_WINDOW], ["cleanup"]):
                result = self.home.ctl(*command)
                self.assertNotIn(result.exit, (0, 6), str(result))
                self.assertIn("holon.lock", result.out + result.err, str(result))
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
