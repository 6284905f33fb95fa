/**
 * Receipts as sentences: on what ground an event was processed or not, which of its fields were removed, whom it resolved
 * to, who received it and who did not. Pure; answers `GET /admin/api/trace/:event_id`, and the console's page shows the same words.
 */
import type { Receipt } from "#contracts/messages/receipt";
import { PURPOSES } from "#contracts/taxonomy";
import { groundInWords, receiptInWords } from "./consent-words.ts";
import { listInWords, reasonInWords } from "./wording.ts";

/** As many as src/consent/minimise.ts lists of one event. */
export const LISTED_REMOVALS = 50;

type At<Stage extends Receipt["stage"]> = Extract<Receipt, { stage: Stage }>;

/** The sentences of one receipt, at least one. */
export function explainReceipt(receipt: Receipt): string[] {
  switch (receipt.stage) {
    case "door":
      return explainDoor(receipt);
    case "ingest":
      return explainIngest(receipt);
    case "change":
      return explainChange(receipt);
    case "delivery":
      return [explainDelivery(receipt)];
    case "slot":
      return explainSlot(receipt);
  }
}

/** The sentences of a whole trace, in the order of its receipts, and at the end who received the event. */
export const explainTrace = (receipts: readonly Receipt[]): string[] => [
  ...receipts.flatMap(explainReceipt),
  ...explainReceivers(receipts),
];

function explainReceivers(receipts: readonly Receipt[]): string[] {
  if (!receipts.some(({ stage }) => stage === "door")) return [];
  const took = new Set(
    receipts.flatMap((r) => (r.stage === "delivery" && r.outcome === "delivered" ? r.destination : [])),
  );
  if (took.size === 0) return ["No destination has received it."];
  return [
    `It was received by ${listInWords([...took].map((name) => `\`${name}\``))}, and by no other destination.`,
  ];
}

function explainDoor(receipt: At<"door">): string[] {
  const what = `\`${receipt.name}\` from \`${receipt.source}\``;
  const by = receipt.protocol ? ` by ${receipt.protocol}` : "";
  const why = receipt.code ? `: ${reasonInWords(receipt.code)}` : "";
  const sentences = [
    receipt.outcome === "accepted"
      ? `The door accepted ${what}${by}.`
      : `The door ${receipt.outcome} ${what}${by}${why}.`,
  ];
  if (receipt.agent) {
    const { kind, name } = receipt.agent;
    sentences.push(`It came from a bot: ${kind.replaceAll("_", " ")}${name ? ` (${name})` : ""}.`);
  }
  for (const flag of receipt.flags ?? []) sentences.push(`${capitalised(reasonInWords(flag))}.`);
  for (const issue of receipt.issues ?? []) sentences.push(`\`${issue.path || "event"}\`: ${issue.message}.`);
  if (receipt.consent) sentences.push(...explainConsent(receipt.consent));
  if (receipt.refusedOn) sentences.push(...explainGrounds(receipt.refusedOn, "", []));
  const removed = receipt.removed ?? [];
  for (const field of removed)
    sentences.push(`\`${field.path}\` was ${field.action}: ${reasonInWords(field.reason)}.`);
  if (removed.length >= LISTED_REMOVALS)
    sentences.push(`Further fields may have been removed: of one event ${LISTED_REMOVALS} are listed.`);
  if (receipt.outcome === "accepted" && receipt.removed && removed.length === 0)
    sentences.push("No field was removed.");
  return sentences;
}

const explainConsent = (consent: NonNullable<At<"door">["consent"]>): string[] => [
  ...explainGrounds(consent, `: ${receiptInWords(consent.receipt)}`, consent.granted),
  ...(consent.expiresAt !== undefined
    ? [`What was granted lapses at ${new Date(consent.expiresAt).toISOString()}.`]
    : []),
  ...(consent.gpc ? ["The browser sent Global Privacy Control: an opt-out for the whole profile."] : []),
];

/** @param decided what the receipt says, after the regime */
function explainGrounds(
  { regime, place, grounds }: NonNullable<At<"door">["refusedOn"]>,
  decided: string,
  granted: readonly string[],
): string[] {
  const chosen = place === undefined ? "as no place is known" : `by the place \`${place}\``;
  return [
    `Consent under the regime \`${regime}\`, chosen ${chosen}${decided}.`,
    ...PURPOSES.map((purpose) => {
      const ground = Object.hasOwn(grounds, purpose) ? grounds[purpose] : undefined;
      return `${capitalised(purpose)} is ${granted.includes(purpose) ? "granted" : "denied"}${
        ground ? ` on the ground of ${groundInWords(ground)}` : ""
      }.`;
    }),
  ];
}

