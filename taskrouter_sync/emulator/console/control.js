// The requests of the page to the emulator, and where their results are shown.

import { $, say } from "./dom.js";

const PAUSE = 250; // milliseconds between two loads of one thing

/** Send a command to the control; throw its message when it refuses. */
export async function ask(path, fields) {
  let response;
  try {
    response = await fetch(`emulator${path}`, { method: "POST", body: JSON.stringify(fields) });
  } catch {
    throw new Error("The emulator does not respond.");
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.message ?? `The emulator responded with ${response.status}.`);
  return body;
}

/** Read something from the control; null when that fails: the next change tries again. */
export async function look(path, query) {
  try {
    const response = await fetch(`emulator${path}?${new URLSearchParams(query)}`);
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

/** Give a function that calls `load`, one call at a time and not too often. */
export function paced(load) {
  let wanted = false;
  let busy = false;
  return async () => {
    wanted = true;
    if (busy) return;
    busy = true;
    try {
      while (wanted) {
        wanted = false;
        await load();
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    } finally {
      busy = false;
    }
  };
}

/** Do what REST does in a workspace; throw the service's message when it refuses. */
export async function rest(workspaceSid, path, params) {
  const answer = await ask("/rest", {
    method: "POST",
    path: `/Workspaces/${workspaceSid}${path}`,
    params,
  });
  if (answer.status >= 400) throw new Error(answer.body.message);
  return answer.body;
}

/** Do something, and show its result: the text that it returns, or its error. */
export async function carryOut(act) {
  say($("trouble"), "");
  try {
    say($("word"), await act());
  } catch (error) {
    say($("word"), "");
    say($("trouble"), error.message);
  }
}
