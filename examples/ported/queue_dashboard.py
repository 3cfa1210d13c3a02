"""A dashboard of task queues: polls the statistics of one and of all of them.

Ported line by line from ``queue_dashboard.js``.
"""

import json
import os
from datetime import datetime, timedelta, timezone

from page import every, onClick, run, show, value

from taskrouter_sync import Twilio


taskQueue = Twilio.TaskRouter.TaskQueue(os.environ["TASK_QUEUE_TOKEN"], False)
workspace = Twilio.TaskRouter.Workspace(os.environ["WORKSPACE_TOKEN"], False)
timer = None


def onReady(taskQueue):
    global timer
    show("queue", taskQueue.friendlyName)
    refresh()
    if timer:  # `ready` is emitted again after a reconnect
        timer.set()
    timer = every(0.5, refresh)


def refresh():
    def onStatistics(error, statistics):
        if error:
            show("error", error.message)
            return
        show(
            "waiting", f"{statistics.tasksByStatus.pending} of {statistics.totalTasks}"
        )
        show(
            "longest",
            "somebody waits" if statistics.longestTaskWaitingSid else "nobody waits",
        )
        for activity in statistics.activityStatistics:
            if activity.workers > 0:
                show("workers", f"{activity.friendlyName} {activity.workers}")

    taskQueue.realtimeStats.fetch(onStatistics)


# Below `refresh`, because Python requires a definition before the call.
taskQueue.on("ready", onReady)


def onPauseClick():
    timer.set()
    show("polling", "paused")


onClick("pause", onPauseClick)


def onHourClick():
    def onStatistics(error, statistics):
        if error:
            show("error", error.message)
            return
        show("entered", statistics.tasksEntered)
        start = datetime.fromisoformat(statistics.startTime.replace("Z", "+00:00"))
        show("since", datetime.now(timezone.utc) - start > timedelta(0))
        show("split", statistics.splitByWaitTime or "none")

    taskQueue.cumulativeStats.fetch({"Minutes": "60"}, onStatistics)


onClick("hour", onHourClick)


def onAllClick():
    def onStatistics(error, all):
        if error:
            show("error", error.message)
            return
        for each in all:
            show("all", f"{each.cumulative.tasksEntered} entered")
            if json.loads(json.dumps(each))["realtime"]["totalTasks"] > 0:
                show("all", "busy")

    workspace.taskqueues.statistics.fetch({"Minutes": "60"}, onStatistics)


onClick("all", onAllClick)


def onLimitClick():
    def onUpdated(error, taskQueue):
        if error:
            show("error", error.message)
            return
        show("limit", taskQueue.maxReservedWorkers)

    taskQueue.update("MaxReservedWorkers", value("most"), onUpdated)


onClick("limit", onLimitClick)

run()
if timer:
    timer.set()
taskQueue.close()
workspace.close()
