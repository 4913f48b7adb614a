"""Answers on a socket as a Holon would, with an answer that a test has written.

    fake_runtime.py --socket SOCKET --answer FILE

FILE holds what RuntimeStatus answers: a serialized RuntimeStatusResponse, in which this process fills in
its own pid, or with --raw any bytes at all. Needs the generated messages on PYTHONPATH.

    --lock FILE            holds the instance lock meanwhile, as a runtime does
    --await-go             first prints "locked" and waits for a line on standard input
    --record FILE          and writes the record of this process
    --on-shutdown exit     what the Shutdown call brings about: exit (default), vanish (before it answers) or nothing
    --uid UID              as that user, from before it listens
    --claimed-pid FILE     says that it is the process whose number stands in that file
    --restless SECONDS     is PHASE_STARTING and PHASE_DRAINING in turn, for so long each
    --ready-on-go          is PHASE_READY after a line on standard input, and says "ready" again

Prints "ready" once it answers, and "watched" for every client that follows it; ends when standard input ends.
"""

import argparse
import os
import sys
import threading
import time
from concurrent import futures

import grpc
from holon.v1 import runtime_control_pb2

import claims
from end_with_stdin import end_with_stdin

SERVICE = "holon.v1.RuntimeControl"


class FakeRuntime:
    """The service. `answer` is a RuntimeStatusResponse, or bytes that are none."""

    def __init__(self, answer, on_shutdown="exit", claimed_pid=None):
        self.answer = answer
        self.claimed_pid = claimed_pid
        self.on_shutdown = on_shutdown
        self.server = None
        self.changed = threading.Condition()

    def serve(self, socket):
        def unary(method):
            return grpc.unary_unary_rpc_method_handler(lambda request, context: method(request))

        handlers = {
            "RuntimeStatus": unary(lambda request: self.bytes()),
            "Readiness": unary(lambda request: self.bytes()),
            "Shutdown": unary(self.shutdown),
            "WatchRuntimeStatus": grpc.unary_stream_rpc_method_handler(self.watch),
        }
        self.server = grpc.server(futures.ThreadPoolExecutor(8))
        self.server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(SERVICE, handlers),)
        )
        self.server.add_insecure_port(f"unix:{socket}")
        self.server.start()

    def bytes(self):
        if self.claimed_pid:
            with open(self.claimed_pid, encoding="ascii") as file:
                self.answer.pid = int(file.read())
        return self.answer if isinstance(self.answer, bytes) else self.answer.SerializeToString()

    def become_ready(self):
        self.answer.healthy = True
        self.enter(runtime_control_pb2.PHASE_READY)

    def enter(self, phase):
        with self.changed:
            self.answer.phase = phase
            self.changed.notify_all()

    def be_restless(self, seconds):
        while True:
            for phase in (runtime_control_pb2.PHASE_STARTING, runtime_control_pb2.PHASE_DRAINING):
                self.enter(phase)
                time.sleep(seconds)

    def watch(self, request, context):
        """The present state and the one after, until the caller leaves."""

        def wake():
            with self.changed:
                self.changed.notify_all()

        shown = None
        context.add_callback(wake)
        print("watched", flush=True)
        while context.is_active():
            with self.changed:
                while context.is_active() and shown == self.bytes():
                    self.changed.wait()
                shown = self.bytes()
            response = runtime_control_pb2.WatchRuntimeStatusResponse()
            response.status.MergeFromString(shown)
            yield response.SerializeToString()

    def shutdown(self, request):
        print("told to shut down", file=sys.stderr, flush=True)
        if self.on_shutdown == "vanish":
            os._exit(0)
        if self.on_shutdown == "exit":
            threading.Timer(0.05, os._exit, (0,)).start()
        return runtime_control_pb2.ShutdownResponse(
            pid=os.getpid(),
            home_dir=self.answer.home_dir,
            shutdown_requested=True,
            instance_id=self.answer.instance_id,
        ).SerializeToString()


def load_answer(path, raw):
    with open(path, "rb") as file:
        content = file.read()
    if raw:
        return content
    answer = runtime_control_pb2.RuntimeStatusResponse.FromString(content)
    answer.pid = os.getpid()
    return answer


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--socket", required=True)
    parser.add_argument("--answer", required=True)
    parser.add_argument("--raw", action="store_true")
    parser.add_argument("--lock")
    parser.add_argument("--await-go", action="store_true")
    parser.add_argument("--record")
    parser.add_argument("--on-shutdown", choices=["exit", "vanish", "nothing"], default="exit")
    parser.add_argument("--uid", type=int)
    parser.add_argument("--claimed-pid")
    parser.add_argument("--restless", type=float)
    parser.add_argument("--ready-on-go", action="store_true")
    options = parser.parse_args()

    lock = claims.take_instance_lock(options.lock) if options.lock else None
    if options.await_go:
        print("locked", flush=True)
        sys.stdin.readline()
    answer = load_answer(options.answer, options.raw)
    if options.record:
        own = claims.record(
            os.getpid(), answer.home_dir, options.socket, instance_id=answer.instance_id
        )
        claims.write_record(options.record, own)
    claims.become(options.uid)
    if options.uid:
        os.umask(0)
    runtime = FakeRuntime(answer, options.on_shutdown, options.claimed_pid)
    runtime.serve(options.socket)
    print("ready", flush=True)
    if options.restless:
        threading.Thread(target=runtime.be_restless, args=[options.restless], daemon=True).start()
    if options.ready_on_go:
        sys.stdin.readline()
        runtime.become_ready()
        print("ready", flush=True)
    end_with_stdin()
    threading.Event().wait()
    del lock


if __name__ == "__main__":
    main()
