/** The last part of a trace's line: one step for each destination, with every attempt that was made there. */
import type { Receipt } from "#contracts/messages/receipt";
import { type Fate, fates } from "../entry.ts";
import { reasonInWords } from "../wording.ts";
import { type Child, chip, h } from "./dom.ts";
import { FATE_TONES } from "./live-row.ts";
import { capitalised, facts, step } from "./steps.ts";
import { duration, timeOf } from "./time.ts";

type Delivery = Extract<Receipt, { stage: "delivery" }>;

/** A step for each destination that ingest or delivery named. */
export function deliverySteps(receipts: readonly Receipt[]): HTMLElement[] {
  const arrivedAt = receipts.find((r) => r.stage === "door")?.at;
  return fates(receipts).map((fate) => {
    const attempts = receipts.filter((r) => r.stage === "delivery" && r.destination === fate.destination);
    return destinationStep(fate, attempts as Delivery[], arrivedAt); // the filter above leaves deliveries alone
  });
}

function destinationStep(
  fate: Fate,
  attempts: readonly Delivery[],
  arrivedAt: number | undefined,
): HTMLElement {
  const last = attempts.at(-1);
  const tone = FATE_TONES[fate.status];
  const took =
    fate.status === "delivered" && last && arrivedAt !== undefined ? last.at - arrivedAt : undefined;
  return step(
    tone,
    fate.destination,
    last?.at,
    chip(tone, fate.status),
    fate.status !== "delivered" &&
      fate.reason !== undefined &&
      h("p", {}, capitalised(reasonInWords(fate.reason))),
    fate.status === "queued" && h("p", { class: "hint" }, "On its way; no answer yet."),
    facts([
      ["After", took !== undefined && took >= 0 && duration(took)],
      ["Attempt", last && last.attempt > 1 && String(last.attempt)],
      ["Detail", last?.detail],
      ["Consent", last?.consentReceipt !== undefined && h("code", {}, last.consentReceipt)],
    ]),
    last?.mayRepeat === true &&
      h("p", { class: "hint" }, "The vendor does not deduplicate: a crash may have sent it twice."),
    attempts.length > 1 && attemptList(attempts),
  );
}

function attemptList(attempts: readonly Delivery[]): Child {
  return h(
    "ul",
    { class: "lines" },
    ...attempts.map((r) =>
      h(
        "li",
        {},
        `${timeOf(r.at).shown} · attempt ${r.attempt} · ${r.outcome}${r.code ? ` · ${reasonInWords(r.code)}` : ""}`,
      ),
    ),
  );
}
