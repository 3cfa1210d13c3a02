// The statistics: one tile a figure, with a plot.

import { $, element, say } from "./dom.js";
import { bars, parts, steps } from "./plots.js";
import { length } from "./time.js";

const sum = (counts) => counts.reduce((total, count) => total + count, 0);

class Tile {
  #figure = element("p", { className: "figure" });
  #plot = element("div", { className: "plot" });
  #more = element("p", { className: "quiet" });
  #shown = "";

  constructor(title) {
    $("tiles").append(
      element("article", { className: "tile" }, element("h3", {}, title), this.#figure, this.#plot, this.#more),
    );
  }

  /** Show a figure; the plot is drawn anew only when it is another one. */
  update(figure, more, plot, ...data) {
    say(this.#figure, String(figure));
    say(this.#more, more);
    const shown = JSON.stringify(data);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#plot.replaceChildren(plot(...data));
  }
}

/** Make the tiles; give what updates them from a workspace of the state. */
export function tiles() {
  const open = new Tile("Open tasks now");
  const created = new Tile("Tasks created");
  const accepted = new Tile("Reservations accepted");
  const missed = new Tile("Rejected or timed out");
  const completed = new Tile("Tasks completed");
  const workers = new Tile("Workers by activity");

  function counted(tile, counts, what, more = "") {
    const total = sum(counts);
    const words = `${what} per half minute: ${total} in 15 minutes, at most ${Math.max(...counts)}`;
    tile.update(total, more, bars, words, counts);
  }

  return (workspace) => {
    const { series, real_time_statistics: now, cumulative_statistics: past } = workspace;
    const statuses = Object.entries(now.tasks_by_status ?? {}).filter(([, count]) => count);
    const words = `Open tasks in the last 15 minutes: ${now.total_tasks} now, at most ${Math.max(...series.open_tasks)}`;
    const waiting = now.longest_task_waiting_age
      ? `, the longest for ${length(now.longest_task_waiting_age)}`
      : "";
    const list = statuses.map(([status, count]) => `${count} ${status}`).join(", ");
    open.update(now.total_tasks ?? 0, (list || "none") + waiting, steps, words, series.open_tasks);
    counted(created, series.tasks_created, "Tasks created");
    counted(
      accepted,
      series.reservations_accepted,
      "Reservations accepted",
      past.reservations_accepted ? `after ${past.avg_task_acceptance_time} s on average` : "",
    );
    counted(missed, series.reservations_missed, "Reservations rejected or timed out");
    counted(completed, series.tasks_completed, "Tasks completed");

    const available = new Map(workspace.activities.map((each) => [each.sid, each.available]));
    const activities = (now.activity_statistics ?? []).map((each) => ({
      name: each.friendly_name,
      count: each.workers,
      available: available.get(each.sid),
    }));
    const present = activities.filter((each) => each.count);
    const names = present.map((each) => `${each.count} ${each.name}`).join(", ") || "none";
    const total = sum(activities.map((each) => each.count));
    workers.update(total, names, parts, `Workers by activity: ${names}`, activities);
  };
}
