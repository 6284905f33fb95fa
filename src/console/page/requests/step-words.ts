/** The steps of subject requests in words: what each is, what became of it, and what a vendor's answer means. Pure. */
import type { StepResult } from "#contracts/messages/subject_request";
import { count, reasonInWords } from "../../wording.ts";
import type { Tone } from "../dom.ts";

const TITLES: Record<string, string> = {
  "callback:begun": "Tell the requester's server that it has begun",
  taken: "Entered by an operator",
  verified: "Verified by an operator",
  extended: "Deadline extended",
  find: "Find the person",
  vendor_identities: "Read what vendors know them by",
  suppress: "Suppress, and erase the profile",
  requests: "Other requests of the same person",
  edge: "Snapshot at the edge",
  live: "Live view",
  quarantine: "Quarantine",
  waiting: "Queued and parked deliveries",
  lake: "Events and receipts in the lake",
  cms: "Personal content in the CMS",
  sweep: "Sweep once more what was under way",
  prove: "Proof of erasure",
  gather: "Gather what is kept",
  keep: "Seal the answer",
  opt_out: "Opt out of sale and sharing",
  complete: "Complete",
  "callback:ended": "Tell the requester's server that it has ended",
  close: "Let go of what the request held",
};

/** Codes that only steps have. */
const DETAILS: Record<string, string> = {
  no_adapter: "no adapter of a CMS keeps anything of a person",
  request_unreadable: "what the request held cannot be read any more",
  callback_refused: "an address refuses to be told",
};

/** Of these the detail is what an operator wrote. */
const NOTED = new Set(["taken", "verified", "extended"]);

const DESTINATION = "destination:";

/** The name of a step; that of a destination is the destination's key. */
export function stepTitle(step: string): string {
  if (step.startsWith(DESTINATION)) return step.slice(DESTINATION.length);
  return Object.hasOwn(TITLES, step) ? TITLES[step]! : capital(step.replaceAll("_", " "));
}

const ANSWERS: Record<StepResult["status"], readonly [Tone, string]> = {
  running: ["wait", "under way"],
  confirmed: ["good", "confirmed"],
  requested: ["info", "requested"],
  none: ["quiet", "nothing to do"],
  failed: ["bad", "failed"],
};

const VENDOR_MEANINGS: Record<StepResult["status"], string> = {
  running: "It is being asked.",
  confirmed: "It has answered that it is done.",
  requested: "It has taken the request, and does it in its own time.",
  none: "There is no way to ask it: what it holds must be dealt with there, by hand.",
  failed: "It could not be asked.",
};

/** What became of a step: a tone, a word, and why; of a destination, what the word means. */
export function answerInWords({ step, status, detail }: StepResult): {
  tone: Tone;
  label: string;
  meaning: string;
} {
  const [tone, label] = ANSWERS[status];
  if (NOTED.has(step)) return { tone, label, meaning: detail ?? "" };
  const reason = detail === undefined ? "" : capital(`${detailInWords(detail)}.`);
  if (!step.startsWith(DESTINATION)) return { tone, label, meaning: reason };
  const offersNone = status === "none";
  return {
    tone: offersNone ? "wait" : tone,
    label: offersNone ? "vendor offers none" : label,
    meaning: [VENDOR_MEANINGS[status], reason].filter(Boolean).join(" "),
  };
}

/** A code, or `code: what the vendor said`. */
function detailInWords(detail: string): string {
  const [code = "", ...said] = detail.split(": ");
  const words = Object.hasOwn(DETAILS, code) ? DETAILS[code]! : reasonInWords(code);
  return [words, ...said].join(": ");
}

/** What has come of a completed request: what is done, and what vendors still do, or do not. */
export function completionInWords(steps: readonly StepResult[]): string {
  const answered = (status: StepResult["status"]) =>
    steps.filter((one) => one.step.startsWith(DESTINATION) && one.status === status).length;
  const requested = answered("requested");
  const none = answered("none");
  return [
    "Done.",
    requested > 0 &&
      `${count(requested, "destination")} ${requested === 1 ? "does" : "do"} it in ${requested === 1 ? "its" : "their"} own time.`,
    none > 0 && `${count(none, "destination")} ${none === 1 ? "offers" : "offer"} no deletion: see below.`,
  ]
    .filter(Boolean)
    .join(" ");
}

/** `12 events, 3 receipts`. Counts of zero are left out, unless all are. */
export function countsInWords(counts: Record<string, number> = {}): string {
  const all = Object.entries(counts);
  const some = all.filter(([, n]) => n > 0);
  return (some.length > 0 ? some : all)
    .map(([name, n]) => `${n.toLocaleString("en")} ${nounFor(n, name.replaceAll("_", " "))}`)
    .join(", ");
}

const nounFor = (n: number, plural: string): string =>
  n === 1 ? plural.replace(/ies$/, "y").replace(/s$/, "") : plural;

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
