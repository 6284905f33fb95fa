/** Deliveries that failed for good, newest first, each with a way to its trace and to send it again. */
import type { Failure } from "#forward/store";
import { reasonInWords } from "../wording.ts";
import { type Answer, call } from "./api.ts";
import { button, empty, fill, h } from "./dom.ts";
import { may } from "./may.ts";
import { timeOf } from "./time.ts";

const LIMIT = 50;

/** @param say tells the operator what a click has done */
export function failuresTable(say: (text: string) => void): {
  element: HTMLElement;
  refresh: () => Promise<void>;
} {
  const element = h("div", { class: "table-frame" }, h("div", { class: "skeleton" }));
  let drawn = "";

  async function refresh(): Promise<void> {
    const answer: Answer<{ failures: Failure[] }> = await call("GET", `failures?limit=${LIMIT}`);
    const content = JSON.stringify(answer);
    if (content === drawn) return;
    drawn = content;
    if (answer.status === "problem") return fill(element, h("p", { class: "notice bad" }, answer.detail));
    if (answer.status !== "ok") return;
    const { failures } = answer.body;
    fill(
      element,
      failures.length === 0
        ? empty(
            "No delivery has failed for good",
            "What a vendor refuses as it is, or after the last attempt, is listed here.",
          )
        : table(failures),
    );
  }

  function table(failures: readonly Failure[]): HTMLElement {
    const head = ["Time", "Destination", "Event", "Why", "Attempt", ...(may("delivery:operate") ? [""] : [])];
    return h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          ...head.map((text) => h("th", { attrs: { scope: "col" } }, text || visuallyHidden("Action"))),
        ),
      ),
      h("tbody", {}, ...failures.map(row)),
    );
  }

  function row(failure: Failure): HTMLElement {
    const time = timeOf(failure.at);
    const again = button("Replay", () => void replay(failure, again), "", {
      "aria-label": `Replay event ${failure.eventId} to ${failure.destination}`,
    });
    return h(
      "tr",
      {},
      h("td", {}, h("time", { attrs: { datetime: time.iso, title: time.whole } }, time.shown)),
      h("td", {}, failure.destination),
      h(
        "td",
        {},
        h(
          "a",
          { class: "event-link", attrs: { href: `#/live/${encodeURIComponent(failure.eventId)}` } },
          failure.eventId,
        ),
      ),
      h(
        "td",
        {},
        reasonInWords(failure.code),
        failure.detail ? h("span", { class: "hint block" }, failure.detail) : null,
      ),
      h("td", { class: "number" }, failure.attempt),
      may("delivery:operate") && h("td", { class: "action" }, again),
    );
  }

  async function replay(failure: Failure, control: HTMLButtonElement): Promise<void> {
    control.disabled = true;
    const answer = await call("POST", `failures/${encodeURIComponent(failure.itemId)}/replay`);
    control.disabled = false;
    if (answer.status === "ok")
      say(`Sent again to ${failure.destination}; consent is checked again before it leaves.`);
    if (answer.status === "problem") say(answer.detail);
    await refresh();
  }

  return { element, refresh };
}

const visuallyHidden = (text: string): HTMLElement => h("span", { class: "visually-hidden" }, text);
