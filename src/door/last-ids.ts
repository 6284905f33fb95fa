/**
 * Labels of the last events that a session took in, so that one that is sent again counts once. They go with the session's
 * cookie. Called by src/collect/remember.ts.
 */
import { fnv1a32 } from "#core/fnv";
import { joined } from "#core/one-piece";
import type { Session } from "./session.ts";

const ID_CHARS = 4;
const MAX_IDS = 8;

/** Whether an event is none of the last that were added; from now on it is. */
export function isNews(session: Session, id: string): boolean {
  const label = labelOf(fnv1a32(id));
  const ids = session.ids ?? "";
  for (let at = 0; at < ids.length; at += ID_CHARS) if (ids.startsWith(label, at)) return false;
  session.ids = joined(ids.slice(-(MAX_IDS - 1) * ID_CHARS), label);
  return true;
}

/** The last digits of a number to the base 36. */
const labelOf = (number: number): string => (number % 36 ** ID_CHARS).toString(36).padStart(ID_CHARS, "0");
