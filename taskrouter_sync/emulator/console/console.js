// The console: takes the live stream, keeps the page true to it, and sends what is asked.

import { ask, carryOut, rest } from "./control.js";
import { $, Rows, offer, say, show } from "./dom.js";
import { Log } from "./log.js";
import { queueRow } from "./queues.js";
import { reservationRow } from "./reservations.js";
import { tiles } from "./tiles.js";
import * as time from "./time.js";
import { workerRow } from "./workers.js";

const TICK = 200; // milliseconds: timers show whole seconds

let state = null;
let shown = null;
let drawn = null; // what shows one workspace
const log = new Log();

function draw(sid) {
  for (const id of ["workers", "reservations", "queues", "tiles"]) $(id).replaceChildren();
  const timers = new Map();
  const timed = (make) => (item) => {
    const row = make(item);
    timers.set(row.node, row.tick);
    return row;
  };
  const workspace = () => shown;
  return {
    sid,
    timers,
    tiles: tiles(),
    workers: new Rows($("workers"), (worker) => workerRow(worker, workspace)),
    reservations: new Rows($("reservations"), timed((each) => reservationRow(each, workspace))),
    queues: new Rows($("queues"), timed(queueRow)),
  };
}

function update() {
  const { workspaces, clock } = state;
  offer($("workspace"), workspaces, (each) => each.friendly_name);
  show($("workspace-choice"), workspaces.length > 1);
  show($("advance"), clock.manual);
  say($("clock-kind"), clock.manual ? "stands still until it is advanced" : "real time");
  $("to-deadline").disabled = clock.next_deadline === null;
  shown = workspaces.find((each) => each.sid === $("workspace").value) ?? null;
  show(document.querySelector("main"), shown !== null);
  show($("no-workspace"), shown === null);
  if (shown === null) return;
  if (drawn?.sid !== shown.sid) drawn = draw(shown.sid);
  offer($("workflow"), shown.workflows, (each) => each.friendly_name);
  const channels = shown.task_channels.map((each) => ({ sid: each.unique_name }));
  offer($("task-channel"), channels, (each) => each.sid);
  list("workers", shown.workers, shown.total_workers);
  list("reservations", shown.reservations, shown.total_reservations);
  list("queues", shown.task_queues, shown.total_task_queues);
  drawn.tiles(shown);
  tick();
}

function list(name, items, total) {
  drawn[name].update(items);
  const table = $(name).closest("table");
  show(table, items.length > 0);
  show($(`${name}-none`), items.length === 0);
  say($(`${name}-count`), items.length < total ? `${items.length} of ${total}` : `${total}`);
}

function tick() {
  if (!state) return;
  const date = time.date(time.now());
  say($("clock"), date);
  const deadline = state.clock.next_deadline;
  const wait = deadline === null ? "" : ` (in ${time.length(Math.ceil(deadline - time.now()))})`;
  say($("to-deadline"), `To next deadline${wait}`);
  for (const [node, move] of drawn?.timers ?? []) {
    if (node.isConnected) move();
    else drawn.timers.delete(node);
  }
}

function listen() {
  const stream = new EventSource("emulator/stream");
  const live = (text, on) => {
    say($("live"), text);
    $("live").classList.toggle("on", on);
  };
  stream.addEventListener("open", () => live("live", true));
  stream.addEventListener("error", () => live("no connection: trying again", false));
  stream.addEventListener("event", (message) => log.add(JSON.parse(message.data)));
  stream.addEventListener("state", (message) => {
    state = JSON.parse(message.data);
    time.set(state.clock);
    update();
  });
}

function advance(seconds) {
  return carryOut(async () => {
    await ask("/clock/advance", { seconds });
    return `${seconds} s later.`;
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
    return `This is no JSON: ${error.message}`;
  }
  return value !== null && typeof value === "object" && !Array.isArray(value) ? "" : "This is no JSON object.";
}

setInterval(tick, TICK);
listen();
