// The log of events, newest first.

import { $, element, leave, readable, say, show } from "./dom.js";
import { moment } from "./time.js";

// What a page can show; all of it is at /emulator/events.
const MOST = 300;

/** The log; `add` takes events as they come. */
export class Log {
  #events = [];
  #waiting = [];
  #last = 0; // the number of the latest event, and of the latest that was drawn
  #drawn = 0;
  #due = false;

  constructor() {
    $("filter").addEventListener("input", () => this.#redraw());
    $("hold").addEventListener("change", () => this.#later());
  }

  add(event) {
    if (event.number <= this.#last) this.#clear(); // Another emulator serves here now.
    this.#last = event.number;
    this.#waiting.push(event);
    if (this.#waiting.length > MOST) this.#waiting.shift();
    this.#later();
  }

  #clear() {
    this.#events = [];
    this.#waiting = [];
    this.#drawn = 0;
    this.#redraw();
  }

  #later() {
    if (this.#due || $("hold").checked) return this.#count();
    this.#due = true;
    // A burst of events is drawn once.
    requestAnimationFrame(() => {
      this.#due = false;
      this.#draw();
    });
  }

  #draw() {
    const came = this.#waiting.splice(0);
    this.#drawn = this.#last;
    this.#events = [...this.#events, ...came].slice(-MOST);
    const wanted = came.filter((event) => this.#wanted(event));
    $("log").prepend(...wanted.reverse().map(line));
    while ($("log").children.length > MOST) {
      leave($("log").lastElementChild);
      $("log").lastElementChild.remove();
    }
    this.#count();
  }

  #redraw() {
    const wanted = this.#events.filter((event) => this.#wanted(event));
    $("log").replaceChildren(...wanted.reverse().map(line));
    this.#count();
  }

  #wanted(event) {
    const words = $("filter").value.toLowerCase().split(/\s+/);
    const text = `${event.event_type} ${event.description} ${JSON.stringify(event.event_data)}`.toLowerCase();
    return words.every((word) => text.includes(word));
  }

  #count() {
    const held = this.#last - this.#drawn;
    const hold = $("hold").checked && held ? ` (${held} held)` : "";
    say($("log-count"), this.#last ? `${this.#last}${hold}` : "");
    show($("log-none"), this.#last === 0);
  }
}

function line(event) {
  const data = element("pre", { className: "data" });
  const details = element(
    "details",
    {},
    element(
      "summary",
      {},
      element("time", { dateTime: new Date(event.time * 1000).toISOString() }, moment(event.time)),
      element("strong", { "data-kind": event.event_type.split(".")[0] }, event.event_type),
      element("span", {}, about(event.event_data)),
    ),
    data,
  );
  details.addEventListener("toggle", () => {
    if (!data.textContent) data.textContent = `${event.description}\n${JSON.stringify(event.event_data, null, 2)}`;
  });
  return element("li", {}, details);
}

// What a person looks for first: who, and what of.
function about(data) {
  const parts = [
    data.worker_name,
    data.worker_activity_name,
    readable(data.task_attributes ?? ""),
    data.task_queue_name ?? data.workflow_name ?? data.activity_name,
  ];
  return parts.filter(Boolean).join(" · ");
}
