"""The log, across rotation, restarts and crashes; bounded whatever is in it."""

import datetime
import fcntl
import json
import os
import signal
import subprocess
import sys
import termios
import time
import unittest

import processes
import stubs
from harness import NO_WINDOW, HolonTest, bin_dir, main
from peers import SmallDisk

TAIL_BYTES = 128 * 1024
LINE_BYTES = 8 * 1024


class LogTest(HolonTest):
    def write_log(self, text, number=0):
        """The present file, or the older one of this number."""
        self.home.make()
        file = self.home.run_dir / f"daemon.log.{number}" if number else self.home.log_file
        file.write_text(text, encoding="utf-8")

    def logs(self, *arguments):
        result = self.home.ctl("logs", *arguments)
        self.assert_exit(0, result)
        return result.out.splitlines()

    def read_until(self, following, text):
        """Every line up to the first that holds `text`."""
        seen = []
        while not seen or text not in seen[-1]:
            seen.append(following.read_line())
        return seen

    def follow(self, *arguments):
        """A `logs --follow` that has printed the line "begin", which the log ends with, and waits."""
        following = self.home.spawn_ctl("logs", "--follow", "--tail", "1", *arguments)
        self.read_until(following, "begin")
        return following

    def append(self, text):
        with open(self.home.log_file, "a", encoding="utf-8") as file:
            file.write(text)

    def counters(self):
        channel, control = stubs.control(self.home.socket)
        with channel:
            return control.RuntimeStatus(stubs.message("RuntimeStatusRequest")(), timeout=30).counters

    def change(self, number):
        """A reload that changes something, and so writes a line."""
        self.assert_exit(0, self.home.ctl("reload", "--set", f"agents.idle_timeout_ms={number + 1}"))


