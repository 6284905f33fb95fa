/** The events of a profile, newest first, a page at a time: what each was, what it changed, and who received it. */
import type { ProfileTimeline, TimelineEntry } from "../../profile/view.ts";
import { reasonInWords } from "../../wording.ts";
import { call, problemInWords } from "../api.ts";
import { button, chip, fill, h, type Tone } from "../dom.ts";
import { rawJson } from "../json.ts";
import { fateChip } from "../live-row.ts";
import { step } from "../steps.ts";
import { timeOf } from "../time.ts";

const LIMIT = 25;

/** @param key any identifier of the profile */
export function timelineOf(key: string): HTMLElement {
  const list = h("ol", { class: "steps" });
  const foot = h(
    "div",
    { class: "timeline-foot", attrs: { role: "status" } },
    h("div", { class: "skeleton" }),
  );
  const shown = new Set<string>();
  let before: string | null = null;
  void more();

  async function more(): Promise<void> {
    const answer = await call<ProfileTimeline>("POST", "profiles/timeline", {
      key,
      limit: LIMIT,
      ...(before !== null && { before }),
    });
    if (answer.status !== "ok")
      return fill(
        foot,
        h("p", { class: "notice bad" }, problemInWords(answer) ?? ""),
        button("Try again", () => void more()),
      );
    const { entries, looked_back_to } = answer.body;
    before = answer.body.before;
    // The ring and the files may tell of an event in two pages.
    for (const entry of entries) if (!shown.has(entry.event_id)) list.appendChild(entryIn(entry));
    for (const { event_id } of entries) shown.add(event_id);
    fill(foot, ...footOf(looked_back_to));
  }

  function footOf(lookedBackTo: string): HTMLElement[] {
    if (before === null) {
      const all = shown.size === 0 ? "No event of this profile is kept." : "That is all that is kept.";
      return [h("p", { class: "hint" }, all)];
    }
    return [
      h("p", { class: "hint" }, `Everything since ${timeOf(lookedBackTo).whole} has been looked at.`),
      button("Look further back", () => {
        fill(foot, h("div", { class: "skeleton" }));
        void more();
      }),
    ];
  }

  return h("div", {}, list, foot);
}

const TONES: Record<TimelineEntry["outcome"], Tone> = {
  accepted: "good",
  offer: "info",
  fallback: "quiet",
  duplicate: "quiet",
  dropped: "wait",
  rejected: "bad",
};

function entryIn(entry: TimelineEntry): HTMLElement {
  const trace = h("a", { attrs: { href: `#/live/${encodeURIComponent(entry.event_id)}` } }, "trace");
  const from = (text: string) => h("span", { class: "hint" }, `${text} · `, trace);
  return entry.kind === "slot" ? slotIn(entry, from) : eventIn(entry, from);
}

type From = (text: string) => HTMLElement;

function slotIn(entry: Extract<TimelineEntry, { kind: "slot" }>, from: From): HTMLElement {
  return step(
    TONES[entry.outcome],
    `Slot ${entry.slot}`,
    Date.parse(entry.at),
    from("shown"),
    h("div", { class: "chips" }, chip(TONES[entry.outcome], entry.offer ?? "its fallback")),
    entry.losers.length > 0 &&
      h(
        "p",
        { class: "hint" },
        entry.losers.map(({ offer, reason }) => `${offer} lost: ${reasonInWords(reason)}`).join("; "),
      ),
  );
}

function eventIn(entry: Extract<TimelineEntry, { kind: "event" }>, from: From): HTMLElement {
  const { properties, entered, left, destinations } = entry;
  const chips = [
    ...entered.map((name) => chip("good", name, "entered")),
    ...left.map((name) => chip("wait", name, "left")),
    ...destinations.filter(({ reason }) => reason !== "event_not_listed").map(fateChip),
  ];
  const isTold = properties !== null && Object.keys(properties).length > 0;
  return step(
    TONES[entry.outcome],
    entry.name || "Event",
    Date.parse(entry.at),
    // Of the visitor's own decision on consent the door says that it came from the visitor.
    from(entry.source.includes(":") ? "the browser itself" : entry.source),
    chips.length > 0 && h("div", { class: "chips" }, ...chips),
    isTold && h("details", {}, h("summary", {}, "What it said"), rawJson(properties)),
  );
}
