// The rows of the list of task queues, with the tasks that wait.

import { element, readable, say, show } from "./dom.js";
import { length, now } from "./time.js";

/** Make a task queue's row; `tick` updates the ages of its tasks. */
export function queueRow(queue) {
  const name = element("strong");
  const expression = element("code", { className: "data" });
  const workers = element("span");
  const summary = element("summary");
  const list = element("ol");
  const tasks = element("details", {}, summary, list);
  const none = element("span", { className: "quiet" }, "none");
  const node = element(
    "tr",
    {},
    element("th", { scope: "row" }, name, expression),
    element("td", { "data-label": "Workers available" }, workers),
    element("td", { "data-label": "Waiting tasks" }, tasks, none),
  );
  let shown = queue;
  let listed = "";

  function update(latest) {
    shown = latest;
    say(name, latest.friendly_name);
    say(expression, latest.target_workers);
    say(workers, `${latest.total_available_workers} of ${latest.total_eligible_workers}`);
    show(tasks, latest.waiting > 0);
    show(none, latest.waiting === 0);
    const sids = latest.tasks.map((task) => task.sid + task.attributes + task.priority).join();
    if (sids !== listed) {
      listed = sids;
      list.replaceChildren(...latest.tasks.map(taskLine));
      const more = latest.waiting - latest.tasks.length;
      if (more) list.append(element("li", { className: "quiet" }, `and ${more} more`));
    }
    tick();
  }

  function age(task) {
    return length(now() - (task.task_queue_entered_date ?? task.date_created));
  }

  function taskLine(task) {
    return element(
      "li",
      {},
      element("code", { className: "data" }, readable(task.attributes)),
      element("span", { className: "quiet" }, ` ${task.task_channel_unique_name}, priority ${task.priority}, `),
      element("span", { className: "time" }, age(task)),
    );
  }

  function tick() {
    const oldest = shown.tasks[0];
    if (!oldest) return;
    say(summary, `${shown.waiting} waiting, the longest for ${age(oldest)}`);
    shown.tasks.forEach((task, at) => {
      const time = list.children[at]?.querySelector(".time");
      if (time) say(time, age(task));
    });
  }
  return { node, update, tick };
}
