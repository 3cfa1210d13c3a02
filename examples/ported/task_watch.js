// Creates tasks from a list of orders and watches them until they are done.

var workspace = new Twilio.TaskRouter.Workspace(WORKSPACE_TOKEN, false);
var orders = [
  {"order": 1, "class": "gold", "from": "+15550001"},
  {"order": 2, "class": "silver"}
];
var watched = {};

function create(order) {
  workspace.tasks.create(
    {"WorkflowSid": WORKFLOW_SID, "Attributes": order, "Timeout": 3600},
    function (error, task) {
      if (error) {
        show("error", error.message);
        return;
      }
      watched[task.sid] = task.assignmentStatus;
      show("created", "order " + task.attributes.order + ", " + task.attributes.class +
        ", from " + task.attributes.from);
      watch(task);
    });
}

function watch(task) {
  setTimeout(function () {
    task.fetch(function (error, task) {
      if (error) {
        show("error", error.message);
        return;
      }
      if (task.assignmentStatus !== watched[task.sid]) {
        watched[task.sid] = task.assignmentStatus;
        show("order " + task.attributes.order, task.assignmentStatus +
          (task.reason ? ": " + task.reason : ""));
      }
      switch (task.assignmentStatus) {
        case "completed":
        case "canceled":
          break;
        default:
          watch(task);
      }
    });
  }, 100);
}

onClick("start", function () {
  orders.forEach(create);
});

onClick("cancel", function () {
  for (var sid in watched) {
    if (watched[sid] !== "completed" && watched[sid] !== "canceled") {
      workspace.tasks.update(sid, {"AssignmentStatus": "canceled", "Reason": "closing"},
        function (error, task) {
          if (error) {
            show("error", error.message);
          }
        });
    }
  }
});

onClick("count", function () {
  workspace.tasks.fetch({"AssignmentStatus": "canceled"}, function (error, list) {
    show("canceled", list.data.length);
    list.data.forEach(function (task) {
      var text = JSON.parse(JSON.stringify(task));
      show("json", text.attributes.order + " " + text.assignmentStatus);
      show("fresh", new Date() - task.dateCreated < 60 * 1000);
    });
  });
});
