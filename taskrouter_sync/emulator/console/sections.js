// The sections of the page: a list of links that jump to them, folding, and their counts.

import { $, element, say } from "./dom.js";

const KEY = "taskrouter-emulator-folded";

const counts = new Map(); // by section: the elements that show how much is in it
const listeners = new Map(); // by section: called when it is unfolded

/** Whether a section's content is hidden. */
export const folded = (name) => $(`${name}-title`).getAttribute("aria-expanded") === "false";

/** Show how much is in a section, in its heading and in the list of sections. */
export function count(name, text) {
  for (const node of counts.get(name)) say(node, text);
}

/** Call `listener` each time a section is unfolded. */
export function onUnfold(name, listener) {
  listeners.set(name, listener);
}

/** Make all sections foldable and list them. */
export function setUp() {
  const remembered = new Set(recall());
  for (const button of document.querySelectorAll("button.fold")) {
    const name = button.id.replace(/-title$/, "");
    const body = button.closest("section").querySelector(".body");
    const link = element("a", { href: `#${button.id}` }, button.textContent);
    const shown = [button.parentElement, link].map((parent) => {
      const node = element("span", { className: "count" });
      parent.append(" ", node);
      return node;
    });
    counts.set(name, shown);
    body.id = `${name}-body`;
    button.setAttribute("aria-controls", body.id);
    const fold = (hide) => {
      button.setAttribute("aria-expanded", String(!hide));
      body.hidden = hide;
      if (hide) remembered.add(name);
      else remembered.delete(name);
    };
    const change = (hide) => {
      fold(hide);
      keep([...remembered]);
      if (!hide) listeners.get(name)?.();
    };
    fold(remembered.has(name));
    button.addEventListener("click", () => change(!body.hidden));
    // The link itself scrolls there.
    link.addEventListener("click", () => {
      if (body.hidden) change(false);
      button.focus({ preventScroll: true });
    });
    $("sections").firstElementChild.append(element("li", {}, link));
  }
  // Nothing that is jumped to or focused is under the bar.
  new ResizeObserver(() => {
    document.documentElement.style.scrollPaddingTop = `${$("bar").offsetHeight + 20}px`;
  }).observe($("bar"));
}

// A browser may refuse to store anything: then sections are unfolded after a reload.
function recall() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? [];
  } catch {
    return [];
  }
}

function keep(names) {
  try {
    localStorage.setItem(KEY, JSON.stringify(names));
  } catch {
    // See above.
  }
}
