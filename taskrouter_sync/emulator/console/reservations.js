// The rows of the list of live reservations, with running timers.

import { carryOut, rest } from "./control.js";
import { element, readable, say, show } from "./dom.js";
import { length, now } from "./time.js";

export const LIVE = ["pending", "accepted", "wrapping"];
const VERBS = [
  { verb: "Accept", status: "accepted", on: ["pending"] },
  { verb: "Reject", status: "rejected", on: ["pending"] },
  { verb: "Wrap up", status: "wrapping", on: ["accepted"] },
  { verb: "Complete", status: "completed", on: ["accepted", "wrapping"] },
];

/** Make a reservation's row; `tick` updates its timer. */
export function reservationRow(reservation, workspace) {
  const worker = element("strong");
  const queue = element("span", { className: "quiet" });
  const task = element("code", { className: "data" });
  const status = element("span", { className: "badge" });
  const time = element("span", { className: "time" });
  const left = element("progress");
  const buttons = VERBS.map(({ verb, status }) => {
    const button = element("button", { type: "button" }, verb);
    button.addEventListener("click", () => carryOut(() => change(verb, status)));
    return button;
  });
  const node = element(
    "tr",
    {},
    element("th", { scope: "row" }, worker, queue),
    element("td", { "data-label": "Task" }, task),
    element("td", { "data-label": "Status" }, status, time, left),
    element("td", { "data-label": "Actions", className: "actions" }, ...buttons),
  );
  let shown = reservation;

  async function change(verb, status) {
    const path = `/Tasks/${shown.task_sid}/Reservations/${shown.sid}`;
    await rest(workspace().sid, path, { ReservationStatus: status });
    return `${verb}: ${shown.worker_name}, ${readable(shown.task_attributes)}`;
  }

  function update(latest) {
    shown = latest;
    say(worker, latest.worker_name);
    say(queue, latest.task_queue_friendly_name ?? "");
    say(task, readable(latest.task_attributes));
    say(status, latest.reservation_status);
    status.dataset.status = latest.reservation_status;
    show(left, latest.expires !== null);
    left.max = latest.reservation_timeout;
    left.setAttribute("aria-label", "Time left to accept");
    const focused = buttons.indexOf(document.activeElement);
    VERBS.forEach(({ verb, on }, at) => {
      show(buttons[at], on.includes(latest.reservation_status));
      buttons[at].setAttribute("aria-label", `${verb}, ${latest.worker_name}`);
    });
    // The button just used may be gone: the focus goes on to what can be done next.
    if (focused >= 0 && buttons[focused].hidden) {
      buttons.find((button) => !button.hidden)?.focus();
    }
    tick();
  }

  function tick() {
    if (shown.expires === null) {
      say(time, `for ${length(now() - shown.date_updated)}`);
    } else {
      const seconds = Math.max(0, shown.expires - now());
      say(time, `${length(Math.ceil(seconds))} left`);
      left.value = seconds;
    }
  }
  return { node, update, tick };
}
