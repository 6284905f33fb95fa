/**
 * One failure, opened: the event as it was to be sent, its properties to mend, its trace, and sending or forgetting it.
 * The server checks an edit by the event's contract and cuts it to what the destination may have.
 */
import type { Failure } from "#forward/failures/store";
import { listInWords } from "../../wording.ts";
import { call, problemInWords } from "../api.ts";
import { ask } from "../ask.ts";
import { button, fill, h } from "../dom.ts";
import { issuesNotice, parseJson } from "../issues-notice.ts";
import { rawJson } from "../json.ts";
import { facts } from "../steps.ts";
import { timeIn } from "./figures.ts";

/** As `GET /admin/api/failures/:itemId` shows it (src/forward/failures/routes.ts). */
interface Opened {
  event: {
    name: string;
    source: string;
    occurredAt: number;
    receivedAt: number;
    properties: Record<string, unknown>;
    context: Record<string, unknown>;
    segments: string[];
    granted: string[];
    /** Personal traits go with it; they stay sealed. */
    traits: boolean;
    /** How often it was replayed. */
    round: number;
  };
  /** Paths that the destination may not have; only of an edit. */
  removed?: string[];
}

/** @param changed it was replayed or discarded */
export async function openFailure(
  failure: Failure,
  say: (text: string) => void,
  changed: () => Promise<void>,
): Promise<HTMLElement> {
  const { itemId, destination, eventId } = failure;
  const path = `failures/${encodeURIComponent(itemId)}`;
  const result = h("div", { attrs: { role: "status" } });
  const text = h("textarea", {
    class: "editor repair",
    attrs: { spellcheck: "false", autocapitalize: "off", "aria-label": "Properties (JSON)", wrap: "off" },
  });
  const save = button("Save the edit", () => void saveIt());
  const replay = button("Replay", () => void replayIt(), "primary");
  const discard = button("Discard…", () => void discardIt());
  let kept = "";

  const problem = (detail: string) => h("p", { class: "notice bad" }, detail);

  /** Whether what is written is kept. */
  async function saveIt(): Promise<boolean> {
    const parsed = parseJson(text.value);
    if ("problem" in parsed) {
      fill(result, problem(parsed.problem));
      return false;
    }
    save.disabled = true;
    const answer = await call<Opened>("PUT", path, { properties: parsed.value });
    save.disabled = false;
    if (answer.status === "ok") {
      take(answer.body);
      const removed = answer.body.removed ?? [];
      const cut =
        removed.length > 0 ? ` Not kept, for the destination may not have it: ${removed.join(", ")}.` : "";
      fill(result, h("p", { class: "notice good" }, `Kept: it goes out with the next replay.${cut}`));
    } else {
      const issues = answer.status === "problem" ? answer.issues : [];
      fill(result, issuesNotice(problemInWords(answer) ?? "", issues, "properties"));
    }
    return answer.status === "ok";
  }

  async function replayIt(): Promise<void> {
    if (text.value !== kept && !(await saveIt())) return;
    replay.disabled = true;
    const answer = await call("POST", `${path}/replay`);
    replay.disabled = false;
    if (answer.status !== "ok") return fill(result, problem(problemInWords(answer) ?? ""));
    say(`Sent again to ${destination}; consent is checked again before it leaves.`);
    await changed();
  }

  async function discardIt(): Promise<void> {
    const sure = await ask(element, {
      title: "Discard this delivery?",
      text: `${destination} never gets the event ${eventId}. Its receipts stay.`,
      confirm: "Discard it",
      danger: true,
    });
    if (sure === undefined) return;
    const answer = await call("POST", `${path}/discard`);
    if (answer.status !== "ok") return fill(result, problem(problemInWords(answer) ?? ""));
    say("The delivery is discarded.");
    await changed();
  }

  function take({ event }: Opened): void {
    kept = JSON.stringify(event.properties, null, 2);
    text.value = kept;
  }

  const element = h("div", { class: "stack" });
  const answer = await call<Opened>("GET", path);
  if (answer.status !== "ok") {
    // An item that is gone can still be taken off the list.
    fill(element, problem(problemInWords(answer) ?? ""), h("span", { class: "actions" }, discard), result);
    return element;
  }
  const { event } = answer.body;
  take(answer.body);
  fill(
    element,
    facts([
      ["Event", h("code", {}, event.name)],
      ["Source", event.source],
      ["Happened", timeIn(event.occurredAt)],
      ["Received", timeIn(event.receivedAt)],
      ["Granted", listInWords(event.granted)],
      ["Segments", listInWords(event.segments)],
      ["Traits", event.traits ? "go with it, and stay sealed here" : "none"],
      ["Replayed", event.round > 0 && `${event.round} times`],
    ]),
    text,
    result,
    h(
      "div",
      { class: "card-foot" },
      h("a", { attrs: { href: `#/live/${encodeURIComponent(eventId)}` } }, "Open the trace"),
      h("span", { class: "actions" }, discard, save, replay),
    ),
    h("details", { class: "raw" }, h("summary", {}, "Context"), rawJson(event.context)),
  );
  return element;
}
