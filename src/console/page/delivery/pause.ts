/** The button that pauses a destination, or lets it go on. */
import type { ListedDestination } from "#forward/destination-view";
import { call } from "../api.ts";
import { button, type Child } from "../dom.ts";
import { may } from "../may.ts";

/** Nothing for whoever may not. @param say tells the operator what a click has done @param refresh asks for the state again */
export function pauseButton(
  { key, status }: Pick<ListedDestination, "key" | "status">,
  say: (text: string) => void,
  refresh: () => Promise<void>,
): Child {
  if (!may("delivery:operate")) return false;
  const [word, path, done] = status.paused
    ? (["Resume", "resume", "running again"] as const)
    : (["Pause", "pause", "paused"] as const);

  async function act(): Promise<void> {
    const answer = await call("POST", `destinations/${encodeURIComponent(key)}/${path}`);
    if (answer.status === "ok") say(`${key} is ${done}.`);
    if (answer.status === "problem") say(answer.detail);
    await refresh();
  }

  return button(word, () => void act(), status.paused ? "primary" : "", {
    "aria-label": `${word} ${key}`,
    "data-id": `pause ${key}`,
  });
}
