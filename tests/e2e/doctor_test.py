"""doctor: what is wrong, and what to do about it."""

import fcntl
import resource
import shutil
import subprocess

from commands import Result
from harness import HolonTest, bin_dir, main
from peers import Peer

FUTURE = "2090-01-01T00:00:00.000Z"


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

    def test_people_see_what_to_do(self):
        self.home.make()
        self.home.run_dir.chmod(0o777)
        result = self.home.ctl("doctor")
        self.assert_exit(6, result)
        self.assertIn(f"chmod 700 {self.home.run_dir}", result.out)
        self.assertIn("1 error", result.out)
        self.home.run_dir.chmod(0o700)

    def test_what_was_set_aside_and_what_is_damaged_is_only_a_warning(self):
        self.home.start()
        (self.home.run_dir / "holon.pid.displaced.1").touch()
        (self.home.run_dir / "failures.json").write_text("{", encoding="utf-8")
        before = self.home.snapshot()
        result, findings = self.doctor()
        self.assert_exit(0, result)
        self.assertEqual("warning", findings["leftovers"]["severity"])
        self.assertIn("failures.json", findings["failures"]["message"])
        self.assertEqual(before, self.home.snapshot())
        (self.home.run_dir / "holon.pid.displaced.1").unlink()
        (self.home.run_dir / "failures.json").unlink()


class FindingsTest(HolonTest):
    """One kind of finding after the other, and nothing is changed by the look."""

    def judge(self, result, exit_code, check, severity):
        self.assert_exit(exit_code, result)
        found = [finding for finding in result.json["findings"]
                 if (finding["check"], finding["severity"]) == (check, severity)]
        self.assertTrue(found, str(result))
        if severity != "ok":
            self.assertTrue(all(finding["fix"] for finding in found), found)
        return "\n".join(f"{finding['message']} → {finding['fix']}" for finding in found)

    def found(self, exit_code, check, severity, *arguments, **options):
        """The findings' text. There is one of them at least."""
        before = self.home.snapshot()
        result = self.home.ctl("doctor", "--json", *arguments, **options)
        self.assertEqual(before, self.home.snapshot())
        return self.judge(result, exit_code, check, severity)

    def found_where(self, script, exit_code, check, severity):
        """The same on a machine that a shell has changed for this command alone."""
        command = ["unshare", "--map-root-user", "--mount", "sh", "-ec", script + '; exec "$@"', "sh",
                   str(bin_dir() / "holonctl"), "--home", str(self.home.path), "doctor", "--json"]
        done = subprocess.run(command, env=self.home.environment(), capture_output=True, text=True)
        if not done.stdout:
            self.skipTest(f"no namespace of our own here: {done.stderr}")
        return self.judge(Result(command, done.returncode, done.stdout, done.stderr), exit_code,
                          check, severity)

    def errors(self, *arguments, **options):
        result = self.home.ctl("doctor", "--json", *arguments, **options)
        return {finding["check"] for finding in result.json["findings"]
                if finding["severity"] == "error"}

    def abandoned(self):
        """Of a home of which a runtime has died."""
        self.home.start()
        record = self.home.record()
        self.home.kill_runtime()
        self.home.leaves_files = True
        return record


class SocketPathTest(FindingsTest):
    def test_where_nobody_can_listen_nobody_does(self):
        path = self.home.root / ("x" * 110)
        for arguments, environment in ((("--socket", path), {}),
                                       (("--set", f"socket_path={path}"), {}),
                                       ((), {"HOLON_SOCKET": str(path)})):
            with self.subTest(arguments=arguments, environment=environment):
                self.found(2, "configuration", "error", *arguments, env=environment)
                self.found(2, "runtime", "ok", *arguments, env=environment)
                self.assert_status("stopped", self.home.status(*arguments, env=environment))

    def test_of_a_home_that_is_too_deep(self):
        self.home.path = self.home.root / ("x" * 110)
        self.found(2, "socket_path", "error")
        self.assertLessEqual(self.errors(), {"socket_path", "configuration"})
        self.assert_state("stopped")

    def test_in_the_configuration_file(self):
        self.home.write_config({"socket_path": str(self.home.root / ("x" * 110))})
        self.found(2, "configuration", "error")
        self.assertEqual({"configuration"}, self.errors())
        self.assert_state("stopped")

    def test_a_runtime_is_found_all_the_same(self):
        self.home.start()
        path = self.home.root / ("x" * 110)
        self.assert_status("running", self.home.status("--socket", path))


