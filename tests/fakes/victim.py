"""A bystander. Prints the name of every signal that reaches it, and goes on living.

What cannot be caught shows all the same: SIGKILL as its exit status, SIGSTOP by its silence.
"""

import signal

from end_with_stdin import end_with_stdin


def main():
    caught = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}
    signal.pthread_sigmask(signal.SIG_BLOCK, caught)
    end_with_stdin()
    print("ready", flush=True)
    while True:
        print(signal.Signals(signal.sigwait(caught)).name, flush=True)


if __name__ == "__main__":
    main()
