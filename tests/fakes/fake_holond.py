"""Stands where holonctl looks for holond, and starts in a way of its own.

    fake_holond.py BEHAVIOUR REAL_HOLOND HOLOND_ARGUMENTS…

    fails         says why on stderr, with what plays with a terminal, and exits with status 3
    crashes       is ended by SIGSEGV
    hangs         never says anything
    steps         tells of its progress for a while, then becomes the real holond
    extends       asks for more time, says nothing more for a while, then becomes the real holond
    lies          says that it is ready and answers nobody
    recovers      answers as STARTING, tells of its progress, and never is ready
    quits         is ready, and exits with status 7 a moment later
    deaf          is ready, ignores Shutdown and SIGTERM, and has a child in its process group

Needs the generated messages on PYTHONPATH for the last three.
"""

import argparse
import os
import pathlib
import resource
import signal
import socket
import subprocess
import sys
import time
import uuid

import claims

# More often than any start time-out that a test sets.
STEP_SECONDS = 0.25
STEPS = int(os.environ.get("FAKE_HOLOND_STEPS", "14"))


def notify(message):
    address = os.environ["NOTIFY_SOCKET"].replace("@", "\0", 1)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(message.encode(), address)


def sleep_for_ever():
    while True:
        signal.pause()


def fails(become_real, home):
    print("boom: the state of this home cannot be read \x1b]0;owned\x07\x1b[2J", file=sys.stderr, flush=True)
    sys.exit(3)


def crashes(become_real, home):
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.kill(os.getpid(), signal.SIGSEGV)


def hangs(become_real, home):
    sleep_for_ever()


def steps(become_real, home):
    for step in range(STEPS):
        notify(f"STATUS=recovering, step {step} of {STEPS}")
        time.sleep(STEP_SECONDS)
    become_real()


def extends(become_real, home):
    notify("EXTEND_TIMEOUT_USEC=60000000")
    time.sleep(STEPS * STEP_SECONDS)
    become_real()


def lies(become_real, home):
    notify("READY=1")
    sleep_for_ever()


def recovers(become_real, home):
    serve(home, "PHASE_STARTING")
    step = 0
    while True:
        notify(f"STATUS=recovering, step {step}")
        time.sleep(STEP_SECONDS)
        step += 1


def quits(become_real, home):
    serve(home, "PHASE_READY")
    notify("READY=1")
    time.sleep(0.3)
    print("boom: out of luck", file=sys.stderr, flush=True)
    os._exit(7)


def deaf(become_real, home):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    subprocess.Popen(["sleep", "1000"])
    serve(home, "PHASE_READY")
    notify("READY=1")
    sleep_for_ever()


def serve(home, phase):
    """Takes the home as a runtime would, and answers with the configuration of FAKE_CONFIG, if it is set."""
    from holon.v1 import runtime_control_pb2
    from fake_runtime import FakeRuntime

    run = home / "run"
    own_socket = run / "holon.sock"
    answer = runtime_control_pb2.RuntimeStatusResponse(
        contract_version="1.0",
        version="0.1.0",
        instance_id=str(uuid.uuid4()),
        pid=os.getpid(),
        phase=phase,
        healthy=phase == "PHASE_READY",
        home_dir=str(home),
        socket_path=str(own_socket),
    )
    answer.started_at.GetCurrentTime()
    if "FAKE_CONFIG" in os.environ:
        config = runtime_control_pb2.RuntimeStatusResponse.FromString(
            pathlib.Path(os.environ["FAKE_CONFIG"]).read_bytes()
        )
        answer.config_fingerprint = config.config_fingerprint
        answer.config.MergeFrom(config.config)
    serve.lock = claims.take_instance_lock(run / "holon.lock")
    claims.write_record(
        run / "daemon.json",
        claims.record(os.getpid(), home, own_socket, instance_id=answer.instance_id),
    )
    (run / "holon.pid").write_text(f"{os.getpid()}\n", encoding="ascii")
    serve.runtime = FakeRuntime(answer, on_shutdown="nothing")
    serve.runtime.serve(own_socket)


BEHAVIOURS = [fails, crashes, hangs, steps, extends, lies, recovers, quits, deaf]


def main():
    behaviour, real, *arguments = sys.argv[1:]
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=pathlib.Path, required=True)
    options, _ = parser.parse_known_args(arguments)

    def become_real():
        os.execv(real, [real, *arguments])

    if "--check" in arguments:
        become_real()
    {function.__name__: function for function in BEHAVIOURS}[behaviour](become_real, options.home)


if __name__ == "__main__":
    main()
