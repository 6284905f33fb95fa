/**
 * Anonymous counts: what is left of an event that nothing is granted for, where the regime counts what analytics may not
 * have (`withoutAnalytics: "count"`). One that goes on for another purpose is not counted: what is in the lake is in no
 * count. A number by name, country and listed content: no id, no time but the day, no field that a sender could fill with
 * a person. Pure; called by accept.ts.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { AnonymousCount, ConsentDecision } from "#contracts/messages/event_envelope";
import type { CheckedEvent } from "./check.ts";
import { asRecord } from "./shape.ts";

/** Whether an event that nothing is granted for is to be counted: its regime says so. */
export const isCounted = ({ regime }: ConsentDecision, { policy }: ReleaseDocument): boolean =>
  policy.regimes[regime]?.withoutAnalytics === "count";

const MAX_COUNTS = 20;

/** Add an event to a request's counts. */
export function countEvent(
  counts: AnonymousCount[],
  { name, properties }: Pick<CheckedEvent, "name" | "properties">,
  { place }: ConsentDecision,
  document: ReleaseDocument,
): void {
  const listed = listedContent(properties, document);
  const isNew = listed !== "" && !counts.some((count) => count.content === listed);
  // A message has room for so many; what is more is counted without its content.
  const content = isNew && counts.length >= MAX_COUNTS ? "" : listed;
  const known = counts.find((count) => count.name === name && count.content === content);
  if (known) known.events++;
  else counts.push({ name, country: place?.slice(0, 2) ?? "", content, events: 1 });
}

const listedIn = new WeakMap<ReleaseDocument, ReadonlySet<string>>();

/** The content's id where the catalogue has it: any other text could be anything. */
function listedContent(properties: Readonly<Record<string, unknown>>, document: ReleaseDocument): string {
  const id = asRecord(properties.content)?.content_id;
  if (typeof id !== "string") return "";
  let ids = listedIn.get(document);
  if (!ids) {
    ids = new Set([...(document.catalogue?.content ?? []), ...Object.keys(document.content)]);
    listedIn.set(document, ids);
  }
  return ids.has(id) ? id : "";
}
