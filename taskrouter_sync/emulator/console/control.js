// What the page asks of the emulator, and where it says what came of it.

import { $, say } from "./dom.js";

/** Ask something of the control; raise its words when it refuses. */
export async function ask(path, fields) {
  let answer;
  try {
    answer = await fetch(`emulator${path}`, { method: "POST", body: JSON.stringify(fields) });
  } catch {
    throw new Error("The emulator does not answer.");
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(body.message ?? `The emulator answers ${answer.status}.`);
  return body;
}

/** Do what REST does in a workspace; raise the service's words when it refuses. */
export async function rest(workspaceSid, path, params) {
  const answer = await ask("/rest", {
    method: "POST",
    path: `/Workspaces/${workspaceSid}${path}`,
    params,
  });
  if (answer.status >= 400) throw new Error(answer.body.message);
  return answer.body;
}

/** Carry something out, and say what came of it. */
export async function carryOut(act) {
  say($("trouble"), "");
  try {
    say($("word"), await act());
  } catch (error) {
    say($("word"), "");
    say($("trouble"), error.message);
  }
}
