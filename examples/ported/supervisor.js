// A supervisor's list of workers, page by page, with a button to change an activity.

var workspace = new Twilio.TaskRouter.Workspace(WORKSPACE_TOKEN, false);
var workers = {};
var activities = {};

function minutes(date) {
  return Math.floor((new Date().getTime() - date.getTime()) / 60000);
}

function showWorker(worker) {
  var skills = worker.attributes.skills ? worker.attributes.skills.join("+") : "no skills";
  workers[worker.friendlyName] = worker.sid;
  show("worker", worker.friendlyName + ", " + worker.activityName + ", " + skills +
    ", for " + minutes(worker.dateStatusChanged) + " min");
}

function onPage(error, list) {
  if (error) {
    show("error", error.message);
    return;
  }
  list.data.forEach(showWorker);
  if (list.hasNext) {
    list.next(onPage);
  } else {
    show("workers", Object.keys(workers).length);
  }
}

onClick("refresh", function () {
  workspace.workers.fetch({"PageSize": "2"}, onPage);
});

onClick("available", function () {
  workspace.workers.fetch({"Available": "true"}, function (error, list) {
    show("available", list.data.map(function (worker) {
      return worker.friendlyName;
    }).join(", "));
  });
});

onClick("change", function () {
  workspace.workers.update(workers[value("worker")], "ActivitySid", activities[value("activity")],
    function (error, worker) {
      if (error) {
        show("error", error.message);
        return;
      }
      showWorker(worker);
    });
});

onClick("train", function () {
  workspace.workers.fetch(workers[value("worker")], function (error, worker) {
    if (error) {
      show("error", error.message);
      return;
    }
    if (!worker.attributes.skills) {
      worker.attributes.skills = [];
    }
    worker.attributes.skills.push(value("skill"));
    worker.update({"Attributes": worker.attributes}, function (error, worker) {
      showWorker(worker);
    });
  });
});

onClick("dismiss", function () {
  workspace.workers.delete(workers[value("worker")], function (error) {
    if (error) {
      show("error", error.message);
      return;
    }
    delete workers[value("worker")];
    show("workers", Object.keys(workers).length);
  });
});

workspace.on("ready", function (workspace) {
  show("workspace", workspace.friendlyName);
});

workspace.activities.fetch(function (error, list) {
  for (var i = 0; i < list.data.length; i++) {
    activities[list.data[i].friendlyName] = list.data[i].sid;
  }
});
