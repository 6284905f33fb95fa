/**
 * A trace as a vertical line of steps: Door, Identity, Segments, then each destination; or the one step of a slot. The
 * words are those of the API's `explained`; tables stand where a list of sentences would be tiring.
 */
import type { Receipt } from "#contracts/messages/receipt";
import { PURPOSES } from "#contracts/taxonomy";
import { decisionsOf, groundInWords } from "../consent-words.ts";
import { LISTED_REMOVALS } from "../explain.ts";
import { reasonInWords } from "../wording.ts";
import { type Child, chip, h, type Tone } from "./dom.ts";
import { rawJson } from "./json.ts";
import { allows, OF_A_PERSON } from "./may.ts";
import { profileLink } from "./profile/open.ts";
import { capitalised, code, facts, list, step } from "./steps.ts";
import { timeOf } from "./time.ts";
import { deliverySteps } from "./timeline-delivery.ts";

type At<Stage extends Receipt["stage"]> = Extract<Receipt, { stage: Stage }>;

/** The steps of a trace, and the receipts as they are. */
export function timeline(receipts: readonly Receipt[]): HTMLElement {
  const { main, repeats } = withoutRepeats(receipts);
  const steps = [...main.flatMap(stepsOf), ...deliverySteps(receipts), ...repeatStep(repeats)];
  return h(
    "div",
    {},
    h("ol", { class: "steps" }, ...steps),
    h(
      "details",
      { class: "raw", attrs: { "data-part": "raw" } },
      h("summary", {}, "Raw receipts"),
      rawJson(receipts),
    ),
  );
}

/**
 * What happened, without the later arrivals of an event that had taken effect already: each is a door's receipt and one
 * of ingest that says `duplicate`, and they would bury the one that matters. A batch that was redelivered after a crash
 * says `folded` once more.
 */
function withoutRepeats(receipts: readonly Receipt[]): { main: Receipt[]; repeats: At<"ingest">[] } {
  const firstAccepted = receipts.find((r) => r.stage === "door" && r.outcome === "accepted");
  const folded = receipts.find((r) => r.stage === "ingest" && r.outcome === "folded");
  const main: Receipt[] = [];
  const repeats: At<"ingest">[] = [];
  for (const receipt of receipts) {
    if (folded && receipt.stage === "ingest" && receipt.outcome === "duplicate") repeats.push(receipt);
    else if (receipt.stage === "ingest" && receipt.outcome === "folded" && receipt !== folded) continue;
    else if (receipt.stage !== "door" || receipt.outcome !== "accepted" || receipt === firstAccepted)
      main.push(receipt);
  }
  return { main, repeats };
}

function stepsOf(receipt: Receipt): HTMLElement[] {
  if (receipt.stage === "slot") return [slotStep(receipt)];
  if (receipt.stage === "door") return [doorStep(receipt)];
  return receipt.stage === "ingest" ? ingestSteps(receipt) : [];
}

function repeatStep(repeats: readonly At<"ingest">[]): HTMLElement[] {
  if (repeats.length === 0) return [];
  const text = `Came again ${repeats.length === 1 ? "once" : `${repeats.length} times`}: that changed nothing and went nowhere.`;
  return [
    step("quiet", "Repeats", repeats.at(-1)?.at, chip("quiet", "duplicate"), h("p", { class: "hint" }, text)),
  ];
}

const DOOR_TONES: Record<At<"door">["outcome"], Tone> = {
  accepted: "good",
  dropped: "wait",
  rejected: "bad",
};