class LogsTest(LogTest):
    # Case: daemon logs surface paths, failures and tail.
    def test_the_last_lines(self):
        self.write_log("".join(f"line {number}\n" for number in range(100)))
        self.assertEqual([f"line {number}" for number in range(95, 100)], self.logs("--tail", "5"))
        document = self.home.ctl("logs", "--tail", "1", "--json").json_lines
        self.assertIn("line 99", str(document))

    # Case: daemon logs tail zero omits log tail.
    def test_what_is_written_does_nothing_to_a_terminal(self):
        line = "\x1b]0;owned\x07\x1b[2J\r precious"
        self.write_log(line + "\n")
        self.assertEqual(line + "\n", self.home.ctl("logs").out)
        shown = self.home.ctl_on_terminal("logs", env={"NO_COLOR": "1"})
        self.assertEqual("?]0;owned??[2J? precious\r\n", shown)

    def test_a_tail_of_none(self):
        self.write_log("line\n")
        self.assertEqual([], self.logs("--tail", "0"))

    # Case: daemon logs tail stays bounded for large log lines.
    def test_it_is_bounded_for_large_lines(self):
        self.write_log("".join("x" * 20000 + f" end {number}\n" for number in range(100)))
        lines = self.logs("--tail", "100")
        self.assertLessEqual(sum(len(line) + 1 for line in lines), TAIL_BYTES)
        for line in lines:
            self.assertLessEqual(len(line), LINE_BYTES)
        self.assertTrue(lines[-1].startswith("...") and lines[-1].endswith("end 99"))

    def test_a_tail_that_is_cut_says_so(self):
        lines = [f"2026-01-02T03:04:05Z info    {'x' * 80} {number}" for number in range(5000)]
        self.write_log("\n".join(lines) + "\n")
        for more in ((), ("--grep", "x"), ("--since", "2026-01-02T03:00:00Z")):
            with self.subTest(more):
                result = self.home.ctl("logs", "--tail", "4000", *more)
                self.assert_exit(0, result)
                shown = result.out.splitlines()
                self.assertLess(len(shown), 4000)
                self.assertIn(f"shows {len(shown)} of the 4000 lines asked for", result.err)
                self.assertEqual(lines, self.logs("--tail", "all", *more))
                self.assertEqual("", self.home.ctl("logs", "--tail", "9", *more).err)

    def test_a_number_of_lines_that_is_none_has_a_short_error(self):
        for number in ("-1", "abc", "1.5", "99999999999999999999"):
            with self.subTest(number):
                result = self.home.ctl("logs", "--tail", number)
                self.assert_exit(2, result)
                self.assertIn(f'"{number}" is not a number of lines; write 0 or more, or all',
                              result.err)

    def test_until_and_grep_select_before_the_tail_counts(self):
        lines = [f"2026-01-0{day}T03:00:00Z info    {word}" for day in (1, 2, 3)
                 for word in ("one", "t.o")]
        self.write_log("\n".join(lines) + "\n")
        self.assertEqual(lines[:4], self.logs("--until", "2026-01-02T03:00:00Z"))
        self.assertEqual(lines[1::2], self.logs("--grep", "t.o"))
        self.assertEqual(lines[3:4], self.logs("--grep", "t.o", "--until", "2026-01-02T03:00:00Z",
                                               "--tail", "1"))
        self.assertEqual([], self.logs("--since", "1d", "--until", "1w"))

    def test_twenty_lines_are_enough_where_nobody_says_how_many(self):
        self.write_log("".join(f"line {number}\n" for number in range(100)))
        self.assertEqual([f"line {number}" for number in range(80, 100)], self.logs())

    def test_a_tail_reaches_back_across_rotation(self):
        self.write_log("one\ntwo\n", 2)
        self.write_log("three\n", 1)
        self.write_log("four\n")
        self.assertEqual(["two", "three", "four"], self.logs("--tail", "3"))
        self.assertEqual(["one", "two", "three", "four"], self.logs())

    def test_without_a_log_it_is_empty_and_creates_nothing(self):
        self.assertEqual([], self.logs("--tail", "5"))
        self.assertEqual([], self.logs("--since", "1h", "--json"))
        self.assertEqual([], self.logs("--audit"))
        self.assertFalse(self.home.path.exists())

    def test_without_a_log_it_says_so(self):
        for arguments in ((), ("--audit",)):
            self.assertIn("there is no log yet", self.home.ctl("logs", *arguments).err)
        self.assertEqual("", self.home.ctl("-q", "logs").err)

    def test_an_invalid_configuration_is_no_matter(self):
        self.write_log("line\n")
        self.home.write_config("{")
        self.assertEqual(["line"], self.logs())

    def test_what_cannot_be_read_is_said(self):
        self.home.make()
        self.home.log_file.mkdir()
        document = self.assert_failure(self.home.ctl("logs", "--json"), 1)
        self.assertIn(str(self.home.log_file), document["error"]["message"])

    def test_wrong_options_are_usage_errors(self):
        for arguments in (("--tail", "-1"), ("--tail", "many"), ("--since", "yesterday"),
                          ("--since", "-1h"), ("--until", "soon"),
                          ("--follow", "--until", "1h")):
            with self.subTest(arguments):
                self.assert_failure(self.home.ctl("logs", "--json", *arguments), 2, "USAGE")

    def test_both_formats_as_documents(self):
        self.write_log("2026-01-02T03:04:05.678Z warning odd key=value\n"
                       '{"time":"2026-01-02T03:04:06.000Z","level":"error","message":"worse"}\n'
                       "of a library\n")
        with open(self.home.log_file, "ab") as file:
            file.write(b"not UTF-8: \xff\n")
        documents = self.home.ctl("logs", "--json").json_lines
        self.assertEqual(
            [("2026-01-02T03:04:05.678Z", "warning"), ("2026-01-02T03:04:06.000Z", "error"),
             (None, None), (None, None)],
            [(document["time"], document["level"]) for document in documents])
        self.assertEqual("not UTF-8: \ufffd", documents[3]["line"])
        self.assertEqual({"line", "time", "level", "message", "fields", "next_command", "advice", "ok", "error",
                          "faults"}, set(documents[0]))
        self.assertEqual(["odd key=value", "worse", None, None], [row["message"] for row in documents])
        self.assertEqual([None, {}, None, None], [row["fields"] for row in documents])

    def test_a_line_in_json_is_part_of_the_document(self):
        self.home.start("--set", "log.format=json")
        self.assert_exit(0, self.home.ctl("reload", "--set", "log.max_files=3"))
        row, = [row for row in self.home.ctl("logs", "--json").json_lines if row["message"] == "configuration changed"]
        self.assertEqual({"path": "log.max_files", "from": "5", "to": "3"}, row["fields"])
        self.assertEqual("info", row["level"])

    def test_the_audit_log_instead(self):
        self.write_log("line\n")
        for name, text in (("audit.log.1", '{"time":"2026-01-02T03:04:05Z","action":"start"}\n'),
                           ("audit.log", '{"time":"2026-01-02T03:04:06Z","action":"stop"}\n')):
            (self.home.run_dir / name).write_text(text, encoding="utf-8")
        self.assertEqual(["2026-01-02T03:04:05.000Z start   ", "2026-01-02T03:04:06.000Z stop    "],
                         self.logs("--audit"))
        documents = self.home.ctl("logs", "--audit", "--json").json_lines
        self.assertEqual(["start", "stop"], [document["action"] for document in documents])
        self.assertIsNone(documents[0]["line"])
        line, = self.logs("--audit", "--since", "2026-01-02T03:04:06Z")
        self.assertIn("stop", line)

    def test_an_audit_line_says_who_and_why(self):
        self.home.start("--set", "log.level=debug")
        self.home.stop()
        start, stop = self.home.ctl("logs", "--audit", "--json").json_lines
        self.assertRegex(start["caller"], r"^pid \d+: holonctl start .*--set log\.level=debug")
        self.assertEqual("holonctl stop", stop["reason"])
        self.assertRegex(self.home.ctl("logs", "--audit").out.splitlines()[1],
                         r"Z stop     pid \d+: holonctl stop .*; reason: holonctl stop; connected: pid \d+ uid \d+; "
                         r"generation [0-9a-f-]{36}$")
        with open(self.home.run_dir / "audit.log", "ab") as file:
            file.write(b'{"time":"2026-01-02T03:04:06Z","act\n')
        self.assertEqual('{"time":"2026-01-02T03:04:06Z","act',
                         self.home.ctl("logs", "--audit", "--json").json_lines[-1]["line"])

    def test_an_interrupt_ends_it_though_nobody_takes_its_output(self):
        self.write_log("2026-01-02T03:04:05Z\n" * 10000)
        read, write = os.pipe()
        running = subprocess.Popen(
            [bin_dir() / "holonctl", "--home", self.home.path, "logs", "--follow", "--since",
             "2026-01-01T00:00:00Z"], stdout=write, env=self.home.environment())
        os.close(write)
        pending = bytearray(4)

        def is_full():
            fcntl.ioctl(read, termios.FIONREAD, pending)
            waits = processes.state_of(running.pid) == "S"
            return waits and int.from_bytes(pending, sys.byteorder) >= 32768

        processes.wait_until(is_full, "the pipe is full")
        running.send_signal(signal.SIGINT)
        self.assertEqual(-signal.SIGINT, running.wait(processes.HANG_SECONDS))
        os.close(read)

    def test_a_reader_that_has_enough_is_no_error(self):
        self.write_log("2026-01-02T03:04:05.678Z info    one of many\n" * 10000)
        for options in (("--tail", "9999"), ("--since", "2026-01-01T00:00:00Z"),
                        ("--since", "2026-01-01T00:00:00Z", "--json"), ("--follow", "--tail", "1")):
            with self.subTest(options):
                running = subprocess.Popen(
                    [bin_dir() / "holonctl", "--home", self.home.path, "logs", *options],
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.home.environment())
                if "--follow" in options:
                    self.assertTrue(running.stdout.readline())
                running.stdout.close()  # It ends at once, and does not wait for another line.
                self.assertEqual(0, running.wait(processes.HANG_SECONDS))
                self.assertEqual(b"", running.stderr.read())
                running.stderr.close()

    def test_what_a_library_prints_is_there_too(self):
        pid = self.home.start()["pid"]
        with open(f"/proc/{pid}/fd/2", "a", encoding="ascii") as stderr:
            stderr.write("what a library prints\n")
        self.assertIn("what a library prints", self.logs("--tail", "1000"))

    def test_since(self):
        self.home.start()
        self.home.stop()
        time.sleep(1.1)
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        second = self.home.start()["instance_id"]
        text = "\n".join(self.logs("--since", now))
        self.assertIn(second, text)
        self.assertEqual(1, text.count("answering"))
        self.assertEqual(2, "\n".join(self.logs("--since", "1h")).count("answering"))

    def test_since_reaches_back_across_rotation_and_keeps_what_belongs_together(self):
        self.write_log("2026-01-02T03:00:00.000Z info    old\n  more of old\n", 2)
        self.write_log("  still of old\n2026-01-02T04:00:00.000Z info    new\n  more of new\n", 1)
        self.write_log('{"time":"2026-01-02T05:00:00.000Z","level":"info","message":"newest"}\n')
        lines = self.logs("--since", "2026-01-02T04:00:00Z")
        self.assertEqual(["2026-01-02T04:00:00.000Z info    new", "  more of new"], lines[:2])
        self.assertEqual(3, len(lines))
        self.assertEqual(lines[1:], self.logs("--since", "2026-01-02T04:00:00Z", "--tail", "2"))
        self.assertEqual([], self.logs("--since", "1m"))

    def test_since_is_not_bounded_in_all(self):
        text = "2026-01-02T03:04:05.678Z info    " + "x" * 1000 + "\n"
        self.write_log(text * 500)
        self.assertEqual(500, len(self.logs("--since", "2026-01-01T00:00:00Z")))


