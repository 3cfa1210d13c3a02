"""An agent's desk: the caller, buttons to accept, reject and complete, the activity.

Ported line by line from ``agent_desk.js``.
"""

import json
import os

from page import onClick, run, show, value

from taskrouter_sync import Twilio


worker = Twilio.TaskRouter.Worker(os.environ["WORKER_TOKEN"], False)
activities = {}
reservation = None


def showError(error):
    show("error", error.message)


def onReady(worker):
    show("agent", worker.friendlyName + " is " + worker.activityName)


worker.on("ready", onReady)


def onActivity(worker):
    show("agent", worker.friendlyName + " is " + worker.activityName)


worker.on("activity.update", onActivity)


def onError(error):
    show(
        "error",
        f"Websocket had an error: {error.response} with message: {error.message}",
    )


worker.on("error", onError)


def onCreated(created):
    global reservation
    attributes = created.task.attributes
    reservation = created
    show("caller", attributes.from_ or "unknown")
    if attributes.selected_language:
        show("language", attributes.selected_language.upper())
    else:
        show("language", "any")
    show("order", f"order {attributes.order_number}")
    for item in attributes.get("items") or []:
        show("item", item)
    show("call", "ringing")


worker.on("reservation.created", onCreated)


for name in ["rejected", "timeout", "canceled", "rescinded", "completed"]:

    def onOver(over, name=name):
        global reservation
        if reservation and reservation.sid == over.sid:
            reservation = None
            show("call", name)

    worker.on("reservation." + name, onOver)


def onActivities(error, list):
    if error:
        showError(error)
        return
    for activity in list.data:
        activities[activity.friendlyName] = activity.sid
    show("activities", ", ".join(activities))


worker.activities.fetch(onActivities)


def onAcceptClick():
    if not reservation:
        show("error", "nobody is calling")
        return

    def onAccepted(error, accepted):
        if error:
            showError(error)
            return
        for property in accepted:
            if property == "reservationStatus":
                show("call", accepted[property])
        task = accepted.task
        task.attributes.greeted = True

        def onUpdated(error, task):
            if error:
                showError(error)
                return
            show("greeted", task.attributes.greeted)

        task.update("Attributes", json.dumps(task.attributes), onUpdated)

    reservation.accept(onAccepted)


onClick("accept", onAcceptClick)


def onRejectClick():
    if not reservation:
        show("error", "nobody is calling")
        return

    def onRejected(error):
        if error:
            showError(error)

    reservation.reject(activities["Break"], onRejected)


onClick("reject", onRejectClick)


def onCompleteClick():
    def onCompleted(error, task):
        if error:
            showError(error)
            return
        show("done", task.assignmentStatus + ": " + task.reason)

    worker.completeTask(reservation.taskSid, onCompleted, "solved")


onClick("complete", onCompleteClick)


def onChangeClick():
    def onUpdated(error, worker):
        if error:
            showError(error)

    worker.update("ActivitySid", activities.get(value("activity")), onUpdated)


onClick("change", onChangeClick)

run()
worker.close()