function doorStep(receipt: At<"door">): HTMLElement {
  const { consent, removed = [], issues = [] } = receipt;
  const grounds = consent ?? receipt.refusedOn;
  const tone = DOOR_TONES[receipt.outcome];
  return step(
    tone,
    "Door",
    receipt.at,
    chip(tone, receipt.outcome),
    receipt.code !== undefined && h("p", {}, capitalised(reasonInWords(receipt.code))),
    facts([
      ["Source", receipt.source],
      ["Protocol", receipt.protocol],
      ["Regime", grounds?.regime],
      ["Place", grounds && (grounds.place ?? "not known")],
      ["Consent", consent && decidedBy(consent.receipt)],
      ["Lapses", consent?.expiresAt !== undefined && timeOf(consent.expiresAt).whole],
      ["Opt-out", consent?.gpc && "Global Privacy Control, for the whole profile"],
    ]),
    grounds &&
      h(
        "ul",
        { class: "purposes" },
        ...PURPOSES.map((purpose) =>
          purposeLine(purpose, consent?.granted.includes(purpose) === true, grounds.grounds[purpose]),
        ),
      ),
    issues.length > 0 &&
      list(
        "Why",
        issues.map((issue) => [issue.path || "event", issue.message]),
      ),
    removed.length > 0 &&
      list(
        "Removed fields",
        removed.map((field) => [field.path, `${field.action}: ${reasonInWords(field.reason)}`]),
      ),
    removed.length >= LISTED_REMOVALS && h("p", { class: "hint" }, "There may be more: so many are listed."),
    receipt.outcome === "accepted" &&
      receipt.removed?.length === 0 &&
      h("p", { class: "hint" }, "No field was removed."),
  );
}

/** The decisions that a receipt names, one a line. */
function decidedBy(receipt: string): Child {
  if (receipt.startsWith("default:")) return "Nobody has decided yet";
  return h("span", {}, ...decisionsOf(receipt).map((decision) => h("code", { class: "block" }, decision)));
}

function purposeLine(purpose: string, granted: boolean, ground: string | undefined): HTMLElement {
  return h(
    "li",
    {},
    chip(granted ? "good" : "quiet", purpose, granted ? "granted" : "denied"),
    ground !== undefined && h("span", { class: "hint" }, groundInWords(ground)),
  );
}

function ingestSteps(receipt: At<"ingest">): HTMLElement[] {
  const { outcome, at, segments, entered = [], left = [], resolution = [] } = receipt;
  if (outcome !== "folded") {
    const why =
      outcome === "duplicate"
        ? "It was here before: the repeat changed nothing."
        : reasonInWords(receipt.code ?? "");
    return [
      step(
        outcome === "dropped" ? "wait" : "quiet",
        "Ingest",
        at,
        chip("quiet", outcome),
        h("p", {}, capitalised(why)),
      ),
    ];
  }
  const identity = step(
    "good",
    "Identity",
    at,
    receipt.identityState !== undefined && chip("info", receipt.identityState),
    facts([["Profile", receipt.profile !== undefined && code(receipt.profile)]]),
    receipt.profile !== undefined &&
      allows(OF_A_PERSON) &&
      h(
        "p",
        { class: "links" },
        profileLink(receipt.subject ?? receipt.profile),
        h(
          "a",
          { attrs: { href: `#/consent/${encodeURIComponent(receipt.eventId)}` } },
          "Ledger of this person",
        ),
      ),
    resolution.length > 0 && h("ul", { class: "lines" }, ...resolution.map((line) => h("li", {}, line))),
  );
  if (!segments && entered.length + left.length === 0) return [identity];
  const stayed = (segments ?? []).filter((name) => !entered.includes(name));
  return [
    identity,
    step(
      entered.length + left.length > 0 ? "good" : "quiet",
      "Segments",
      undefined,
      undefined,
      h(
        "div",
        { class: "chips" },
        ...entered.map((name) => chip("good", name, "entered")),
        ...left.map((name) => chip("wait", name, "left")),
        ...stayed.map((name) => chip("quiet", name)),
      ),
      entered.length + left.length + stayed.length === 0 && h("p", { class: "hint" }, "In no segment."),
    ),
  ];
}

function slotStep(receipt: At<"slot">): HTMLElement {
  const won = receipt.outcome === "offer";
  return step(
    won ? "info" : "quiet",
    `Slot ${receipt.slot}`,
    receipt.at,
    chip(won ? "info" : "quiet", won ? (receipt.offer ?? "offer") : "fallback", "shown"),
    facts([
      ["Release", String(receipt.release)],
      ["Visitor", receipt.visitor !== undefined && code(receipt.visitor)],
      ["", profileLink(receipt.visitor)],
    ]),
    h("h4", {}, "Segments"),
    receipt.segments.length > 0
      ? h("div", { class: "chips" }, ...receipt.segments.map((name) => chip("quiet", name)))
      : h("p", { class: "hint" }, "In no segment."),
    receipt.losers.length > 0
      ? list(
          "Why the others lost",
          receipt.losers.map((loser) => [loser.offer, reasonInWords(loser.reason)]),
        )
      : h("p", { class: "hint" }, "No other offer competed."),
  );
}
