// The rows of the list of workers: activity, load, connections.

import { ask, carryOut, rest } from "./control.js";
import { element, offer, readable, say, show } from "./dom.js";
import { length, now } from "./time.js";

/** Make a worker's row; `workspace` gives the one that is shown, `tick` updates its time. */
export function workerRow(worker, workspace) {
  const name = element("strong");
  const attributes = element("code", { className: "data" });
  const activity = element("select");
  const set = element("button", { type: "button", hidden: true }, "Set");
  const lamp = element("span", { className: "lamp", "aria-hidden": "true" });
  const time = element("span", { className: "quiet time" });
  const load = element("div", { className: "load" });
  const connection = element("span");
  const drop = element("button", { type: "button" }, "Cut");
  const node = element(
    "tr",
    {},
    element("th", { scope: "row" }, lamp, name, attributes),
    element("td", { "data-label": "Activity" }, activity, set, time),
    element("td", { "data-label": "Load" }, load),
    element("td", { "data-label": "Connections", className: "connections" }, connection, drop),
  );
  let shown = worker;

  // Arrow keys walk through a select: only the button changes anything.
  const chosen = () => show(set, activity.value !== shown.activity_sid);
  activity.addEventListener("change", chosen);
  set.addEventListener("click", () =>
    carryOut(async () => {
      const sid = activity.value;
      await rest(workspace().sid, `/Workers/${shown.sid}`, { ActivitySid: sid });
      shown = { ...shown, activity_sid: sid };
      activity.focus();
      chosen();
      return `Activity of ${shown.friendly_name} set to ${activity.selectedOptions[0].text}.`;
    }),
  );
  drop.addEventListener("click", () =>
    carryOut(async () => {
      const { sockets } = await ask("/sockets/cut", { channel: shown.sid });
      return `Connections of ${shown.friendly_name} cut: ${sockets}.`;
    }),
  );

  function update(latest) {
    // A choice that is not set yet stays, unless the worker moved meanwhile.
    const moved = latest.activity_sid !== shown.activity_sid;
    const choosing = activity.options.length > 0 && activity.value !== shown.activity_sid;
    shown = latest;
    say(name, latest.friendly_name);
    say(attributes, readable(latest.attributes));
    show(attributes, latest.attributes !== "{}");
    offer(activity, workspace().activities, (each) => each.friendly_name);
    if (moved || !choosing || !activity.value) activity.value = latest.activity_sid;
    chosen();
    activity.setAttribute("aria-label", `Activity of ${latest.friendly_name}`);
    set.setAttribute("aria-label", `Set the activity of ${latest.friendly_name}`);
    drop.setAttribute("aria-label", `Cut the connections of ${latest.friendly_name}`);
    lamp.classList.toggle("on", latest.available);
    showLoad(load, latest.channels);
    const open = latest.connections;
    say(connection, open ? `${open} open` : "none");
    // It keeps its place, and the focus.
    drop.disabled = !open;
    tick();
  }

  function tick() {
    say(time, `for ${length(now() - shown.date_status_changed)}`);
  }
  return { node, update, tick };
}

function showLoad(load, channels) {
  const busy = channels.filter((channel) => channel.load);
  const lines = busy.map((each) => [
    each.task_channel_unique_name,
    each.load,
    each.configured_capacity,
  ]);
  const text = lines.map(([name, now, most]) => `${name} ${now} of ${most}`).join(", ") || "idle";
  if (load.dataset.shown === text) return;
  load.dataset.shown = text;
  load.replaceChildren(
    ...lines.map(([name, now, most]) =>
      element(
        "div",
        {},
        element("meter", { min: 0, max: Math.max(most, now), value: now, "aria-label": `Load on ${name}` }),
        element("span", {}, ` ${name} ${now} of ${most}`),
      ),
    ),
  );
  if (!lines.length) load.append(element("span", { className: "quiet" }, "idle"));
}
