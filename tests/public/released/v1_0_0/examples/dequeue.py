"""A caller waits in the queue: call the agent, connect them, record the call."""

import sys
import threading

import local

from taskrouter_sync import Twilio


def main():
    done = threading.Event()
    with local.backend() as backend:
        worker = Twilio.TaskRouter.Worker(backend.worker_token(), False)

        def on_created(reservation):
            reservation.dequeue(
                "18004746453",
                None,
                "record-from-answer",
                "30",
                "http://requestb.in/13285vq1",
                "client:joey",
                on_dequeue,
            )

        def on_dequeue(error, reservation):
            if error:
                print(error.code)
                print(error.message)
                return
            print("reservation dequeued")

        def on_accepted(reservation):
            print("the caller and the agent talk: " + reservation.task.assignmentStatus)
            done.set()

        worker.on("reservation.created", on_created)
        worker.on("reservation.accepted", on_accepted)

        worker.wait_until_ready(10)
        backend.create_task({"call_sid": "CA" + "0" * 32, "from": "+15551234567"})
        finished = done.wait(10)
        worker.close()
    return 0 if finished else 1


if __name__ == "__main__":
    sys.exit(main())
