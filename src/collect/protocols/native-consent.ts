/**
 * The `consent` of an event, or of a body for all its events that have none: purposes, and whatever signals the sender
 * has. Read by native.ts. What cannot be read makes the event unreadable, since silence could be taken for consent.
 */
import { fromConsentMode } from "#consent/signals/consent-mode";
import type { ConsentString } from "#consent/signals/strings";
import { type ConsentStatement, consentStatementSchema } from "#contracts/event";
import { PURPOSES } from "#contracts/taxonomy";
import { issuesOf } from "../issues.ts";
import type { IncomingEvent, UnreadableEvent } from "./protocol.ts";

type Says = Pick<IncomingEvent, "statement" | "strings" | "signals">;

/** What it says, as an event has it, or what is wrong with it. */
export type NativeConsent = { ok: true; says: Says } | { ok: false; issues: UnreadableEvent["issues"] };

const SILENT: NativeConsent = { ok: true, says: {} };

/** @param given as it came; undefined where there is none */
export function readConsent(given: unknown): NativeConsent {
  if (given === undefined) return SILENT;
  const parsed = consentStatementSchema().safeParse(given);
  if (!parsed.success) return { ok: false, issues: issuesOf(parsed.error, "consent") };
  // `{"Marketing": "denied"}` was meant to say something: to read it as silence could be a grant.
  const keys = Object.keys(given as object); // the schema has seen that it is one
  const known = Object.keys(consentStatementSchema().shape);
  if (keys.length > 0 && !keys.some((key) => known.includes(key)))
    return { ok: false, issues: [{ path: "consent", message: `has none of ${known.join(", ")}` }] };
  const { tcf, gpp, gpp_sid: sectionIds, consent_mode: types } = parsed.data;
  const says: Says = {};
  const statement: ConsentStatement = {};
  for (const purpose of PURPOSES) {
    const said = parsed.data[purpose];
    if (said === undefined) continue;
    statement[purpose] = said;
    says.statement = statement;
  }
  const strings: ConsentString[] = [];
  // An empty one is no string at all: the reader says so.
  if (tcf !== undefined) strings.push({ kind: "tcf", text: tcf });
  if (gpp !== undefined) strings.push({ kind: "gpp", text: gpp, sectionIds });
  if (strings.length > 0) says.strings = strings;
  const mode = types && fromConsentMode(types);
  if (mode) says.signals = [mode];
  return { ok: true, says };
}
