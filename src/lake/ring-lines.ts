/**
 * Receipts as lines of JSON, as the LiveTail object (live-tail.ts) stores them: made, read, grouped into rows; and which of
 * them are about a person who is to be forgotten. Pure.
 */
import type { Receipt } from "#contracts/messages/receipt";
import type { Person } from "./person.ts";
import type { Tally } from "./tally.ts";

/** Larger receipts are not shown: R2 has them, and one of them would push hundreds of others out. */
const RECEIPT_CHARACTERS = 32_000;
/** SQLite in a Durable Object takes values up to 2 MB; one character is at most 3 bytes of UTF-8. */
const ROW_CHARACTERS = 500_000;

/** A receipt as one line of JSON; nothing where it is none, or too large to be shown. */
export function toLine(value: unknown): string[] {
  if (!isReceipt(value)) return [];
  const line = JSON.stringify(value);
  return line.length <= RECEIPT_CHARACTERS ? [line] : [];
}

export function parseLine(line: string): Receipt | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isReceipt(value) ? value : undefined;
  } catch {
    return undefined; // A row of an older shape: the ring is a view, and R2 has the record.
  }
}

/** The tallies of a stored batch, if its first line is them. */
export function talliesIn(line = ""): Tally[] {
  if (!line.startsWith('{"tallies":')) return [];
  try {
    return (JSON.parse(line) as { tallies: Tally[] }).tallies; // `append` wrote it.
  } catch {
    return []; // As above.
  }
}

/** Only what this file relies on is checked: the senders are typed, and whoever reads validates whole. */
function isReceipt(value: unknown): value is Receipt {
  if (typeof value !== "object" || value === null) return false;
  return (
    "stage" in value &&
    typeof value.stage === "string" &&
    "eventId" in value &&
    typeof value.eventId === "string" &&
    "at" in value &&
    Number.isFinite(value.at)
  );
}

/** Lines in groups that fit one row each; nearly always a single group. */
export function rowsOf(lines: readonly string[]): string[][] {
  const rows: string[][] = [];
  let characters = Number.POSITIVE_INFINITY;
  for (const line of lines) {
    if (characters + line.length + 1 > ROW_CHARACTERS) {
      rows.push([]);
      characters = 0;
    }
    rows.at(-1)?.push(line);
    characters += line.length + 1;
  }
  return rows;
}

/**
 * Ids of the person's events among some receipts: those whose ingest found them out, those that rest on a decision of
 * theirs, the slots that they were shown, and what they decided.
 */
export function eventIdsOf(lines: readonly string[], person: Person): string[] {
  return lines.flatMap((line) => {
    const receipt = parseLine(line);
    return receipt && isAbout(receipt, person) ? [receipt.eventId] : [];
  });
}

function isAbout(receipt: Receipt, person: Person): boolean {
  switch (receipt.stage) {
    case "door":
      return person.is(receipt.source) || person.decided(receipt.consent?.receipt);
    case "ingest":
    case "change":
      return person.is(receipt.subject) || person.is(receipt.profile);
    case "delivery":
      return person.decided(receipt.consentReceipt);
    case "slot":
      return person.is(receipt.visitor);
  }
}