function explainIngest(receipt: At<"ingest">): string[] {
  if (receipt.outcome === "duplicate") {
    return ["Ingest had this event already: the repeat changed nothing and went nowhere."];
  }
  if (receipt.outcome === "dropped") {
    const why = receipt.code ? `: ${reasonInWords(receipt.code)}` : "";
    // A bot's event is sent on to the destinations that ask for bots.
    return [`Ingest dropped the event${why}.`, ...explainRouting(receipt)];
  }
  const sentences = [
    receipt.profile
      ? `It belongs to the ${receipt.identityState ?? "unknown"} profile \`${receipt.profile}\`.`
      : receipt.identityState
        ? `It belongs to a profile that is ${receipt.identityState}.`
        : "It belongs to no profile.",
    ...(receipt.resolution ?? []).map((line) => sentence(line)),
  ];
  if (receipt.entered?.length) sentences.push(`The profile entered ${quoted(receipt.entered)}.`);
  if (receipt.left?.length) sentences.push(`The profile left ${quoted(receipt.left)}.`);
  if (receipt.segments) {
    sentences.push(
      receipt.segments.length ? `It is now in ${quoted(receipt.segments)}.` : "It is in no segment.",
    );
  }
  return [...sentences, ...explainRouting(receipt)];
}

const explainRouting = ({ routed = {} }: At<"ingest">): string[] =>
  Object.entries(routed).map(([destination, fate]) =>
    isRouted(fate)
      ? `It was sent on to \`${destination}\`.`
      : `It did not go to \`${destination}\`: ${reasonInWords(fate)}.`,
  );

function explainChange({ outcome, changed, entered = [], left = [], routed }: At<"change">): string[] {
  if (outcome === "moved") {
    const parts = [
      ...(entered.length > 0 ? [`it entered ${quoted(entered)}`] : []),
      ...(left.length > 0 ? [`it left ${quoted(left)}`] : []),
    ];
    return [`Without an event of the profile, ${parts.join(" and ")}.`];
  }
  const takers = Object.entries(routed).flatMap(([key, why]) => (why === "queued" ? [`\`${key}\``] : []));
  return [`The profile has changed: ${changed.join(", ")}. ${takers.join(", ") || "Nobody"} is told.`];
}

function explainDelivery(receipt: At<"delivery">): string {
  const { destination, attempt } = receipt;
  const why = receipt.code ? `: ${reasonInWords(receipt.code)}` : "";
  const detail = receipt.detail ? ` (${receipt.detail})` : "";
  switch (receipt.outcome) {
    case "delivered": {
      const repeat = receipt.mayRepeat
        ? " The vendor does not deduplicate: a crash may have sent it twice."
        : "";
      return `\`${destination}\` took it at attempt ${attempt}${detail}.${repeat}`;
    }
    case "skipped":
      return `\`${destination}\` did not get it${why}${detail}.`;
    case "retry":
      return `\`${destination}\` did not take it at attempt ${attempt}${why}${detail}; it will be tried again.`;
    case "parked":
      return `It is parked for \`${destination}\`${why}${detail}.`;
    case "failed":
      return `\`${destination}\` will not take it as it is${why}${detail}; it is among the failures after attempt ${attempt}.`;
  }
}

function explainSlot(receipt: At<"slot">): string[] {
  const shown = receipt.outcome === "offer" ? `the offer \`${receipt.offer ?? "unknown"}\`` : "its fallback";
  return [
    `Slot \`${receipt.slot}\` showed ${shown}, by release ${receipt.release}.`,
    receipt.segments.length
      ? `The visitor was in ${quoted(receipt.segments)}.`
      : "The visitor was in no segment.",
    ...receipt.losers.map((loser) => `\`${loser.offer}\` lost: ${reasonInWords(loser.reason)}.`),
    ...(receipt.losers.length === 0 ? ["No other offer competed for it."] : []),
  ];
}

/** Whether `routed` says that the event was queued for the destination; any other text is the reason that it was not. */
export const isRouted = (fate: string): boolean => fate === "queued";

const quoted = (names: readonly string[]): string =>
  `${names.length === 1 ? "the segment" : "the segments"} ${listInWords(names.map((name) => `\`${name}\``))}`;
const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
const sentence = (line: string): string =>
  /[.!?]$/.test(line) ? capitalised(line) : `${capitalised(line)}.`;
