"""An agent accepts what comes and completes it: the first page of the documentation."""

import sys
import threading

import local

from taskrouter_sync import Twilio


def main():
    done = threading.Event()
    with local.backend() as backend:
        worker = Twilio.TaskRouter.Worker(backend.worker_token(), False)

        def on_ready(worker):
            print(worker.sid)
            print(worker.friendlyName)
            print(worker.activityName)
            print(worker.available)

        def on_created(reservation):
            print(reservation.task.attributes)
            print(reservation.task.priority)
            print(reservation.task.age)
            print(reservation.task.sid)
            print(reservation.sid)
            reservation.accept(on_accept)

        def on_accept(error, reservation):
            if error:
                print(error.code)
                print(error.message)
                return
            print("reservation accepted")
            for property in reservation:
                print(property + " : " + str(reservation[property]))
            reservation.task.complete(on_complete)

        def on_complete(error, task):
            if error:
                print(error.code)
                print(error.message)
                return
            print(task.assignmentStatus)

        worker.on("ready", on_ready)
        worker.on("reservation.created", on_created)
        worker.on("reservation.completed", lambda reservation: done.set())

        worker.wait_until_ready(10)
        backend.create_task({"topic": "an agent"})
        finished = done.wait(10)
        worker.close()
    return 0 if finished else 1


if __name__ == "__main__":
    sys.exit(main())
