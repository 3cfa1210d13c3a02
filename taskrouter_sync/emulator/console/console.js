// The console: reads the live stream, keeps the page up to date, and sends what is asked.

import { ask, carryOut, rest } from "./control.js";
import { $, offer, say, show } from "./dom.js";
import { List } from "./lists.js";
import { EventLog, RequestLog } from "./log.js";
import { queueRow } from "./queues.js";
import { LIVE, reservationRow } from "./reservations.js";
import { setUp } from "./sections.js";
import { STATUSES, taskRow } from "./tasks.js";
import { tiles } from "./tiles.js";
import * as time from "./time.js";
import { workerRow } from "./workers.js";

const TICK = 200; // milliseconds: timers show whole seconds

setUp();

let state = null;
let shown = null; // the workspace that is shown
let figures = null; // what shows its statistics
const events = new EventLog();
const requests = new RequestLog();
const lists = [
  new List("workers", {
    path: "workers",
    noun: "worker",
    make: workerRow,
    status: "Activity",
    statuses: (workspace) => workspace.activities.map((each) => each.friendly_name),
    orders: {
      name: "name",
      activity: "activity",
      longest_in_activity: "time in activity",
      load: "load",
      connections: "connections",
    },
  }),
  new List("reservations", {
    path: "reservations",
    noun: "reservation",
    make: reservationRow,
    status: "Status",
    statuses: () => LIVE,
    orders: { oldest: "oldest task", newest: "newest task", worker: "worker" },
  }),
  new List("tasks", {
    path: "tasks",
    noun: "task",
    make: taskRow,
    status: "Status",
    statuses: () => STATUSES,
    orders: { newest: "newest", oldest: "oldest", priority: "priority" },
  }),
  new List("queues", {
    path: "task_queues",
    noun: "task queue",
    make: queueRow,
    orders: { name: "name", waiting: "waiting tasks" },
  }),
];

function update() {
  const { workspaces, clock } = state;
  offer($("workspace"), workspaces, (each) => each.friendly_name);
  show($("workspace-choice"), workspaces.length > 1);
  show($("advance"), clock.manual);
  say($("clock-kind"), clock.manual ? "manual clock" : "real time");
  $("to-deadline").disabled = clock.next_deadline === null;
  requests.update(state.requests);
  const before = shown?.sid;
  shown = workspaces.find((each) => each.sid === $("workspace").value) ?? null;
  for (const node of [document.querySelector("main"), $("sections")]) show(node, shown !== null);
  show($("no-workspace"), shown === null);
  if (shown === null) return;
  if (before !== shown.sid) {
    $("tiles").replaceChildren();
    figures = tiles();
  }
  offer($("workflow"), shown.workflows, (each) => each.friendly_name);
  const channels = shown.task_channels.map((each) => ({ sid: each.unique_name }));
  offer($("task-channel"), channels, (each) => each.sid);
  for (const list of lists) list.update(shown);
  figures(shown);
  tick();
}

function tick() {
  if (!state) return;
  const date = time.date(time.now());
  say($("clock"), date);
  const deadline = state.clock.next_deadline;
  const wait = deadline === null ? "" : ` (in ${time.length(Math.ceil(deadline - time.now()))})`;
  say($("to-deadline"), `To next deadline${wait}`);
  for (const list of lists) list.tick();
}

function listen() {
  const stream = new EventSource("emulator/stream?lists=no");
  const live = (text, on) => {
    say($("live"), text);
    $("live").classList.toggle("on", on);
  };
  stream.addEventListener("open", () => live("live", true));
  stream.addEventListener("error", () => live("disconnected, reconnecting…", false));
  stream.addEventListener("event", (message) => events.add(JSON.parse(message.data)));
  stream.addEventListener("state", (message) => {
    state = JSON.parse(message.data);
    time.set(state.clock);
    update();
  });
}

function advance(seconds) {
  return carryOut(async () => {
    await ask("/clock/advance", { seconds });
    return `Clock advanced by ${seconds} s.`;
  });
}

$("advance").addEventListener("submit", (event) => {
  event.preventDefault();
  advance($("seconds").valueAsNumber);
});
$("to-deadline").addEventListener("click", () => advance(state.clock.next_deadline - state.clock.now));
$("workspace").addEventListener("change", update);

$("create").addEventListener("submit", (event) => {
  event.preventDefault();
  const attributes = $("attributes");
  const problem = wrong(attributes.value);
  say($("attributes-problem"), problem);
  attributes.setAttribute("aria-invalid", String(problem !== ""));
  if (problem) return attributes.focus();
  carryOut(async () => {
    const task = await rest(shown.sid, "/Tasks", {
      Attributes: attributes.value,
      WorkflowSid: $("workflow").value,
      TaskChannel: $("task-channel").value,
      Priority: $("priority").value,
    });
    return `Task ${task.sid} is ${task.assignment_status}.`;
  });
});

function wrong(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return `Not valid JSON: ${error.message}`;
  }
  return value !== null && typeof value === "object" && !Array.isArray(value) ? "" : "Not a JSON object.";
}

setInterval(tick, TICK);
listen();
