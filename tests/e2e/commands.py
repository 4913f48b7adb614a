"""A command of the product, run to its end or watched while it runs."""

import json
import os
import select
import signal
import subprocess
import time

from processes import HANG_SECONDS


class Result:
    """How a command ended."""

    def __init__(self, arguments, exit_code, out, err):
        self.arguments = arguments
        self.exit = exit_code
        self.out = out
        self.err = err

    def __str__(self):
        command = " ".join(str(argument) for argument in self.arguments)
        return f"$ {command}\nexit {self.exit}\nstdout: {self.out}\nstderr: {self.err}"

    @property
    def json(self):
        """The one document on stdout."""
        lines = self.out.splitlines()
        if len(lines) != 1:
            raise AssertionError(f"not one JSON document:\n{self}")
        return parse(lines[0], self)

    @property
    def json_lines(self):
        return [parse(line, self) for line in self.out.splitlines()]


def parse(line, context):
    def refuse_twice(pairs):
        keys = [key for key, _ in pairs]
        if len(keys) != len(set(keys)):
            raise AssertionError(f"a key stands twice:\n{context}")
        return dict(pairs)

    try:
        line.encode()  # Bytes that were no UTF-8 do not pass.
        return json.loads(line, object_pairs_hook=refuse_twice)
    except ValueError as error:
        raise AssertionError(f"not JSON ({error}):\n{context}") from None


class Running:
    """A command that runs. Its output is read as it comes, so that it never blocks on us."""

    def __init__(self, arguments, **options):
        self.arguments = arguments
        self.process = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            **options,
        )
        self.pid = self.process.pid
        self.streams = {self.process.stdout.fileno(): bytearray(),
                        self.process.stderr.fileno(): bytearray()}
        self.out, self.err = self.streams.values()
        self.poller = select.poll()
        for fd in self.streams:
            self.poller.register(fd, select.POLLIN)
        self.open = set(self.streams)
        self.taken = 0

    def _read(self, enough, seconds):
        """Reads until `enough()`, or both streams have ended. False: neither came in time."""
        end = time.monotonic() + seconds
        while self.open and not enough():
            rest = end - time.monotonic()
            if rest <= 0:
                return False
            for fd, _ in self.poller.poll(rest * 1000):
                content = os.read(fd, 65536)
                self.streams[fd] += content
                if not content:
                    self.poller.unregister(fd)
                    self.open.remove(fd)
        return True

    def read_line(self, seconds=HANG_SECONDS):
        """The next line of stdout; None at its end."""
        has_line = lambda: self.out.find(b"\n", self.taken) >= 0
        if not self._read(has_line, seconds):
            raise AssertionError(f"no line came: {self.arguments}\nstderr: {self.err.decode()}")
        if not has_line():
            return None
        end = self.out.index(b"\n", self.taken)
        line = self.out[self.taken:end].decode()
        self.taken = end + 1
        return line

    def read_json(self):
        return parse(self.read_line(), self.arguments)

    def read_error(self, text):
        """Waits until stderr holds `text`."""
        self._read(lambda: text.encode() in self.err, HANG_SECONDS)
        if text.encode() not in self.err:
            raise AssertionError(f"stderr never said {text!r}: {self.err.decode()}")

    def signal(self, number):
        self.process.send_signal(number)

    def finish(self, seconds=HANG_SECONDS):
        """Waits for the end. Also hangs, and says so, where somebody else keeps its output open."""
        if not self._read(lambda: False, seconds):
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"hangs, or its output is held open:\n{self.result(None)}")
        return self.result(self.process.wait(seconds))

    def result(self, exit_code):
        if exit_code is not None and exit_code < 0:
            exit_code = 128 - exit_code  # Ended by a signal, as shells say it.
        for stream in (self.process.stdout, self.process.stderr):
            stream.close()
        return Result(self.arguments, exit_code, self.out.decode(errors="surrogateescape"),
                      self.err.decode(errors="surrogateescape"))

    def interrupt(self):
        self.signal(signal.SIGINT)
        return self.finish()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for stream in (self.process.stdout, self.process.stderr):
            stream.close()
