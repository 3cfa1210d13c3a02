"""Call the agent, and accept the reservation once the call is bridged."""

import sys
import threading

import local

from taskrouter_sync import Twilio


def main():
    done = threading.Event()
    with local.backend() as backend:
        worker = Twilio.TaskRouter.Worker(backend.worker_token(), False)

        def on_created(reservation):
            reservation.call(
                "18004746453",
                "http://twimlbin.com/451369ae",
                "http://requestb.in/13285vq1",
                "false",
                None,
                "client:joey",
                on_call,
            )

        def on_call(error, reservation):
            if error:
                print(error.code)
                print(error.message)
                return
            print("the agent is called: " + reservation.reservationStatus)
            # The TwiML of the call connects the two; then the page accepts.
            reservation.accept(on_accept)

        def on_accept(error, reservation):
            if error:
                print(error.code)
                print(error.message)
                return
            print("reservation accepted: " + reservation.reservationStatus)
            done.set()

        worker.on("reservation.created", on_created)

        worker.wait_until_ready(10)
        backend.create_task({"call_sid": "CA" + "0" * 32, "from": "+15551234567"})
        finished = done.wait(10)
        worker.close()
    return 0 if finished else 1


if __name__ == "__main__":
    sys.exit(main())
