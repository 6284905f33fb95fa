/**
 * Whose the lines of the quarantine's objects are: told by the identifier keys that stand beside each sealed event, or
 * within the seal where an older line has none. Used by erase.ts and read-subject.ts.
 */
import type { Person } from "#lake/person";
import type { Keyring } from "#privacy/keys";
import type { Place } from "./erase-store.ts";
import { subjectsOf } from "./kept.ts";
import { ERASED_LINE, type SealedEvent } from "./objects.ts";
import { openKept } from "./open-kept.ts";

/** Where its objects are. */
export const QUARANTINE = ["quarantine/"];

export interface Line {
  line: number;
  text: string;
  /** Undefined: it is no event. */
  event: SealedEvent | undefined;
  owner: "own" | "other" | "erased" | "unreadable";
}

/** The lines of an object. What is no event is the person's where one of their keys stands in it. */
export async function linesOf(keys: Keyring, text: string, person: Person): Promise<Line[]> {
  const texts = text.split("\n");
  if (texts.at(-1) === "") texts.pop();
  const lines: Line[] = [];
  for (const [line, own] of texts.entries()) {
    const event = own === ERASED_LINE ? undefined : eventOf(own);
    const subjects = event && (event.subjects ?? (await subjectsWithin(keys, event)));
    const isOwn = subjects?.some(person.is) || person.isIn(own);
    const otherwise = own === ERASED_LINE ? "erased" : event && !subjects ? "unreadable" : "other";
    lines.push({ line, text: own, event, owner: isOwn ? "own" : otherwise });
  }
  return lines;
}

async function subjectsWithin(keys: Keyring, { id, kept }: SealedEvent): Promise<string[] | undefined> {
  const opened = await openKept(keys, id, kept);
  return opened && subjectsOf(opened.identifiers);
}

function eventOf(text: string): SealedEvent | undefined {
  try {
    const value = JSON.parse(text) as Partial<SealedEvent> | null; // written by storeRefusals, if by anyone
    return typeof value?.id === "string" && typeof value.kept === "string"
      ? { ...value, id: value.id, kept: value.kept }
      : undefined;
  } catch {
    return undefined; // It was cut: harms only itself.
  }
}

/** `quarantine/<day>/<batch>.ndjson` */
export const placeOf = (object: string, line: number): Place => ({
  day: object.split("/")[1] ?? "",
  object,
  line,
});
