"""A desk that takes calls in conferences: hold, resume and wrap up.

Ported line by line from ``conference_desk.js``.
"""

import os

from page import onClick, post, run, show

from taskrouter_sync import Twilio


class Desk:
    def __init__(self, worker):
        self.worker = worker
        self.reservation = None
        self.held = False
        worker.on("reservation.created", self.onCreated)
        worker.on("reservation.accepted", self.onAccepted)
        worker.on("reservation.wrapup", self.onWrapup)
        worker.on("reservation.completed", self.onCompleted)

    def onCreated(self, reservation):
        self.reservation = reservation
        attributes = reservation.task.attributes
        show("caller", f"{attributes.from_} to {attributes.to}")
        options = {
            "From": reservation.task.attributes.to,
            "To": self.worker.attributes.contact_uri,
            "ConferenceRecord": "true",
            "EndConferenceOnExit": "true",
        }

        def onConference(error, reservation):
            if error:
                show("error", error.message)
                return
            show("call", "conference started")

        reservation.conference(None, None, None, None, onConference, options)

    def onAccepted(self, reservation):
        self.reservation = reservation
        show("call", reservation.task.assignmentStatus)

    def onWrapup(self, reservation):
        show("call", "wrapping up")

    def onCompleted(self, reservation):
        self.reservation = None
        show("call", "completed")

    def hold(self):
        conference = self.reservation.task.attributes.conference
        if not conference:
            show("error", "there is no conference")
            return

        def onPosted(status):
            if status != 200:
                show("error", f"hold: {status}")
                return
            self.held = not self.held
            show("hold", "on" if self.held else "off")

        # Holding a caller takes the REST API and the account, so the server does it.
        post(
            "/hold",
            {
                "conference": conference.sid,
                "participant": conference.participants.customer,
                "hold": not self.held,
            },
            onPosted,
        )

    def refresh(self):
        def onTask(error, task):
            self.reservation.task.attributes.conference = task.attributes.conference
            show("conference", "known" if task.attributes.conference else "unknown")

        self.reservation.task.fetch(onTask)

    def complete(self):
        def onCompleted(error, task):
            if error:
                show("error", error.message)
                return
            show("reason", task.reason)

        self.reservation.task.complete(onCompleted, "the caller is happy")


worker = Twilio.TaskRouter.Worker(
    os.environ["WORKER_TOKEN"], False, None, os.environ["OFFLINE_SID"]
)


def onReady(ready):
    def onUpdated(error, updated):
        show("agent", worker.friendlyName)
        desk = Desk(worker)
        onClick("hold", desk.hold)
        onClick("refresh", desk.refresh)
        onClick("complete", desk.complete)
        show("desk", "open")

    worker.update({"FriendlyName": "Alice at desk 7"}, onUpdated)


worker.once("ready", onReady)

run()
worker.close()
