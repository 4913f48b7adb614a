"""holonctl and runtime in two containers that share a volume: a process that cannot be seen is not dead."""

import os
import subprocess
import time

from case import NO_WINDOW, CaseTest, processes, strangers
from commands import Running
from harness import bin_dir, main


@strangers.needs_pid_namespaces
class PidNamespaceTest(CaseTest):
    def apart(self, *arguments, before=strangers.APART):
        """holonctl in a pid namespace of its own."""
        command = [*before, str(bin_dir() / "holonctl"), "--home", str(self.home.path), *map(str, arguments)]
        running = Running(command, env=self.home.environment(), cwd=self.home.root)
        self.home.commands.append(running)
        return running.finish()

    def container(self, script):
        """A namespace in which a script runs; it says "ready" in the end and lives until the test is over."""
        shell = subprocess.Popen(
            [*strangers.APART, "sh", "-c", f"{script}; echo ready; exec sleep 1000"],
            env=self.home.environment(), stdout=subprocess.PIPE)
        self.addCleanup(shell.stdout.close)
        self.addCleanup(self.end_container, shell)
        self.assertEqual(b"ready\n", shell.stdout.readline())
        self.home.leaves_files = True
        return shell

    def end_container(self, shell):
        """With its first process the kernel ends all others, a moment later."""
        shell.kill()
        shell.wait()
        processes.wait_until(lambda: not self.contained(), "the container has ended")

    def contained(self):
        """The runtimes that are not in our namespace."""
        found = []
        for pid in self.home.runtimes():
            try:
                if os.readlink(f"/proc/{pid}/ns/pid") != os.readlink("/proc/self/ns/pid"):
                    found.append(pid)
            except FileNotFoundError:
                pass
        return found

    def start_in_a_container(self):
        ctl = f"'{bin_dir()}/holonctl' --home '{self.home.path}'"
        return self.container(f"{ctl} start {' '.join(NO_WINDOW)} >/dev/null")

    def test_status_sees_it_from_another_namespace(self):
        started = self.home.start()
        self.assert_status("running", self.apart("status", "--json"), instance_id=started["instance_id"])
        self.assert_exit(0, self.apart("wait", "--for", "ready", "--timeout", "5s"))
        for command in (["start", *NO_WINDOW], ["ensure", *NO_WINDOW], ["diff"], ["reload"]):
            self.assert_exit(0, self.apart(*command))
        self.assert_state("running", instance_id=started["instance_id"])

    def test_stop_from_another_namespace(self):
        pid = self.home.start()["pid"]
        result = self.apart("stop", "--json")
        self.assert_exit(0, result)
        self.home.serving = False
        processes.wait_gone(pid)
        self.assert_nothing_left()
        self.assert_state("stopped")

    def test_stop_between_two_containers(self):
        self.start_in_a_container()
        self.assert_status("running", self.apart("status", "--json"))
        self.assert_exit(0, self.apart("stop"))
        self.assert_state("stopped")

    def test_stop_from_outside_of_a_container(self):
        self.start_in_a_container()
        self.assert_state("running")
        self.assert_exit(0, self.home.ctl("stop"))
        self.assert_nothing_left_on_disk()

    def assert_nothing_left_on_disk(self):
        self.assertEqual(set(), self.home.lifecycle_files())

    def test_restart_from_another_namespace(self):
        first = self.home.start()
        # What is started there would end with the namespace: so it is asked of a container that stays.
        ctl = f"'{bin_dir()}/holonctl' --home '{self.home.path}'"
        self.container(f"{ctl} restart {' '.join(NO_WINDOW)} >/dev/null")
        document = self.assert_state("running")
        self.assertNotEqual(first["instance_id"], document["instance_id"])
        self.home.stop()

    def test_a_suspended_runtime_of_another_namespace_is_not_dead(self):
        started = self.home.start()
        pid = self.home.suspend_runtime()
        self.assert_status("unresponsive", self.apart("status", "--json"))
        for command in (["start", *NO_WINDOW], ["stop", "--term-timeout", "1s", "--kill-timeout", "1s"]):
            self.assertNotEqual(0, self.apart(*command).exit)
        self.assertEqual([pid], self.home.runtimes())
        self.assertEqual(self.home.record()["instance_id"], started["instance_id"])

    def test_a_pid_that_means_somebody_else_here(self):
        """The runtime is process 2 or so of its container: that number names a process of ours."""
        self.start_in_a_container()
        pid = self.home.pid()
        before = processes.claims.start_time(pid) if processes.is_alive(pid) else None
        self.home.ctl("stop", "--force", "--term-timeout", "1s")
        if before is not None:
            self.assertEqual(before, processes.claims.start_time(pid))

    def test_without_proc(self):
        pid = self.home.start()["pid"]
        script = 'mount -t tmpfs none /proc || exit 99; exec "$@"'
        hidden = ("unshare", "--mount", "sh", "-c", script, "-")
        self.assert_status("running", self.apart("status", "--json", before=hidden))
        self.assert_exit(0, self.apart("stop", before=hidden))
        self.home.serving = False
        processes.wait_gone(pid)

    def test_in_a_user_namespace(self):
        pid = self.home.start()["pid"]
        before = ("unshare", "--user", "--map-root-user")
        if subprocess.run([*before, "true"], check=False).returncode:
            self.skipTest("no user namespaces")
        self.assert_status("running", self.apart("status", "--json", before=before), pid=pid)
        self.assert_exit(0, self.apart("stop", before=before))
        self.home.serving = False

    def test_in_namespaces_of_other_kinds(self):
        for kind in ("--net", "--ipc", "--uts", "--mount", "--cgroup", "--time"):
            before = ("unshare", kind)
            if subprocess.run([*before, "true"], check=False, stderr=subprocess.DEVNULL).returncode:
                continue
            with self.variant(kind):
                pid = self.home.start()["pid"]
                self.assert_status("running", self.apart("status", "--json", before=before), pid=pid)
                self.assert_exit(0, self.apart("restart", *NO_WINDOW, before=before))
                self.assert_state("running")
                self.assert_exit(0, self.apart("stop", before=before))
                self.home.serving = False
                self.assert_nothing_left()

    def test_two_containers_write_the_same_files(self):
        """Each of them is process 1 or 2 of its own: no name may be made of that."""
        script = (f"for i in $(seq 40); do '{bin_dir()}/holonctl' --home '{self.home.path}' config set "
                  "description \"of $0, $i\" >/dev/null || exit 1; done")
        self.home.make()
        writers = [Running([*strangers.APART, "sh", "-c", script, str(number)], env=self.home.environment())
                   for number in range(2)]
        self.home.commands += writers
        for writer in writers:
            self.assert_exit(0, writer.finish())
        self.assertRegex(self.home.config()["description"], "^of [01], 40$")
        self.assertEqual([], [path.name for path in self.home.path.rglob("*.tmp*")])

    def test_two_runtimes_in_two_containers_never_live_at_once(self):
        self.start_in_a_container()
        result = self.apart("start", *NO_WINDOW, "--json")
        self.assertIn(result.exit, (0, 5), str(result))
        holond = [*strangers.APART, str(bin_dir() / "holond"), "--home", str(self.home.path)]
        second = Running(holond, env=self.home.environment())
        self.home.commands.append(second)
        self.assert_exit(1, second.finish())
        time.sleep(0.1)
        self.assertEqual(1, len([pid for pid in self.home.runtimes()
                                 if "unshare" not in processes.command_line(pid)]))

    def test_a_runtime_that_died_in_a_container_is_stale_and_can_be_followed(self):
        self.end_container(self.start_in_a_container())
        self.assert_state("stale")
        self.home.start()
        self.assert_state("running")


if __name__ == "__main__":
    main()
