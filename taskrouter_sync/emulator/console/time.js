// The service's time: that of the last state, which goes on unless a test moves it.

let known = { now: 0, manual: true };
let since = 0;

/** Take the time of a state that has just come. */
export function set(clock) {
  known = clock;
  since = performance.now();
}

/** Give the epoch seconds of now. */
export function now() {
  return known.manual ? known.now : known.now + (performance.now() - since) / 1000;
}

/** Give a moment as 2026-01-01 00:00:00 UTC. */
export function date(seconds) {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** Give a moment as 00:00:00.000. */
export function moment(seconds) {
  return new Date(seconds * 1000).toISOString().slice(11, 23);
}

/** Give a length of time as 1:05 or 1:00:05. */
export function length(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}