class FollowTest(LogTest):
    def test_it_goes_on_over_restart_and_kill(self):
        first = self.home.start()["instance_id"]
        following = self.home.spawn_ctl("logs", "--follow", "--tail", "1000")
        self.read_until(following, first)
        self.assert_exit(0, self.home.ctl("restart", *NO_WINDOW))
        self.read_until(following, self.home.record()["instance_id"])
        self.home.kill_runtime()
        self.read_until(following, self.home.start()["instance_id"])
        self.assert_exit(130, following.interrupt())

    def test_it_begins_with_the_tail_or_with_a_time(self):
        self.write_log("2026-01-02T03:00:00.000Z info    old\n2026-01-02T04:00:00.000Z info    new\n")
        for arguments in (("--tail", "1"), ("--since", "2026-01-02T04:00:00Z"),
                          ("--since", "2026-01-02T03:00:00Z", "--tail", "1")):
            with self.subTest(arguments):
                following = self.home.spawn_ctl("logs", "--follow", *arguments)
                self.assertIn("new", following.read_line())
                self.append("2026-01-02T05:00:00.000Z info    newest\n")
                self.assertIn("newest", following.read_line())
                self.assert_exit(130, following.interrupt())
                self.write_log("2026-01-02T04:00:00.000Z info    new\n")

    def test_a_truncated_file_is_begun_anew(self):
        self.write_log("long enough\nbegin\n")
        following = self.follow()
        self.write_log("")
        self.append("after\n")
        self.assertEqual("after", following.read_line())
        self.assert_exit(130, following.interrupt())

    def test_a_removed_file_and_a_removed_folder_come_back(self):
        self.write_log("begin\n")
        following = self.follow()
        self.home.log_file.unlink()
        self.append("again\n")
        self.assertEqual("again", following.read_line())
        self.home.run_dir.rename(self.home.path / "away")
        self.write_log("and again\n")
        self.assertEqual("and again", following.read_line())
        self.assert_exit(130, following.interrupt())

    def test_it_waits_for_a_home_that_is_not_there(self):
        following = self.home.spawn_ctl("logs", "--follow")
        following.read_error("waiting for " + str(self.home.log_file))
        self.assertFalse(self.home.path.exists())
        started = self.home.start()
        self.read_until(following, started["instance_id"])
        self.assert_exit(130, following.interrupt())

    def test_documents_follow_as_well(self):
        self.write_log("begin\n")
        following = self.follow("--json")
        self.append("2026-01-02T03:04:05.678Z debug   x\n")
        self.assertEqual("debug", following.read_json()["level"])
        self.assert_exit(130, following.interrupt())

    def test_it_sleeps_while_nothing_is_written(self):
        self.home.start()
        following = self.home.spawn_ctl("logs", "--follow", "--tail", "1")
        following.read_line()
        processes.wait_until(lambda: processes.state_of(following.pid) == "S", "it waits")
        time.sleep(0.5)
        before = processes.switches(following.pid)
        time.sleep(2)
        self.assertLessEqual(processes.switches(following.pid) - before, 1)
        self.assert_exit(130, following.interrupt())


