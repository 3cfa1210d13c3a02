// Small plots as inline SVG. Each has its numbers in words as well.

import { svg } from "./dom.js";

const WIDTH = 150;
const HEIGHT = 36;

function plot(words, ...shapes) {
  return svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": words },
    svg("line", { class: "base", x1: 0, x2: WIDTH, y1: HEIGHT - 0.5, y2: HEIGHT - 0.5 }),
    ...shapes,
  );
}

/** Draw how many there were in each step. */
export function bars(words, counts) {
  const most = Math.max(1, ...counts);
  const width = WIDTH / counts.length;
  const shapes = counts.flatMap((count, at) => {
    if (!count) return [];
    const height = Math.max(2, (count / most) * (HEIGHT - 2));
    return [
      svg("rect", { class: "bar", x: at * width + 0.5, y: HEIGHT - height, width: width - 1, height }),
    ];
  });
  return plot(words, ...shapes);
}

/** Draw a number that stays until it changes. */
export function steps(words, numbers) {
  const most = Math.max(1, ...numbers);
  const width = WIDTH / numbers.length;
  const points = numbers.flatMap((number, at) => {
    const y = HEIGHT - 1 - (number / most) * (HEIGHT - 4);
    return [`${at * width},${y}`, `${(at + 1) * width},${y}`];
  });
  const area = `0,${HEIGHT} ${points.join(" ")} ${WIDTH},${HEIGHT}`;
  return plot(
    words,
    svg("polygon", { class: "area", points: area }),
    svg("polyline", { class: "line", points: points.join(" ") }),
  );
}

/** Draw parts of a whole side by side. */
export function parts(words, counts) {
  const total = counts.reduce((sum, each) => sum + each.count, 0);
  let x = 0;
  const shapes = counts.map((each, at) => {
    const width = total ? (each.count / total) * WIDTH : 0;
    const kind = each.available ? "available" : `unavailable shade-${at % 3}`;
    const shape = svg("rect", { class: kind, x, y: 12, width: Math.max(0, width - 1), height: HEIGHT - 12 });
    x += width;
    return shape;
  });
  return plot(words, ...shapes);
}