class FilesTest(FindingsTest):
    def test_what_can_be_read_is_said_to_be(self):
        self.home.start()
        self.assertIn(self.home.record()["instance_id"], self.found(0, "record", "ok"))
        self.assertIn("failures.json", self.found(0, "failures", "ok"))
        self.assertIn("lifecycle.lock", self.found(0, "lifecycle_lock", "ok"))

    def test_a_damaged_record(self):
        self.home.make().leaves_files = True
        self.home.write_record("{")
        self.assertIn("daemon.json", self.found(1, "record", "warning"))

    def test_a_lock_that_is_none(self):
        self.home.make()
        for name in ("holon.lock", "lifecycle.lock", "daemon.log"):
            with self.subTest(name=name):
                path = self.home.run_dir / name
                path.mkdir()
                said = self.found(1, "files", "error")
                self.assertIn(f"mv {path} {path}.aside", said)
                path.rmdir()
                path.symlink_to(self.home.root / "elsewhere")
                self.assertIn(str(path), self.found(1, "files", "error"))
                path.unlink()

    def test_who_holds_the_lifecycle_lock(self):
        self.home.make()
        start = self.home.spawn_ctl("start", "--stability-window", "1m")
        self.home.wait_for_log("ready")
        said = self.found(0, "lifecycle_lock", "warning")
        self.assertIn("holonctl start", said)
        self.assertIn(f"kill {start.process.pid}", said)
        start.process.terminate()
        start.finish()
        self.home.serving = bool(self.home.runtimes())


class LeftoversTest(FindingsTest):
    def test_the_report_of_a_crash(self):
        self.home.make()
        report = self.home.run_dir / "crash.log"
        report.write_text("generation 1\nphase runtime\n*** SIGSEGV received\n", encoding="utf-8")
        said = self.found(0, "leftovers", "warning")
        self.assertIn(str(report), said)
        self.assertIn("a start records it as a failure", said)
        self.home.start()
        self.assertFalse(report.exists())
        self.found(0, "leftovers", "ok")

    def test_the_report_of_a_crash_beside_what_else_is_left(self):
        self.abandoned()
        report = self.home.run_dir / "crash.log"
        report.write_text("generation 1\nphase runtime\n*** SIGSEGV received\n", encoding="utf-8")
        self.assertIn("cleanup and start record it as a failure",
                      self.found(1, "leftovers", "warning"))
        self.assert_exit(0, self.home.ctl("cleanup"))
        self.assertFalse(report.exists())
        self.found(0, "leftovers", "ok")

    def test_what_a_writer_has_abandoned(self):
        self.home.make()
        path = self.home.run_dir / "failures.json.0a1b2c3d.tmp"
        path.touch()
        self.assertIn(f"rm {path}", self.found(0, "leftovers", "warning"))

    def test_what_a_writer_writes_is_none(self):
        self.home.make()
        with open(self.home.run_dir / "failures.json.0a1b2c3d.tmp", "wb") as writing:
            fcntl.flock(writing, fcntl.LOCK_EX)
            self.found(0, "leftovers", "ok")


class MachineTest(FindingsTest):
    def test_the_clock_is_behind_the_record(self):
        record = self.abandoned()
        record["started_at"] = FUTURE
        self.home.write_record(record)
        self.found(1, "clock", "warning")

    def test_the_clock_is_behind_the_log(self):
        self.home.make()
        self.found(0, "clock", "ok")
        # What a library prints has no time.
        self.home.log_file.write_text(f"{FUTURE} info    from the future\nW0101 odd\n",
                                      encoding="utf-8")
        self.assertIn("daemon.log", self.found(0, "clock", "warning"))

    def test_a_full_disk(self):
        self.home.make()
        self.found_where(f"mount -t tmpfs -o size=512k,mode=0700 none {self.home.path}", 1, "disk",
                         "error")

    def test_few_files_may_be_open(self):
        low = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        self.found(0, "open_files", "warning", preexec_fn=low)

    def test_inotify_is_allowed_too_little(self):
        for name, check in (("max_user_instances", "inotify"),
                            ("max_user_watches", "inotify_watches")):
            with self.subTest(name=name):
                self.found(0, check, "ok")
                zero = self.home.root / "zero"
                zero.write_text("0\n", encoding="ascii")
                said = self.found_where(f"mount --bind {zero} /proc/sys/fs/inotify/{name}", 0,
                                        check, "warning")
                self.assertIn(f"sysctl -w fs.inotify.{name}=", said)

    def test_inotify_is_used_up(self):
        self.found(0, "inotify", "ok")
        said = self.found_where("echo 0 > /proc/sys/user/max_inotify_instances", 0, "inotify",
                                "warning")
        self.assertIn("sysctl -w", said)

    def test_no_holond(self):
        folder = self.home.root / "bin"
        folder.mkdir()
        shutil.copy2(bin_dir() / "holonctl", folder / "holonctl")
        self.home.bin = folder
        self.found(1, "holond", "error", env={"PATH": "/nonexistent"})


class DirectoriesTest(FindingsTest):
    def test_a_run_directory_elsewhere(self):
        self.home.path.mkdir(mode=0o700)
        (self.home.root / "else").mkdir(mode=0o700)
        self.home.run_dir.symlink_to(self.home.root / "else")
        self.found(6, "run_directory", "error")

    def test_a_home_below_a_file(self):
        file = self.home.root / "file"
        file.touch()
        self.home.path = file / "below" / "home"
        self.assertIn(f"{file} is not a directory", self.found(2, "home", "error"))
        # Nothing else is made of it but that the configuration cannot be read.
        self.assertEqual({"home", "configuration"}, self.errors())


if __name__ == "__main__":
    main()
