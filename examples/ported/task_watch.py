"""Creates tasks from a list of orders and watches them until they are done.

Ported line by line from ``task_watch.js``.
"""

import json
import os
import threading
from datetime import datetime, timedelta, timezone

from page import onClick, run, show

from taskrouter_sync import Twilio


workspace = Twilio.TaskRouter.Workspace(os.environ["WORKSPACE_TOKEN"], False)
orders = [
    {"order": 1, "class": "gold", "from": "+15550001"},
    {"order": 2, "class": "silver"},
]
watched = {}


def create(order):
    def onCreated(error, task):
        if error:
            show("error", error.message)
            return
        watched[task.sid] = task.assignmentStatus
        show(
            "created",
            f"order {task.attributes.order}, {task.attributes.class_}, "
            f"from {task.attributes.from_}",
        )
        watch(task)

    workspace.tasks.create(
        {
            "WorkflowSid": os.environ["WORKFLOW_SID"],
            "Attributes": order,
            "Timeout": 3600,
        },
        onCreated,
    )


def watch(task):
    def onTask(error, task):
        if error:
            show("error", error.message)
            return
        if task.assignmentStatus != watched[task.sid]:
            watched[task.sid] = task.assignmentStatus
            show(
                f"order {task.attributes.order}",
                task.assignmentStatus + (f": {task.reason}" if task.reason else ""),
            )
        if task.assignmentStatus in ("completed", "canceled"):
            return
        watch(task)

    timer = threading.Timer(0.1, lambda: task.fetch(onTask))
    timer.daemon = True  # a closed page does not wait for a timer
    timer.start()


def onStartClick():
    for order in orders:
        create(order)


onClick("start", onStartClick)


def onCancelClick():
    def onUpdated(error, task):
        if error:
            show("error", error.message)

    for sid in watched:
        if watched[sid] != "completed" and watched[sid] != "canceled":
            workspace.tasks.update(
                sid, {"AssignmentStatus": "canceled", "Reason": "closing"}, onUpdated
            )


onClick("cancel", onCancelClick)


def onCountClick():
    def onList(error, list):
        show("canceled", len(list.data))
        for task in list.data:
            text = json.loads(task.to_json())
            show("json", f"{text['attributes']['order']} {text['assignmentStatus']}")
            show(
                "fresh",
                datetime.now(timezone.utc) - task.dateCreated < timedelta(seconds=60),
            )

    workspace.tasks.fetch({"AssignmentStatus": "canceled"}, onList)


onClick("count", onCountClick)

run()
workspace.close()
