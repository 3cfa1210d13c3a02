"""A supervisor's list of workers, page by page, with a button to change an activity.

Ported line by line from ``supervisor.js``.
"""

import os
from datetime import datetime, timezone

from page import onClick, run, show, value

from taskrouter_sync import Twilio


workspace = Twilio.TaskRouter.Workspace(os.environ["WORKSPACE_TOKEN"], False)
workers = {}
activities = {}


def minutes(date):
    return int((datetime.now(timezone.utc) - date).total_seconds() // 60)


def showWorker(worker):
    skills = (
        "+".join(worker.attributes.skills) if worker.attributes.skills else "no skills"
    )
    workers[worker.friendlyName] = worker.sid
    show(
        "worker",
        f"{worker.friendlyName}, {worker.activityName}, {skills}, "
        f"for {minutes(worker.dateStatusChanged)} min",
    )


def onPage(error, list):
    if error:
        show("error", error.message)
        return
    # A loop instead of a callback that passes itself to `next`.
    for worker in list.iter_all():
        showWorker(worker)
    show("workers", len(workers))


def onRefreshClick():
    workspace.workers.fetch({"PageSize": "2"}, onPage)


onClick("refresh", onRefreshClick)


def onAvailableClick():
    def onList(error, list):
        show("available", ", ".join(worker.friendlyName for worker in list.data))

    workspace.workers.fetch({"Available": "true"}, onList)


onClick("available", onAvailableClick)


def onChangeClick():
    def onUpdated(error, worker):
        if error:
            show("error", error.message)
            return
        showWorker(worker)

    workspace.workers.update(
        workers[value("worker")],
        "ActivitySid",
        activities[value("activity")],
        onUpdated,
    )


onClick("change", onChangeClick)


def onTrainClick():
    def onWorker(error, worker):
        if error:
            show("error", error.message)
            return
        if not worker.attributes.skills:
            worker.attributes.skills = []
        worker.attributes.skills.append(value("skill"))
        worker.update(
            {"Attributes": worker.attributes}, lambda error, worker: showWorker(worker)
        )

    workspace.workers.fetch(workers[value("worker")], onWorker)


onClick("train", onTrainClick)


def onDismissClick():
    def onDeleted(error):
        if error:
            show("error", error.message)
            return
        del workers[value("worker")]
        show("workers", len(workers))

    workspace.workers.delete(workers[value("worker")], onDeleted)


onClick("dismiss", onDismissClick)


def onReady(workspace):
    show("workspace", workspace.friendlyName)


workspace.on("ready", onReady)


def onActivities(error, list):
    for i in range(len(list.data)):
        activities[list.data[i].friendlyName] = list.data[i].sid


workspace.activities.fetch(onActivities)

run()
workspace.close()
