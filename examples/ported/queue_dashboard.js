// A dashboard of task queues: polls the statistics of one and of all of them.

var taskQueue = new Twilio.TaskRouter.TaskQueue(TASK_QUEUE_TOKEN, false);
var workspace = new Twilio.TaskRouter.Workspace(WORKSPACE_TOKEN, false);
var timer = null;

taskQueue.on("ready", function (taskQueue) {
  show("queue", taskQueue.friendlyName);
  refresh();
  timer = setInterval(refresh, 500);
});

function refresh() {
  taskQueue.realtimeStats.fetch(function (error, statistics) {
    if (error) {
      show("error", error.message);
      return;
    }
    show("waiting", statistics.tasksByStatus.pending + " of " + statistics.totalTasks);
    show("longest", statistics.longestTaskWaitingSid ? "somebody waits" : "nobody waits");
    statistics.activityStatistics.forEach(function (activity) {
      if (activity.workers > 0) {
        show("workers", activity.friendlyName + " " + activity.workers);
      }
    });
  });
}

onClick("pause", function () {
  clearInterval(timer);
  show("polling", "paused");
});

onClick("hour", function () {
  taskQueue.cumulativeStats.fetch({"Minutes": "60"}, function (error, statistics) {
    if (error) {
      show("error", error.message);
      return;
    }
    show("entered", statistics.tasksEntered);
    show("since", new Date() - new Date(statistics.startTime) > 0);
    show("split", statistics.splitByWaitTime || "none");
  });
});

onClick("all", function () {
  workspace.taskqueues.statistics.fetch({"Minutes": "60"}, function (error, all) {
    if (error) {
      show("error", error.message);
      return;
    }
    for (var i = 0; all[i]; i++) {
      show("all", all[i].cumulative.tasksEntered + " entered");
      if (JSON.parse(JSON.stringify(all[i])).realtime.totalTasks > 0) {
        show("all", "busy");
      }
    }
  });
});

onClick("limit", function () {
  taskQueue.update("MaxReservedWorkers", value("most"), function (error, taskQueue) {
    if (error) {
      show("error", error.message);
      return;
    }
    show("limit", taskQueue.maxReservedWorkers);
  });
});
