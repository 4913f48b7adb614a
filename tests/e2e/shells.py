"""A shell at a terminal, as somebody types into it: what stands on its line after a Tab."""

import fcntl
import os
import pty
import select
import shlex
import shutil
import subprocess
import termios
import threading

import processes

# For each shell: how it starts without anybody's settings, and what makes Ctrl-O write the line to a file. @SCRIPT@ is
# the completion's, @FOLDER@ has it under the name that zsh looks for.
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"],
             "bind -x '\"\\C-o\": printf %s \"$READLINE_LINE\" > @LINE@.new && mv @LINE@.new @LINE@'\nsource @SCRIPT@\n"),
    "zsh": (["zsh", "-f", "-i"],
            "show() { print -rn -- \"$BUFFER\" > @LINE@.new && mv @LINE@.new @LINE@ }; zle -N show; bindkey '^O' show\n"
            "autoload -Uz compinit; compinit -u -D\nsource @SCRIPT@\n"),
    "zsh-autoload": (["zsh", "-f", "-i"],
                     "show() { print -rn -- \"$BUFFER\" > @LINE@.new && mv @LINE@.new @LINE@ }; zle -N show; bindkey '^O' show\n"
                     "fpath=(@FOLDER@ $fpath); autoload -Uz compinit; compinit -u -D\n"),
    "fish": (["fish", "--no-config", "--private", "-i"],
             "function show; commandline > @LINE@.new; mv @LINE@.new @LINE@; end; bind \\co show\nsource @SCRIPT@\n"),
}


def installed(shell):
    return shutil.which(SHELLS[shell][0][0]) is not None


class Shell:
    def __init__(self, shell, folder, script, environment):
        self.shell = shell
        arguments, setup = SHELLS[shell]
        self.line = folder / "line"
        master, slave = pty.openpty()
        self.master = master
        self.printed = b""
        self.process = subprocess.Popen(arguments, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0), cwd=folder,
                                        env={**environment, "TERM": "xterm", "HOME": str(folder)})
        os.close(slave)
        self.closing = threading.Event()
        self.reader = threading.Thread(target=self.read)
        self.reader.start()
        ready = folder / "ready"
        for name, value in (("@LINE@", self.line), ("@SCRIPT@", script), ("@FOLDER@", folder / "functions")):
            setup = setup.replace(name, shlex.quote(str(value)))
        self.type(setup + f"true > {shlex.quote(str(ready))}\n")
        processes.wait_until(ready.exists, f"{shell} has read its settings")

    def read(self):
        """What it prints must be taken, or it waits."""
        while not self.closing.is_set():
            if not select.select([self.master], [], [], 0.05)[0]:
                continue
            try:
                self.printed += os.read(self.master, 4096)
            except OSError:
                return

    def type(self, text):
        os.write(self.master, text.encode())

    def complete(self, text):
        """The line after these words and a Tab; it is empty again then."""
        self.line.unlink(missing_ok=True)
        self.type(text + "\t")
        self.type("\x0f")
        processes.wait_until(self.line.exists, f"{self.shell} shows its line")
        line = self.line.read_text(encoding="utf-8").rstrip("\n")
        self.type("\x15")
        return line

    def close(self):
        self.process.kill()
        self.process.wait()
        self.closing.set()
        self.reader.join()
        os.close(self.master)