class RotationTest(LogTest):
    def files(self):
        return sorted(self.home.run_dir.glob("daemon.log*"))

    def test_size_and_number_are_kept_to_and_nothing_is_lost_at_the_seam(self):
        self.home.start("--set", "log.max_bytes=4096", "--set", "log.max_files=3")
        following = self.home.spawn_ctl("logs", "--follow", "--tail", "1")
        following.read_line()
        for number in range(100):
            self.change(number)
        files = self.files()
        self.assertEqual(["daemon.log", "daemon.log.1", "daemon.log.2"], [file.name for file in files])
        for file in files:
            self.assertLessEqual(file.stat().st_size, 4096)
            self.assert_mode(0o600, file)
        self.home.stop()
        seen = [line for line in self.read_until(following, "stopped") if "configuration changed" in line]
        self.assertEqual([f"to={number + 1}" for number in range(100)],
                         [line.split()[-1] for line in seen])
        self.assert_exit(130, following.interrupt())

    def test_what_a_library_prints_goes_with_it(self):
        self.home.start("--set", "log.max_bytes=4096")
        for number in range(60):
            self.change(number)
        for fd in (1, 2):
            self.assertTrue(os.path.samefile(f"/proc/{self.home.pid()}/fd/{fd}", self.home.log_file))

    def test_a_reload_changes_size_and_number(self):
        self.home.start("--set", "log.max_bytes=4096")
        for number in range(100):
            self.change(number)
        self.assertGreater(len(self.files()), 2)
        self.assert_exit(0, self.home.ctl("reload", "--set", "log.max_files=2"))
        self.assertEqual(2, len(self.files()))
        self.assert_exit(0, self.home.ctl("reload", "--set", "log.max_bytes=1048576"))
        size = self.home.log_file.stat().st_size
        for number in range(100):
            self.change(number)
        self.assertGreater(self.home.log_file.stat().st_size, size + 4096)

    def test_a_start_that_rotates_and_fails_still_shows_why(self):
        self.write_log("x" * 5000 + "\n")
        self.home.socket.mkdir()
        result = self.home.ctl("start", "--set", "log.max_bytes=4096", *NO_WINDOW)
        self.assertNotEqual(0, result.exit)
        self.assertIn("holon.sock", result.err)
        self.home.socket.rmdir()

    def test_a_log_removed_under_a_runtime_is_begun_anew(self):
        self.home.start()
        self.home.log_file.unlink()
        self.change(1)
        self.assertIn("configuration changed", self.home.log())
        self.assert_mode(0o600, self.home.log_file)
        self.assertTrue(os.path.samefile(f"/proc/{self.home.pid()}/fd/2", self.home.log_file))
        processes.wait_until(lambda: self.home.status().json["healthy"], "it is healthy again")
        self.assert_state("running", healthy=True, degraded=[])

    def test_documents_in_the_log(self):
        self.home.start("--set", "log.format=json")
        document = json.loads(self.logs("--since", "1h")[-1])
        self.assertEqual("ready", document["message"])
        self.assertEqual(document["time"], self.home.ctl("logs", "--json").json_lines[-1]["time"])


