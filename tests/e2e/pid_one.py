"""Process 1 of a pid namespace, named by a daemon record: what status and stop make of it, and whether it was
signalled. Called by identity_test.py as `pid_one.py SCENARIO BIN HOME`; prints JSON."""

import json
import os
import signal
import subprocess
import sys

from processes import claims, kill


def main():
    scenario, binaries, home = sys.argv[1:]
    caught = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}
    signal.pthread_sigmask(signal.SIG_BLOCK, caught)

    def ctl(*arguments):
        # What is blocked here would be blocked there.
        return subprocess.run(
            [f"{binaries}/holonctl", "--home", home, *arguments], capture_output=True, text=True,
            preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, caught), check=False)

    record_file = f"{home}/run/daemon.json"
    if scenario == "dead":
        os.makedirs(f"{home}/run", mode=0o700)
        os.chmod(home, 0o700)
    else:
        started = ctl("start", "--stability-window", "0")
        assert started.returncode == 0, started.stderr
    if scenario == "suspended":
        with open(record_file, encoding="utf-8") as file:
            kill(int(json.load(file)["identity"]["pid"]), signal.SIGSTOP)
    claims.write_record(record_file, claims.record(1, home, f"{home}/run/holon.sock"))

    status = ctl("status", "--json")
    stop = ctl("stop", "--json", "--force", "--term-timeout", "5s")
    signals = []
    while (got := signal.sigtimedwait(caught, 0)) is not None:
        signals.append(signal.Signals(got.si_signo).name)
    print(json.dumps({"status": status.returncode, "state": json.loads(status.stdout)["state"],
                      "stop": stop.returncode, "signals": signals}))


if __name__ == "__main__":
    main()
