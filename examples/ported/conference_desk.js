// A desk that takes calls in conferences: hold, resume and wrap up.

function Desk(worker) {
  this.worker = worker;
  this.reservation = null;
  this.held = false;
  worker.on("reservation.created", this.onCreated.bind(this));
  worker.on("reservation.accepted", this.onAccepted.bind(this));
  worker.on("reservation.wrapup", this.onWrapup.bind(this));
  worker.on("reservation.completed", this.onCompleted.bind(this));
}

Desk.prototype.onCreated = function (reservation) {
  this.reservation = reservation;
  show("caller", reservation.task.attributes.from + " to " + reservation.task.attributes.to);
  var options = {
    "From": reservation.task.attributes.to,
    "To": this.worker.attributes.contact_uri,
    "ConferenceRecord": "true",
    "EndConferenceOnExit": "true"
  };
  reservation.conference(null, null, null, null, function (error, reservation) {
    if (error) {
      show("error", error.message);
      return;
    }
    show("call", "conference started");
  }, options);
};

Desk.prototype.onAccepted = function (reservation) {
  this.reservation = reservation;
  show("call", reservation.task.assignmentStatus);
};

Desk.prototype.onWrapup = function (reservation) {
  show("call", "wrapping up");
};

Desk.prototype.onCompleted = function (reservation) {
  this.reservation = null;
  show("call", "completed");
};

Desk.prototype.hold = function () {
  var self = this;
  var conference = self.reservation.task.attributes.conference;
  if (!conference) {
    show("error", "there is no conference");
    return;
  }
  // Holding a caller takes the REST API and the account, so the server does it.
  post("/hold", {
    "conference": conference.sid,
    "participant": conference.participants.customer,
    "hold": !self.held
  }, function (status) {
    if (status !== 200) {
      show("error", "hold: " + status);
      return;
    }
    self.held = !self.held;
    show("hold", self.held ? "on" : "off");
  });
};

Desk.prototype.refresh = function () {
  var self = this;
  self.reservation.task.fetch(function (error, task) {
    self.reservation.task.attributes.conference = task.attributes.conference;
    show("conference", task.attributes.conference ? "known" : "unknown");
  });
};

Desk.prototype.complete = function () {
  this.reservation.task.complete(function (error, task) {
    if (error) {
      show("error", error.message);
      return;
    }
    show("reason", task.reason);
  }, "the caller is happy");
};

var worker = new Twilio.TaskRouter.Worker(WORKER_TOKEN, false, null, OFFLINE_SID);
worker.once("ready", function (ready) {
  worker.update({"FriendlyName": "Alice at desk 7"}, function (error, updated) {
    show("agent", worker.friendlyName);
    var desk = new Desk(worker);
    onClick("hold", desk.hold.bind(desk));
    onClick("refresh", desk.refresh.bind(desk));
    onClick("complete", desk.complete.bind(desk));
    show("desk", "open");
  });
});
