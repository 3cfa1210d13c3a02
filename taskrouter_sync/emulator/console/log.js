// Logs, newest first: the events of the service, and the requests that arrived.

import { look, paced } from "./control.js";
import { $, Rows, element, readable, say, show } from "./dom.js";
import { count } from "./sections.js";
import { moment } from "./time.js";

// What a page can show; all of it is at /emulator/events and /emulator/requests.
const MOST = 300;
// How long a request without a response is asked for again, in milliseconds.
const PATIENCE = 30_000;

/** A log of numbered entries; `make` makes an entry's line, `text` gives what is searched. */
class Log {
  #name;
  #text;
  #rows;
  #latest = []; // entries, oldest first
  #drawn = []; // the same, or those of the moment when it was paused
  #due = false;
  #search = element("input", { type: "search", autocomplete: "off" });
  #pause = element("input", { type: "checkbox" });
  #none = element("p", { className: "none" });

  constructor(name, placeholder, make, text) {
    this.#name = name;
    this.#text = text;
    this.#rows = new Rows($(name), make);
    this.#search.placeholder = placeholder;
    this.#search.setAttribute("aria-label", `Search ${name}`);
    this.#pause.setAttribute("aria-label", `Pause ${name}`);
    $(name).before(
      element(
        "div",
        { className: "tools" },
        element("label", { className: "search" }, "Search ", this.#search),
        element("label", {}, this.#pause, " Pause"),
      ),
    );
    $(name).after(this.#none);
    this.#search.addEventListener("input", () => this.#draw());
    this.#pause.addEventListener("change", () => this.#draw());
    this.#draw();
  }

  /** The number of the latest entry. */
  get last() {
    return this.#latest.at(-1)?.number ?? 0;
  }

  /** Add an entry, or replace the one with its number. */
  add(entry) {
    const known = this.#latest.findIndex((each) => each.number === entry.number);
    entry.sid = String(entry.number);
    if (known >= 0) this.#latest[known] = entry;
    else this.#latest.push(entry);
    if (this.#latest.length > MOST) this.#latest.shift();
    // A burst of entries is drawn once.
    if (!this.#due) requestAnimationFrame(() => this.#draw());
    this.#due = true;
  }

  /** Forget all entries. */
  clear() {
    this.#latest = [];
    this.#draw();
  }

  #draw() {
    this.#due = false;
    if (!this.#pause.checked) this.#drawn = [...this.#latest];
    const words = this.#search.value.toLowerCase().split(/\s+/);
    const wanted = this.#drawn.filter((entry) => {
      const text = this.#text(entry).toLowerCase();
      return words.every((word) => text.includes(word));
    });
    this.#rows.update(wanted.reverse());
    const held = this.last - (this.#drawn.at(-1)?.number ?? 0);
    count(this.#name, `${this.last}${held ? ` (${held} not shown)` : ""}`);
    show(this.#none, wanted.length === 0);
    say(this.#none, this.last ? "Nothing matches." : "Nothing has happened yet.");
  }
}

/** The log of events; `add` takes them as they come. */
export class EventLog {
  #log = new Log(
    "events",
    "reservation",
    eventLine,
    (event) => `${event.event_type} ${event.description} ${JSON.stringify(event.event_data)}`,
  );

  add(event) {
    // Another emulator runs here now.
    if (event.number <= this.#log.last) this.#log.clear();
    this.#log.add(event);
  }
}

/** The log of requests; `update` loads those that it does not have yet. */
export class RequestLog {
  #log = new Log(
    "requests",
    "POST Reservations",
    requestLine,
    (request) =>
      `${request.method} ${KINDS[request.kind]} ${request.url} ${request.status} ${JSON.stringify(request.params)}`,
  );
  #total = 0;
  #open = new Map(); // requests without a response: when they were first seen
  #load = paced(() => this.#loadLatest());

  /** Take the number of requests that arrived so far. */
  update(total) {
    if (total < this.#log.last) {
      this.#log.clear();
      this.#open.clear();
    }
    this.#total = total;
    if (total > this.#log.last || this.#open.size) this.#load();
  }

  async #loadLatest() {
    for (const [number, seen] of this.#open) {
      if (performance.now() - seen > PATIENCE) this.#open.delete(number);
    }
    const first = Math.min(this.#log.last + 1, ...this.#open.keys());
    const answer = await look("/requests", { after: Math.max(first - 1, this.#total - MOST, 0) });
    for (const request of answer?.requests ?? []) {
      const { number, status } = request;
      if (status !== null) this.#open.delete(number);
      else if (!this.#open.has(number)) this.#open.set(number, performance.now());
      this.#log.add(request);
    }
  }
}

const KINDS = { rest: "REST", bridge: "event bridge", upgrade: "WebSocket" };

function eventLine(event) {
  const { node } = line(
    event.time,
    element("strong", { "data-kind": event.event_type.split(".")[0] }, event.event_type),
    about(event.event_data),
    () => `${event.description}\n${JSON.stringify(event.event_data, null, 2)}`,
  );
  return { node, update() {} };
}

// What a person looks for first: who, and which task.
function about(data) {
  const parts = [
    data.worker_name,
    data.worker_activity_name,
    readable(data.task_attributes ?? ""),
    data.task_queue_name ?? data.workflow_name ?? data.activity_name,
  ];
  return parts.filter(Boolean).join(" · ");
}

function requestLine(request) {
  const status = element("span", { className: "response" });
  const { node, summary } = line(
    request.time,
    element("strong", {}, request.method),
    // All of them are of one workspace, mostly: what differs comes first.
    request.url.replace(/^.*\/v1\/Workspaces\/WS\w{32}(?=\/)/, "…"),
    () => `${request.url}\n${JSON.stringify(request.params, null, 2)}`,
  );
  summary.children[1].after(status, element("span", { className: "quiet" }, KINDS[request.kind]));

  function update(latest) {
    say(status, String(latest.status ?? "no response"));
    status.dataset.result = latest.status === null ? "open" : latest.status < 400 ? "good" : "bad";
  }
  return { node, update };
}

function line(time, title, text, more) {
  const data = element("pre", { className: "data" });
  const when = element("time", { dateTime: new Date(time * 1000).toISOString() }, moment(time));
  const summary = element("summary", {}, when, title, element("span", { className: "about" }, text));
  const details = element("details", {}, summary, data);
  details.addEventListener("toggle", () => {
    if (!data.textContent) data.textContent = more();
  });
  return { node: element("li", {}, details), summary };
}
