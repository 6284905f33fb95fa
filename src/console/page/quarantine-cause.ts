/** One cause: how many events it holds, a repair to try and publish, the replay with its progress, and giving them up. */
import type { Replayed } from "#collect/quarantine/replay";
import { type Cause, draftRepair, repairKey } from "../losses.ts";
import { count, reasonInWords } from "../wording.ts";
import { call } from "./api.ts";
import { button, chip, fill, h } from "./dom.ts";
import { may } from "./may.ts";
import { repairEditor } from "./quarantine-repair.ts";
import { code } from "./steps.ts";

interface Selection {
  cause: string;
  source: string;
  name: string;
  from: string;
  to: string;
}

/** What tells causes apart. */
export const causeId = ({ source, name, cause }: Cause): string => JSON.stringify([source, name, cause]);

/**
 * @param range days that the events arrived on
 * @param editors repairs that are being written, by the cause's id: they outlive the card, which is drawn anew
 * @param say tells the operator what a click has done
 * @param refresh asks for the counts again
 */
export function causeCard(
  cause: Cause,
  range: () => { from: string; to: string },
  editors: Map<string, HTMLElement>,
  say: (text: string) => void,
  refresh: () => Promise<void>,
): HTMLElement {
  const { name, source } = cause;
  const selection = (): Selection => ({ cause: cause.cause, source, name, ...range() });
  const id = causeId(cause);
  const below = h("div", {}, editors.get(id));
  const progress = h("span", { class: "hint", attrs: { role: "status" } });
  const replay = button("Replay", () => void replayAll(), "primary");
  const discard = button("Discard", () => void discardAll());
  const controls = [button("Repair…", toggle), replay, discard];
  let asked = false;

  function toggle(): void {
    if (editors.delete(id)) fill(below);
    else {
      const editor = repairEditor(selection, draftRepair(cause), repairKey(cause), say);
      editors.set(id, editor);
      fill(below, editor);
    }
  }

  /** Part after part: each call takes a bounded number. */
  async function replayAll(): Promise<void> {
    replay.disabled = true;
    let cursor: unknown;
    const done = { sent: 0, failing: 0, lost: 0 };
    do {
      const answer = await call<Replayed & { next: unknown }>("POST", "quarantine/replay", {
        cause: selection(),
        ...(cursor !== undefined && { cursor }),
      });
      if (answer.status !== "ok") {
        if (answer.status === "problem") say(answer.detail);
        break;
      }
      done.sent += answer.body.sent;
      done.lost += answer.body.lost;
      for (const events of Object.values(answer.body.failing)) done.failing += events;
      cursor = answer.body.next ?? undefined;
      fill(progress, `${done.sent + done.failing + done.lost} of ${cause.waiting}`);
    } while (cursor !== undefined);
    replay.disabled = false;
    fill(progress, inWords(done));
    say(`${name}: ${inWords(done)}`);
    replay.blur();
    await refresh();
  }

  /** The second click means it. */
  async function discardAll(): Promise<void> {
    if (!asked) {
      asked = true;
      return fill(discard, `Discard ${cause.waiting} for good?`);
    }
    discard.disabled = true;
    const answer = await call<{ discarded: number }>("POST", "quarantine/discard", { cause: selection() });
    discard.disabled = false;
    if (answer.status === "ok") say(`${count(answer.body.discarded, "event")} discarded.`);
    if (answer.status === "problem") say(answer.detail);
    discard.blur();
    await refresh();
  }

  return h(
    "li",
    { class: "card cause", attrs: { "data-id": id } },
    h(
      "div",
      { class: "card-head" },
      h("h3", {}, name),
      cause.waiting > 0
        ? chip("wait", `${cause.waiting} wait`)
        : cause.underway > 0
          ? chip("info", `${cause.underway} on their way`)
          : chip("quiet", "none waits"),
    ),
    h(
      "p",
      { class: "hint" },
      `from ${source} · ${count(cause.refused, "event")}, ${cause.back} back, ${cause.gone} gone`,
    ),
    h("p", {}, reasonInWords(cause.code), ...cause.paths.flatMap((path) => [" · ", code(path)])),
    cause.waiting > 0 &&
      may("quarantine:repair") &&
      h("div", { class: "card-foot" }, progress, h("span", { class: "actions" }, ...controls)),
    below,
  );
}

function inWords({ sent, failing, lost }: { sent: number; failing: number; lost: number }): string {
  if (sent + failing + lost === 0) return "nothing was there to be replayed.";
  return [
    `${count(sent, "event")} sent on their way`,
    failing > 0 && `${failing} still fail`,
    lost > 0 && `${lost} were no longer kept`,
  ]
    .filter(Boolean)
    .join(", ")
    .concat(".");
}
