"""A restart that cannot start again stops nothing, and jobs share one runtime.

Among the reports: ecdysis 11, nginx/agent 352, pm2 783 and 3085, holon 1798 (a restart that cannot start); lettuce 356,
influxdb_iox 955, thin-edge.io 389 (the first job that ends stops the server of all).
"""

import os
import signal

from case import NO_WINDOW, CaseTest, processes
from commands import Running
from harness import bin_dir, main


class RestartTest(CaseTest):
    """A step back is not taken before the step forward is known to work."""

    def setUp(self):
        super().setUp()
        self.home.bin = self.copy_binaries()
        self.holond = self.home.bin / "holond"
        self.started = self.home.start("--set", "log.level=debug", env={"PATH": "/usr/bin:/bin"})

    def break_program(self, how):
        away = self.holond.with_name("away")
        self.holond.rename(away)
        if how == "not executable":
            self.holond.touch(mode=0o644)
        if how == "truncated":
            self.holond.write_bytes(away.read_bytes()[:5000])
            self.holond.chmod(0o755)
        if how == "a script that fails":
            self.holond.write_text("#!/bin/sh\nexit 1\n", encoding="ascii")
            self.holond.chmod(0o755)
        return away

    def test_a_program_that_cannot_run_ends_nothing_and_nothing_is_forgotten(self):
        for how in ("away", "not executable", "truncated", "a script that fails"):
            for command in (["restart"], ["ensure", "--set", "http_addr=127.0.0.1:1"]):
                with self.subTest(how=how, command=command[0]):
                    away = self.break_program(how)
                    result = self.home.ctl(*command, *NO_WINDOW, env={"PATH": "/usr/bin:/bin"})
                    away.replace(self.holond)
                    self.assertNotEqual(0, result.exit, str(result))
                    self.assert_state("running", instance_id=self.started["instance_id"])
        self.assert_exit(0, self.home.ctl("restart", *NO_WINDOW))
        self.assertIn('"log.level"', self.home.record_file.read_text(encoding="utf-8"))

    def test_where_the_start_fails_after_all_nothing_is_forgotten(self):
        away = self.holond.with_name("away")
        self.holond.rename(away)
        self.holond.write_text('#!/bin/sh\nfor word; do [ "$word" = --check ] && exec "$0/../away" "$@"; done\nexit 1\n'
                               .replace("$0/../away", str(away)), encoding="ascii")
        self.holond.chmod(0o755)
        document = self.assert_failure(self.home.ctl("restart", "--json", *NO_WINDOW), 1, "START_FAILED")
        self.assertTrue(document["error"]["message"].startswith("the runtime was stopped, and could not be started again"))
        away.replace(self.holond)
        command = document["advice"].partition(": ")[2]
        self.assert_exit(0, Running(["sh", "-c", command], env=self.home.environment(), cwd=self.home.root).finish())
        self.home.serving = True
        self.assert_exit(0, self.home.ctl("diff", "--set", "log.level=debug"))

    def test_a_configuration_that_holond_refuses_ends_nothing(self):
        self.home.write_config("{ this is no JSON")
        self.assert_exit(2, self.home.ctl("restart", *NO_WINDOW))
        self.assertTrue(processes.is_alive(self.started["pid"]))
        self.home.config_file.unlink()


class RunTest(CaseTest):
    """Jobs that share one runtime."""

    def test_the_first_that_ends_does_not_take_it_from_the_other(self):
        fifo = self.home.root / "fifo"
        os.mkfifo(fifo)
        ctl = bin_dir() / "holonctl"
        first = self.home.spawn_ctl("run", *NO_WINDOW, "--", "sh", "-c", 'echo on; read -r _ < "$0"', fifo)
        self.assertEqual("on", first.read_line())
        second = self.home.spawn_ctl("run", *NO_WINDOW, "--", "sh", "-c",
                                     'echo on; while kill -0 "$0"; do sleep 0.05; done; "$1" status >&2',
                                     str(first.pid), ctl)
        self.assertEqual("on", second.read_line())
        fifo.write_text("go\n", encoding="ascii")
        self.assert_exit(0, first.finish())
        self.assert_exit(0, second.finish())
        self.assert_nothing_left()

    def test_many_jobs_at_once_share_one_and_leave_none(self):
        jobs = [self.home.spawn_ctl("run", *NO_WINDOW, "--", "sh", "-c", f"sleep 0.{number}; test -S \"$HOLON_SOCKET\"")
                for number in range(1, 7)]
        self.assertEqual({0}, {job.finish().exit for job in jobs})
        self.assert_nothing_left()

    def test_a_run_that_is_killed_leaves_no_runtime_behind(self):
        running = self.home.spawn_ctl("run", *NO_WINDOW, "--", "sh", "-c", "echo $$; exec sleep 1000")
        command = int(running.read_line())
        running.signal(signal.SIGKILL)
        running.process.wait()
        processes.kill(command, signal.SIGKILL)
        processes.wait_until(lambda: not self.home.runtimes(), "the runtime drains", seconds=15)
        self.assert_state("stopped")


if __name__ == "__main__":
    main()
