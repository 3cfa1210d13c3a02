// Elements from data. Whatever comes from the service becomes text, never markup.

export const $ = (id) => document.getElementById(id);

/** Make an element; strings among its children are text. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** Make an SVG element. */
export function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Set a text if it is another one, so that a selection in it survives. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Give the attributes of a worker or task for reading: one line, no escapes. */
export function readable(attributes) {
  try {
    const spaced = JSON.stringify(JSON.parse(attributes), null, 1);
    return spaced.replace(/([{[])\n\s*|\n\s*([}\]])/g, "$1$2").replace(/\n\s*/g, " ");
  } catch {
    return attributes;
  }
}

/** Show or hide. */
export function show(node, shown) {
  if (node.hidden === shown) node.hidden = !shown;
}

/**
 * The children of an element, one for each item, by the item's sid.
 *
 * They are changed in place: whoever types or has the focus in one is not disturbed.
 * `make` gives `{node, update}` for an item, and `tick` if something in it runs.
 */
export class Rows {
  #parent;
  #make;
  #rows = new Map();

  constructor(parent, make) {
    this.#parent = parent;
    this.#make = make;
  }

  update(items) {
    const wanted = new Set(items.map((item) => item.sid));
    for (const [sid, row] of this.#rows) {
      if (!wanted.has(sid)) {
        leave(row.node);
        row.node.remove();
        this.#rows.delete(sid);
      }
    }
    const focused = document.activeElement;
    let place = this.#parent.firstElementChild;
    for (const item of items) {
      let row = this.#rows.get(item.sid);
      if (!row) {
        row = this.#make(item);
        this.#rows.set(item.sid, row);
      }
      row.update(item);
      if (row.node === place) place = place.nextElementSibling;
      else this.#parent.insertBefore(row.node, place);
    }
    // A row that moves loses the focus.
    if (this.#parent.contains(focused) && document.activeElement !== focused) {
      if (document.activeElement === document.body) focused.focus({ preventScroll: true });
    }
  }

  tick() {
    for (const row of this.#rows.values()) row.tick?.();
  }
}

/** Give the focus to the heading of the section if it is in what goes away. */
function leave(node) {
  if (node.contains(document.activeElement)) node.closest("section")?.querySelector("h2 button")?.focus();
}

/** Offer named things in a select; what is chosen stays chosen. */
export function offer(select, items, name) {
  const offered = [...select.options];
  const same =
    offered.length === items.length &&
    items.every((item, at) => offered[at].value === item.sid && offered[at].text === name(item));
  if (same) return;
  const chosen = select.value;
  select.replaceChildren(...items.map((item) => new Option(name(item), item.sid)));
  if (items.some((item) => item.sid === chosen)) select.value = chosen;
}
