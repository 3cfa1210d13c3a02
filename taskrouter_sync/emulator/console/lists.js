// Lists that the emulator searches, sorts and cuts into pages: only one page is loaded.

import { look, paced } from "./control.js";
import { $, Rows, element, offer, say, show } from "./dom.js";
import { count, folded, onUnfold } from "./sections.js";

const SIZES = [5, 10, 25, 100];
// On a phone rows are cards.
const NARROW = matchMedia("(max-width: 40rem)");

/**
 * A section with a list.
 *
 * `path` names the list for the control, `noun` is what it is a list of (singular),
 * `make` makes a row of an item, `orders` are texts by value (the first is the default),
 * and `statuses` gives the values that can be filtered by, if any, `status` their name.
 */
export class List {
  #name;
  #options;
  #rows;
  #workspace = null;
  #page = 0;
  #matching = 0;
  #asked = false; // by a person, who is told what was found
  #search = element("input", { type: "search", autocomplete: "off" });
  #status = element("select");
  #order = element("select");
  #size = element("select");
  #previous = element("button", { type: "button" }, "Previous");
  #next = element("button", { type: "button" }, "Next");
  #range = element("span", { className: "range" });
  #found = element("p", { className: "visually-hidden", role: "status" });
  #none = element("p", { className: "none" });
  #tools;
  #pager;
  #load = paced(() => this.#loadPage());

  constructor(name, options) {
    this.#name = name;
    this.#options = options;
    const nouns = `${options.noun}s`;
    this.#rows = new Rows($(name), (item) => options.make(item, () => this.#workspace));
    this.#search.setAttribute("aria-label", `Search ${nouns}`);
    this.#order.setAttribute("aria-label", `Sort ${nouns} by`);
    this.#size.setAttribute("aria-label", `Rows per page of ${nouns}`);
    const orders = Object.entries(options.orders).map(([sid, text]) => ({ sid, text }));
    offer(this.#order, orders, (each) => each.text);
    offer(this.#size, SIZES.map((size) => ({ sid: String(size) })), (each) => each.sid);
    this.#size.value = NARROW.matches ? "5" : "10";
    this.#tools = element(
      "div",
      { className: "tools" },
      element("label", { className: "search" }, "Search ", this.#search),
      element("label", {}, "Sort by ", this.#order),
    );
    if (options.statuses) {
      this.#status.setAttribute("aria-label", `${options.status} of ${nouns}`);
      this.#tools.children[0].after(element("label", {}, `${options.status} `, this.#status));
    }
    this.#previous.setAttribute("aria-label", `Previous page of ${nouns}`);
    this.#next.setAttribute("aria-label", `Next page of ${nouns}`);
    this.#pager = element(
      "div",
      { className: "pager", role: "group", "aria-label": `Pages of ${nouns}` },
      this.#previous,
      this.#range,
      this.#next,
      element("label", {}, "Rows ", this.#size),
    );
    const table = $(name).closest("table");
    table.before(this.#tools, this.#found);
    table.after(this.#none, this.#pager);

    this.#search.addEventListener("input", () => this.#turnTo(0));
    for (const select of [this.#status, this.#order, this.#size]) {
      select.addEventListener("change", () => this.#turnTo(0));
    }
    this.#previous.addEventListener("click", () => this.#turnTo(this.#page - 1));
    this.#next.addEventListener("click", () => this.#turnTo(this.#page + 1));
    onUnfold(name, () => this.#load());
  }

  /** Show the list of a workspace as it is now. */
  update(workspace) {
    if (workspace.sid !== this.#workspace?.sid) {
      this.#page = 0;
      this.#rows.update([]);
    }
    this.#workspace = workspace;
    const { statuses } = this.#options;
    if (statuses) {
      const all = { sid: "", text: "all" };
      const each = statuses(workspace).map((sid) => ({ sid, text: sid }));
      offer(this.#status, [all, ...each], ({ text }) => text);
    }
    this.#load();
  }

  /** Move timers. */
  tick() {
    if (!folded(this.#name)) this.#rows.tick();
  }

  #turnTo(page) {
    this.#page = page;
    this.#asked = true;
    this.#load();
  }

  async #loadPage() {
    const { path, noun } = this.#options;
    const workspace = this.#workspace;
    if (!workspace) return;
    const hidden = folded(this.#name);
    const size = Number(this.#size.value);
    const offset = this.#page * size;
    const query = {
      workspace: workspace.sid,
      text: this.#search.value,
      order: this.#order.value,
      offset,
      limit: hidden ? 1 : size,
    };
    if (this.#status.value) query.status = this.#status.value;
    const asked = this.#asked;
    this.#asked = false;
    const answer = await look(`/${path}`, query);
    // Another workspace may have been chosen meanwhile; it is loaded next.
    if (!answer || workspace.sid !== this.#workspace.sid) return;
    const { total, matching } = answer;
    count(this.#name, matching < total ? `${matching} of ${total}` : `${total}`);
    if (hidden) return;
    if (offset >= matching && this.#page > 0) {
      this.#turnTo(Math.max(0, Math.ceil(matching / size) - 1));
      return;
    }
    this.#rows.update(answer[path]);
    show($(this.#name).closest("table"), matching > 0);
    show(this.#tools, total > 0);
    show(this.#none, matching === 0);
    say(this.#none, total ? `No ${noun} matches.` : `There are no ${noun}s.`);
    show(this.#pager, matching > SIZES[0]);
    say(this.#range, `${offset + 1}–${Math.min(offset + size, matching)} of ${matching}`);
    enable(this.#previous, this.#page > 0, this.#next);
    enable(this.#next, offset + size < matching, this.#previous);
    if (asked) say(this.#found, `${matching} of ${total} ${noun}s match.`);
  }
}

// A disabled button cannot keep the focus: the other one gets it.
function enable(button, enabled, other) {
  const focused = document.activeElement === button;
  button.disabled = !enabled;
  if (focused && !enabled) {
    other.disabled = false;
    other.focus();
  }
}
