/**
 * Whose the lines of a landing object are. An event, and the receipt of its ingest, say whose facts they made (`subject`;
 * older ones only the root of the profile, `profile`). Other receipts say no more than the event's id: they follow it, or
 * the decision on consent that they rest on. Ids are chosen by senders, and two persons' events may have the same one:
 * then a receipt goes with the event that it lies in order with. Pure; used by erase.ts and read-subject.ts.
 */
import type { Person } from "./person.ts";

/** A line, read as far as it can be. */
export interface LandedLine {
  text: string;
  /** Undefined: it is no JSON object. */
  record: Record<string, unknown> | undefined;
  /** Whether it is the person's. */
  isOwn: boolean;
}

/** The lines of an object of events, with the receipts of the door and of ingest. @param ids of the person's events */
export const eventLines = (text: string, person: Person, ids: ReadonlySet<string>): LandedLine[] =>
  markEventLines(linesOf(text), person, ids);

/** The same of lines that have been read already, which are marked. */
export function markEventLines(lines: LandedLine[], person: Person, ids: ReadonlySet<string>): LandedLine[] {
  const byId = new Map<string, Same>();
  const open: LandedLine[] = [];
  for (const line of lines) {
    const { record } = line;
    const id = record && idOf(record);
    if (!record || id === undefined) {
      line.isOwn = person.isIn(line.text);
      continue;
    }
    const same = byId.get(id) ?? { own: false, other: false, ingested: [], accepted: [] };
    byId.set(id, same);
    const owner = ownerOf(record);
    if (owner === undefined) open.push(line);
    else {
      line.isOwn = person.is(owner);
      same[line.isOwn ? "own" : "other"] = true;
    }
    if (record.stage === "ingest") same.ingested.push(line);
    if (record.stage === "door" && record.outcome === "accepted") same.accepted.push(line);
  }
  // What a decision ties is found first: the receipt of its ingest, which carries none, goes with it.
  const tied = new Set(open.filter(({ record }) => person.decided(decisionIn(record))).map(idIn));
  for (const line of open) {
    const same = byId.get(idIn(line));
    if (!same) continue;
    const partner = same.own && same.other ? pairOf(line, same) : undefined;
    const owner = partner?.record && ownerOf(partner.record);
    if (partner && owner !== undefined) line.isOwn = partner.isOwn;
    else if (same.own) line.isOwn = true;
    else if (!same.other) line.isOwn = ids.has(idIn(line)) || tied.has(idIn(line));
  }
  return lines;
}

/** Lines with the same event id. */
interface Same {
  own: boolean;
  other: boolean;
  ingested: LandedLine[];
  accepted: LandedLine[];
}

/** The receipt of ingest that lies in the same place as this one of the door. */
function pairOf(line: LandedLine, { ingested, accepted }: Same): LandedLine | undefined {
  return ingested.length === accepted.length ? ingested[accepted.indexOf(line)] : undefined;
}

/** Lines of all kinds, as a part of receipts has them: each as in the files that it came from. They are marked. */
export async function markLines(
  lines: LandedLine[],
  person: Person,
  ids: ReadonlySet<string>,
  itemIdOf: ItemIdOf,
): Promise<LandedLine[]> {
  const { deliveries = [], others = [] } = Object.groupBy(lines, ({ record }) =>
    record?.stage === "delivery" ? "deliveries" : "others",
  );
  markEventLines(others, person, ids);
  await markDeliveryLines(deliveries, person, ids, itemIdOf);
  return lines;
}

/** Makes the id of a destination's item: src/forward/item-id.ts. */
export type ItemIdOf = (eventId: string, destination: string, subject: string) => Promise<string>;

/** The lines of an object of deliveries. An item's id tells whose facts its event made. */
export const deliveryLines = (
  text: string,
  person: Person,
  ids: ReadonlySet<string>,
  itemIdOf: ItemIdOf,
): Promise<LandedLine[]> => markDeliveryLines(linesOf(text), person, ids, itemIdOf);

/** The same of lines that have been read already, which are marked. */
export async function markDeliveryLines(
  lines: LandedLine[],
  person: Person,
  ids: ReadonlySet<string>,
  itemIdOf: ItemIdOf,
): Promise<LandedLine[]> {
  // Most events of a person made facts of one identifier: it is tried first.
  let keys = person.keys;
  const isItemOf = async ({ eventId, destination, itemId }: Record<string, unknown>) => {
    for (const key of keys) {
      if ((await itemIdOf(String(eventId), String(destination), key)) !== itemId) continue;
      if (key !== keys[0]) keys = [key, ...keys.filter((other) => other !== key)];
      return true;
    }
    return false;
  };
  for (const line of lines) {
    const { record } = line;
    const id = record && idOf(record);
    if (!record || id === undefined) line.isOwn = person.isIn(line.text);
    else
      line.isOwn =
        person.decided(record.consentReceipt) ||
        (ids.has(id) && (await isItemOf(record))) ||
        person.isIn(line.text);
  }
  return lines;
}

/** Whether a text may have a line of the person: no line is parsed for this. */
export function mayHold(text: string, person: Person, ids: ReadonlySet<string>): boolean {
  if (person.isIn(text)) return true;
  if (ids.size > 0) for (const id of valuesOf(text, "eventId")) if (ids.has(id)) return true;
  if (!person.hasDecided) return false;
  for (const field of ["receipt", "consentReceipt"])
    for (const receipt of valuesOf(text, field)) if (person.decided(receipt)) return true;
  return false;
}

/** An object's text of these lines. */
export const textOf = (lines: readonly string[]): string =>
  lines.length === 0 ? "" : `${lines.join("\n")}\n`;

/** Texts of an object's lines. */
export function textsOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

const linesOf = (text: string): LandedLine[] =>
  textsOf(text).map((line) => ({ text: line, record: recordOf(line), isOwn: false }));

function recordOf(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined; // It was cut: harms only itself.
  }
}

function idOf({ type, id, eventId }: Record<string, unknown>): string | undefined {
  const named = type === "event" ? id : eventId;
  return typeof named === "string" ? named : undefined;
}

/** Of a line that has one. */
const idIn = ({ record }: LandedLine): string => (record && idOf(record)) ?? "";

/** Whose a line says that it is: the identifier key. */
function ownerOf({ type, stage, subject, profile, visitor }: Record<string, unknown>): string | undefined {
  const owner =
    type === "event" || stage === "ingest" || stage === "change"
      ? (subject ?? profile)
      : stage === "slot"
        ? visitor
        : null;
  return typeof owner === "string" ? owner : undefined;
}

function decisionIn(record: Record<string, unknown> | undefined): unknown {
  const consent = record?.consent;
  return typeof consent === "object" && consent !== null && "receipt" in consent
    ? consent.receipt
    : undefined;
}

/** Texts of all fields of a name, anywhere in some JSON. */
function* valuesOf(text: string, field: string): Generator<string> {
  const head = `"${field}":"`;
  for (let at = text.indexOf(head); at >= 0; at = text.indexOf(head, at)) {
    const start = at + head.length;
    let end = text.indexOf('"', start);
    while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
    if (end < 0) return;
    at = end;
    const value = text.slice(start, end);
    yield value.includes("\\") ? unescaped(value) : value;
  }
}

function isEscaped(text: string, quote: number): boolean {
  let backslashes = 0;
  while (text[quote - 1 - backslashes] === "\\") backslashes++;
  return backslashes % 2 === 1;
}

function unescaped(value: string): string {
  try {
    return String(JSON.parse(`"${value}"`));
  } catch {
    return value; // Not our writing: compared as it stands.
  }
}
