"""Text that a stranger controls goes nowhere as it is, and what is said of the runtime itself is true."""

import resource
import socket
import subprocess

from case import NO_WINDOW, CaseTest, processes, strangers
import stubs
from harness import main
from peers import FakeRuntime, answer_of

SECRET = "Sesame-4711"
ESCAPE = "\x1b[31m"
NASTY = f"x\nREADY=1\nMAINPID=1\n--password={SECRET} {ESCAPE}"
LISTENER = """
import socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(5)
print("ready", flush=True)
while True:
    listener.accept()[0].close()
"""
COMMANDS = (["status", "--json"], ["status"], ["doctor"], ["doctor", "--json"], ["start", *NO_WINDOW],
            ["ensure", *NO_WINDOW], ["stop"], ["stop", "--plan"], ["stop", "--force"], ["failures", "--json"], ["logs"],
            ["list"], ["cleanup"], ["run", "--", "true"])


class StrangersWordsTest(CaseTest):
    def stand_at_the_socket(self):
        self.home.make()
        stranger = subprocess.Popen([NASTY, "-c", LISTENER, str(self.home.socket)], executable="/usr/bin/python3",
                                    stdout=subprocess.PIPE, env={"PATH": "/usr/bin", "HOME": str(self.home.root)})
        self.addCleanup(stranger.stdout.close)
        self.addCleanup(stranger.wait)
        self.addCleanup(stranger.kill)
        self.assertEqual(b"ready\n", stranger.stdout.readline())
        self.home.leaves_files = True
        return stranger

    def assert_clean(self, text, where):
        self.assertNotIn(SECRET, text, where)
        self.assertNotIn(ESCAPE, text, where)
        self.assertNotRegex(text, r"(?m)^(READY=1|MAINPID=1)$", where)

    def assert_files_clean(self):
        for path in self.home.path.rglob("*"):
            if path.is_file():
                self.assert_clean(path.read_text(encoding="utf-8", errors="replace"), path)

    def test_the_command_line_of_whoever_stands_at_the_socket(self):
        stranger = self.stand_at_the_socket()
        for command in COMMANDS:
            result = self.home.ctl(*command)
            self.assert_clean(result.out + result.err, command)
        self.assert_files_clean()
        self.assertIsNone(stranger.poll())

    def test_the_service_manager_is_told_none_of_it(self):
        self.stand_at_the_socket()
        manager = strangers.Manager(self.home.root)
        self.addCleanup(manager.close)
        result = self.home.holond(env={"NOTIFY_SOCKET": manager.path})
        self.assertNotEqual(0, result.exit)
        told = manager.lines()
        self.assertNotIn("READY=1", told)
        self.assertNotIn("MAINPID=1", told)
        self.assert_clean("\n".join(told) + result.out + result.err, "told")

    def test_who_holds_the_lock(self):
        self.home.make()
        script = ("import fcntl, sys, time; f = open(sys.argv[1], 'a+'); "
                  "import struct; fcntl.fcntl(f, fcntl.F_OFD_SETLK, struct.pack('hhqqi', 1, 0, 0, 0, 0)); "
                  "print('ready', flush=True); time.sleep(600)")
        holder = subprocess.Popen([NASTY, "-c", script, str(self.home.lock_file)], executable="/usr/bin/python3",
                                  stdout=subprocess.PIPE)
        self.addCleanup(holder.stdout.close)
        self.addCleanup(holder.wait)
        self.addCleanup(holder.kill)
        self.assertEqual(b"ready\n", holder.stdout.readline())
        self.home.lock_file.chmod(0o600)
        for command in COMMANDS:
            result = self.home.ctl("--timeout", "500ms", *command)
            self.assert_clean(result.out + result.err, command)
        result = self.home.holond()
        self.assert_clean(result.out + result.err, "holond")
        self.assert_files_clean()

    def test_what_a_fake_runtime_says(self):
        self.home.make()
        self.home.leaves_files = True
        answer = answer_of(self.home, home_dir=f"/elsewhere{NASTY}", version=NASTY, instance_id=NASTY,
                           contract_version="9.9")
        self.keep(FakeRuntime(self.home, answer))
        for command in COMMANDS:
            result = self.home.ctl(*command)
            self.assertNotIn(ESCAPE, result.out + result.err, command)
            self.assertNotRegex(result.err, r"(?m)^(READY=1|MAINPID=1)$", command)

    def test_what_a_client_says_of_itself(self):
        self.home.start()
        channel, control = stubs.control(self.home.socket)
        request = stubs.message("ShutdownRequest")(reason=NASTY)
        request.caller.command = NASTY
        with channel:
            control.Shutdown(request, timeout=30)
        processes.wait_until(lambda: not self.home.runtimes(), "it has ended")
        self.home.serving = False
        log = self.home.log()
        self.assertNotIn(ESCAPE, log)
        self.assertNotRegex(log, r"(?m)^(READY=1|MAINPID=1)")
        for command in (["logs"], ["logs", "--audit"], ["status"]):
            self.assertNotIn(ESCAPE, self.home.ctl(*command).out)

    def test_the_name_of_a_program(self):
        """The short name that the kernel keeps is a stranger's, too."""
        self.home.make()
        self.home.leaves_files = True
        script = "open('/proc/self/comm', 'w').write('a\\x1b[31m\\nREADY=1')\n" + LISTENER
        stranger = subprocess.Popen(["/usr/bin/python3", "-c", script, str(self.home.socket)], stdout=subprocess.PIPE)
        self.addCleanup(stranger.stdout.close)
        self.addCleanup(stranger.wait)
        self.addCleanup(stranger.kill)
        self.assertEqual(b"ready\n", stranger.stdout.readline())
        for command in COMMANDS:
            result = self.home.ctl(*command)
            self.assert_clean(result.out + result.err, command)


class TrueWordsTest(CaseTest):
    def test_a_runtime_without_descriptors_is_no_stranger_to_itself(self):
        def few():
            resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))

        self.assert_exit(0, self.home.ctl("start", *NO_WINDOW, preexec_fn=few))
        self.home.serving = True
        held = []
        for _ in range(300):
            client = socket.socket(socket.AF_UNIX)
            client.settimeout(0.3)
            try:
                client.connect(str(self.home.socket))
            except OSError:
                break
            held.append(client)
        message = self.home.status().json["message"]
        for client in held:
            client.close()
        self.assertNotRegex(message, rf"not Holon.*\b{self.home.pid()}\b")

    def test_what_cannot_be_looked_at_is_said_as_such(self):
        """No descriptor for a look: that is neither stopped nor stale."""
        self.home.start()

        def none():
            resource.setrlimit(resource.RLIMIT_NOFILE, (4, 4))

        result = self.home.status(preexec_fn=none)
        self.assertNotIn('"state":"stopped"', result.out)
        self.assertNotIn('"state":"stale"', result.out)
        self.assertGreaterEqual(result.exit, 0)
        self.assertNotEqual(134, result.exit)


if __name__ == "__main__":
    main()