class ForegroundTest(LogTest):
    def test_lines_go_to_stderr_and_to_the_log(self):
        running = self.serve()
        running.read_error("ready")
        self.assertIn("ready", self.logs()[-1])
        self.home.stop()
        result = running.finish()
        self.assert_exit(0, result)
        self.assertEqual(result.err, self.home.log())

    def test_stderr_that_nobody_reads_any_more_is_no_matter(self):
        read, write = os.pipe()
        running = subprocess.Popen([bin_dir() / "holond", "--home", self.home.path], stderr=write,
                                   env=self.home.environment({"HOLON_NOTHING": "warned of"}))
        os.close(write)
        self.assert_exit(0, self.home.ctl("wait", "--for", "ready"))
        os.close(read)
        self.change(1)
        self.assertIn("configuration changed", self.home.log())
        self.assert_state("running", healthy=True, pid=running.pid)
        self.home.stop()
        self.assertEqual(0, running.wait(processes.HANG_SECONDS))

    def test_stderr_that_nobody_reads_for_now_does_not_block(self):
        read, write = os.pipe()
        os.set_blocking(write, False)
        try:
            while True:
                os.write(write, b"x" * 4096)
        except BlockingIOError:
            os.set_blocking(write, True)
        running = subprocess.Popen([bin_dir() / "holond", "--home", self.home.path], stderr=write,
                                   env=self.home.environment())
        os.close(write)
        self.assert_exit(0, self.home.ctl("wait", "--for", "ready", "--timeout", "20s"))
        self.assertIn("ready", self.home.log())
        self.home.stop()
        self.assertEqual(0, running.wait(processes.HANG_SECONDS))
        os.close(read)

    @unittest.skipIf("ASAN_OPTIONS" in os.environ or "TSAN_OPTIONS" in os.environ,
                     "shared libraries open descriptors before anything of ours can run")
    def test_without_any_stdio_no_file_of_ours_takes_its_place(self):
        running = self.serve(preexec_fn=lambda: os.closerange(0, 3))
        for fd in (0, 1, 2):
            self.assertEqual("/dev/null", os.readlink(f"/proc/{running.pid}/fd/{fd}"))
        self.assertIn("ready", self.home.log())
        self.home.stop()
        self.assert_exit(0, running.finish())

    def test_a_second_one_leaves_the_log_of_the_first_alone(self):
        self.home.start("--set", "log.max_bytes=1048576")
        for number in range(60):
            self.change(number)
        before = self.home.snapshot()
        refused = self.home.holond("--set", "log.max_bytes=4096", "--set", "log.max_files=1")
        self.assert_exit(1, refused)
        self.assertIn("another runtime serves", refused.err)
        self.assertEqual(before, self.home.snapshot())


