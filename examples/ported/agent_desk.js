// An agent's desk: the caller, buttons to accept, reject and complete, the activity.

var worker = new Twilio.TaskRouter.Worker(WORKER_TOKEN, false);
var activities = {};
var reservation = null;

function showError(error) {
  show("error", error.message);
}

worker.on("ready", function (worker) {
  show("agent", worker.friendlyName + " is " + worker.activityName);
});

worker.on("activity.update", function (worker) {
  show("agent", worker.friendlyName + " is " + worker.activityName);
});

worker.on("error", function (error) {
  show("error", "Websocket had an error: " + error.response + " with message: " + error.message);
});

worker.on("reservation.created", function (created) {
  var attributes = created.task.attributes;
  reservation = created;
  show("caller", attributes.from || "unknown");
  if (attributes.selected_language) {
    show("language", attributes.selected_language.toUpperCase());
  } else {
    show("language", "any");
  }
  show("order", "order " + attributes.order_number);
  (attributes.items || []).forEach(function (item) {
    show("item", item);
  });
  show("call", "ringing");
});

["rejected", "timeout", "canceled", "rescinded", "completed"].forEach(function (name) {
  worker.on("reservation." + name, function (over) {
    if (reservation && reservation.sid === over.sid) {
      reservation = null;
      show("call", name);
    }
  });
});

worker.activities.fetch(function (error, list) {
  if (error) {
    showError(error);
    return;
  }
  list.data.forEach(function (activity) {
    activities[activity.friendlyName] = activity.sid;
  });
  show("activities", Object.keys(activities).join(", "));
});

onClick("accept", function () {
  if (!reservation) {
    show("error", "nobody is calling");
    return;
  }
  reservation.accept(function (error, accepted) {
    if (error) {
      showError(error);
      return;
    }
    for (var property in accepted) {
      if (property === "reservationStatus") {
        show("call", accepted[property]);
      }
    }
    var task = accepted.task;
    task.attributes.greeted = true;
    task.update("Attributes", JSON.stringify(task.attributes), function (error, task) {
      if (error) {
        showError(error);
        return;
      }
      show("greeted", task.attributes.greeted);
    });
  });
});

onClick("reject", function () {
  if (!reservation) {
    show("error", "nobody is calling");
    return;
  }
  reservation.reject(activities["Break"], function (error) {
    if (error) {
      showError(error);
    }
  });
});

onClick("complete", function () {
  worker.completeTask(reservation.taskSid, function (error, task) {
    if (error) {
      showError(error);
      return;
    }
    show("done", task.assignmentStatus + ": " + task.reason);
  }, "solved");
});

onClick("change", function () {
  worker.update("ActivitySid", activities[value("activity")], function (error) {
    if (error) {
      showError(error);
    }
  });
});
