"""A caller and an agent meet in a conference, with options of the REST API."""

import sys
import threading

import local

from taskrouter_sync import Twilio


def main():
    done = threading.Event()
    with local.backend() as backend:
        worker = Twilio.TaskRouter.Worker(backend.worker_token(), False)

        options = {
            "ConferenceStatusCallback": "https://requestb.in/wzfljiwz",
            "ConferenceStatusCallbackEvent": "start,end",
            "ConferenceRecord": "true",
            "ConferenceRecordingStatusCallback": "https://requestb.in/wzfljiwz",
            "EndConferenceOnExit": "true",
        }

        def on_created(reservation):
            reservation.conference(None, None, None, None, on_conference, options)

        def on_conference(error, reservation):
            if error:
                print(error.code)
                print(error.message)
                return
            print("conference initiated")

        def on_accepted(reservation):
            print("all are in the conference: " + reservation.task.assignmentStatus)
            done.set()

        worker.on("reservation.created", on_created)
        worker.on("reservation.accepted", on_accepted)

        worker.wait_until_ready(10)
        backend.create_task(
            {
                "call_sid": "CA" + "0" * 32,
                "from": "+15551234567",
                "to": "+15557654321",
            }
        )
        finished = done.wait(10)
        worker.close()
    return 0 if finished else 1


if __name__ == "__main__":
    sys.exit(main())