@unittest.skipUnless(os.geteuid() == 0, "needs root, to mount a small disk")
class FullDiskTest(LogTest):
    def test_it_degrades_loses_lines_and_nothing_else_and_recovers(self):
        disk = self.keep(SmallDisk(self.home))
        started = self.home.start()
        disk.fill()
        for number in range(60):
            self.change(number)
        status = self.assert_state("running", healthy=False, pid=started["pid"])
        self.assertIn("No space left on device", " ".join(status["degraded"]))
        self.assertIn(str(self.home.log_file), " ".join(status["degraded"]))
        lost = self.counters().log_lines_lost
        self.assertGreater(lost, 0)
        (self.home.path / "ballast").unlink()
        self.change(1000)
        self.assert_state("running", healthy=True, degraded=[])
        told, = [line for line in self.logs("--tail", "1000") if "log lines were lost" in line]
        self.assertIn(f"lines={lost} ", told)
        self.assertEqual(lost, self.counters().log_lines_lost)
        self.home.stop()

    def test_a_runtime_with_a_full_disk_can_be_stopped(self):
        disk = self.keep(SmallDisk(self.home))
        self.home.start("--set", "log.max_bytes=4096")
        disk.fill()
        for number in range(60):
            self.change(number)
        self.home.stop()
        self.assert_nothing_left()


if __name__ == "__main__":
    main()
