"""What holond tells whoever starts it: the sd_notify protocol, as systemd speaks it."""

import signal
import uuid

import strangers
from harness import HolonTest, main


class NotifyTest(HolonTest):
    def serve_notifying(self, address):
        return self.serve(wait=False, env={"NOTIFY_SOCKET": address})

    def end(self, holond):
        holond.signal(signal.SIGTERM)
        return holond.finish()

    def test_it_tells_of_its_steps_then_that_it_is_ready_then_that_it_stops(self):
        manager = self.keep(strangers.Manager())
        holond = self.serve_notifying(manager.path)
        starting = manager.read_until("READY=1")
        before = starting[:starting.index("READY=1")]
        self.assertTrue([line for line in before if line.startswith("STATUS=")], starting)
        self.assertNotIn("STOPPING=1", starting)
        # Ready means that it answers, and as the one who said so.
        self.assert_state("running", pid=holond.pid)
        self.assert_exit(0, self.end(holond))
        stopping = manager.read_until("STOPPING=1")
        self.assertNotIn("READY=1", stopping)
        self.assertTrue([line for line in stopping if line.startswith("STATUS=")], stopping)

    def test_a_socket_with_a_path_will_do(self):
        manager = self.keep(strangers.Manager(self.home.root))
        holond = self.serve_notifying(manager.path)
        manager.read_until("READY=1")
        self.assert_exit(0, self.end(holond))

    def test_where_nobody_listens_it_serves_all_the_same(self):
        for address in ("@nobody-" + str(uuid.uuid4()), "/no/such/folder/notify", "x" * 200, ""):
            with self.subTest(address):
                holond = self.serve_notifying(address)
                self.assert_exit(0, self.home.ctl("wait", "--for", "ready"))
                self.assert_exit(0, self.end(holond))

    def test_a_refusal_is_told_and_never_ready(self):
        self.home.start()
        manager = self.keep(strangers.Manager())
        second = self.home.spawn_holond(env={"NOTIFY_SOCKET": manager.path})
        self.assert_exit(1, second.finish())
        told = manager.lines()
        self.assertIn(str(self.home.pid()), str(told))
        self.assertNotIn("READY=1", told)


if __name__ == "__main__":
    main()
