"""Random sequences of everything that can happen to a home, by four clients at once. After each: the verdict is
the truth as /proc tells it, there is never a second runtime, and a stop leaves nothing but logs.

HOLON_STORM_SEQUENCES=2000 runs that many (40 unless told); HOLON_STORM_SEED=N replays the one that failed.
"""

import os
import random
import signal
import threading

import processes
from harness import EXIT_OF_STATE, NO_WINDOW, Home, HolonTest, main

SEQUENCES = int(os.environ.get("HOLON_STORM_SEQUENCES", "40"))
SEED = os.environ.get("HOLON_STORM_SEED")
CLIENTS = 4
STEPS = 3

# How a command may end in a storm: done, overtaken by another client, told that somebody does not answer, or
# given up on what was suspended while it started.
ALLOWED_EXITS = {0, 1, 3, 4, 124}
START = (*NO_WINDOW, "--start-timeout", "2s")


class Storm:
    """One sequence. What the clients do is decided by the seed; how it falls out is not."""

    def __init__(self, home, seed):
        self.home = home
        self.random = random.Random(seed)
        self.done = []

    def command(self, *arguments):
        result = self.home.ctl(*arguments, "--json")
        if result.exit not in ALLOWED_EXITS:
            raise AssertionError(f"nothing allows this:\n{result}")
        if result.json["ok"] != (result.exit == 0):
            raise AssertionError(f"exit code and document differ:\n{result}")

    def signal(self, number):
        for pid in self.home.runtimes():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def truncate_record(self):
        try:
            os.truncate(self.home.record_file, 10)
        except FileNotFoundError:
            pass

    def actions(self):
        return {
            "start": lambda: self.command("start", *START),
            "stop": lambda: self.command("stop", "--term-timeout", "2s"),
            "restart": lambda: self.command("restart", *START),
            "ensure": lambda: self.command("ensure", *START),
            "kill -9": lambda: self.signal(signal.SIGKILL),
            "kill -STOP": lambda: self.signal(signal.SIGSTOP),
            "kill -CONT": lambda: self.signal(signal.SIGCONT),
            "delete socket": lambda: self.home.socket.unlink(missing_ok=True),
            "truncate record": self.truncate_record,
        }

    def run(self):
        actions = self.actions()
        plans = [self.random.choices(list(actions), k=STEPS) for _ in range(CLIENTS)]
        errors = []

        def follow(plan):
            try:
                for action in plan:
                    actions[action]()
            except Exception as error:  # Told by the main thread.
                errors.append(error)

        threads = [threading.Thread(target=follow, args=(plan,)) for plan in plans]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.done = plans
        if errors:
            raise errors[0]

    def truth(self):
        """What /proc says, as the states that may be told of it."""
        alive = self.home.runtimes()
        if len(alive) > 1:
            raise AssertionError(f"{len(alive)} runtimes")
        if not alive:
            return {"stopped", "stale"}
        return {"unresponsive"} if processes.state_of(alive[0]) == "T" else {"running"}


class StormTest(HolonTest):
    def test_whatever_happens_the_verdict_is_the_truth(self):
        seeds = [int(SEED)] if SEED else random.sample(range(1 << 31), SEQUENCES)
        for seed in seeds:
            storm = Storm(Home(), seed)
            try:
                storm.run()
                self.settle(storm)
                self.come_to_rest(storm)
            except Exception as error:
                raise AssertionError(
                    f"replay with HOLON_STORM_SEED={seed}: {storm.done}\n{error}\n"
                    f"log: {storm.home.log()[-4000:]}") from error
            finally:
                complaints = storm.home.close()
            self.assertEqual([], complaints, f"HOLON_STORM_SEED={seed}")

    def settle(self, storm):
        """Whoever was refused is gone soon; then verdict and truth must agree at one moment."""
        processes.wait_until(lambda: len(storm.home.runtimes()) <= 1, "one runtime at most")

        def agrees():
            before = storm.truth()
            result = storm.home.status()
            if storm.truth() != before:
                return False
            state = result.json["state"]
            self.assertEqual(EXIT_OF_STATE[state], result.exit)
            return state in before

        processes.wait_until(agrees, "verdict and truth agree", seconds=20)

    def come_to_rest(self, storm):
        result = storm.home.ctl("stop", "--json", "--term-timeout", "2s")
        self.assert_exit(0, result)
        self.assertEqual([], storm.home.runtimes())
        self.assertEqual(set(), storm.home.lifecycle_files())
        left = {path.name for path in storm.home.run_dir.glob("*")} if storm.home.run_dir.exists() else set()
        allowed = {"daemon.log", "holon.lock", "lifecycle.lock", "failures.json", "audit.log"}
        self.assertLessEqual(left, allowed)


if __name__ == "__main__":
    main()
