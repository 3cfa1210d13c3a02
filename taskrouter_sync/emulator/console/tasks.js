// The rows of the list of tasks.

import { element, readable, say } from "./dom.js";
import { length, now } from "./time.js";

export const STATUSES = ["pending", "reserved", "assigned", "wrapping", "completed", "canceled"];
const FINISHED = ["completed", "canceled"];

/** Make a task's row; `tick` updates its age. */
export function taskRow(task) {
  const attributes = element("code", { className: "data" });
  const sid = element("span", { className: "quiet sid" }, task.sid);
  const status = element("span", { className: "badge" });
  const workers = element("span", { className: "quiet names" });
  const queue = element("span", { className: "queue" });
  const channel = element("span", { className: "quiet names" });
  const priority = element("td", { "data-label": "Priority" });
  const age = element("span", { className: "time" });
  const node = element(
    "tr",
    {},
    element("th", { scope: "row" }, attributes, sid),
    element("td", { "data-label": "Status" }, status, workers),
    element("td", { "data-label": "Task queue" }, queue, channel),
    priority,
    element("td", { "data-label": "Age" }, age),
  );
  let shown = task;

  function update(latest) {
    shown = latest;
    say(attributes, readable(latest.attributes));
    say(status, latest.assignment_status);
    status.dataset.status = latest.assignment_status;
    say(workers, latest.worker_names.join(", ") || (latest.reason ?? ""));
    say(queue, latest.task_queue_friendly_name ?? "none");
    say(channel, latest.task_channel_unique_name);
    say(priority, String(latest.priority));
    tick();
  }

  function tick() {
    const finished = FINISHED.includes(shown.assignment_status);
    const end = finished ? shown.date_updated : now();
    say(age, length(end - shown.date_created));
  }
  return { node, update, tick };
}
