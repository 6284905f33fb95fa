/**
 * What may stand in an entry of the audit log. It cannot be changed or erased, so nothing of a visitor may get into it:
 * targets and details are ids, numbers and short texts, and whatever could be more is left out and said to be.
 */
import type { Actor } from "../actor.ts";
import type { AuditEntry, AuditValue } from "./chain.ts";

export type AuditDetail = Readonly<Record<string, AuditValue>>;

/** What is appended; `seq`, `prev` and `hash` follow from the chain. */
export interface NewAuditEntry {
  /** Epoch ms. */
  at: number;
  actor: Actor;
  /** `noun.verb`, for example `person.read`, `release.publish`. */
  action: string;
  /** What it is done to: an id, never a value of a person. */
  target: string;
  detail: AuditDetail;
}

const ACTION = /^[a-z][a-z0-9_.]{0,63}$/;
const DETAIL_NAME = /^[a-z][a-z0-9_]{0,39}$/;
const MAX_DETAILS = 20;
export const MAX_TEXT_CHARS = 200;
const CONTROL = /[\p{Cc}\u2028\u2029]/gu;

/** The entry as it is hashed and kept. Throws where an action or a detail's name is malformed: those are the code's own. */
export function admissible({
  at,
  actor,
  action,
  target,
  detail,
}: NewAuditEntry): Omit<AuditEntry, "seq" | "prev" | "hash"> {
  if (!ACTION.test(action)) throw new Error("an audited action is named like `release.publish`");
  const names = Object.keys(detail).sort();
  if (names.length > MAX_DETAILS) throw new Error(`an audit entry has at most ${MAX_DETAILS} details`);
  if (!names.every((name) => DETAIL_NAME.test(name)))
    throw new Error("a detail of an audit entry is named in snake_case");
  return {
    at,
    // An actor is one of the staff: who did it is the point of the log, also where it is an e-mail address.
    actor: { id: plain(actor.id), name: plain(actor.name), role: actor.role },
    action,
    target: withoutPersons(target),
    detail: Object.fromEntries(names.map((name) => [name, admissibleValue(detail[name])])),
  };
}

function admissibleValue(value: unknown): AuditValue {
  if (typeof value === "string") return withoutPersons(value);
  if (typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  return null;
}

function withoutPersons(text: string): string {
  if (text.length > MAX_TEXT_CHARS) return `(left out: ${text.length} characters)`;
  return /[@\uff20]|%40/.test(text) ? "(left out: it may be an address)" : plain(text);
}

/** One line that every store gives back as it got it. */
function plain(text: string): string {
  return text.toWellFormed().replace(CONTROL, "\ufffd").slice(0, MAX_TEXT_CHARS).toWellFormed();
}
