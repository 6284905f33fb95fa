/**
 * The receipt of an event that did not come in. Without consent for any purpose it keeps nothing that the sender
 * chose: no name of its own making, no text of an error that quotes one, and an id only where it is an opaque one. With
 * consent names and errors stay, scrubbed, and short: a receipt is not sealed, and one alone must fit a message.
 */

import { scrubText } from "#consent/scrub";
import type { ConsentDecision, Refusal } from "#contracts/messages/event_envelope";
import { isEventName } from "#contracts/registry";

const OPAQUE_ID = /^[\w-]{1,64}$/;
const MAX_NAME_CHARS = 128;
/** Of a longer name no more is looked at. */
const MAX_SEEN_CHARS = 4_096;

/** @param consent of this event; without any granted purpose nothing goes on that could tell whose it was */
export function refusalOf(
  refusal: Refusal,
  { granted, regime, place, grounds }: ConsentDecision,
  newId: () => string,
): Refusal {
  const id = refusal.id === "" ? newId() : refusal.id;
  const { status, code, issues } = refusal;
  const consent = { regime, ...(place !== undefined && { place }), grounds };
  if (granted.length > 0) {
    return {
      ...refusal,
      id,
      name: nameKept(refusal.name),
      issues: issues.map(({ path, message }) => ({
        path: withoutPersonal(path),
        message: withoutPersonal(message),
      })),
      consent,
    };
  }
  return {
    id: OPAQUE_ID.test(id) ? id : newId(),
    name: isEventName(refusal.name) ? refusal.name : "(not kept)",
    status,
    code,
    issues: [],
    consent,
  };
}

/** The sender's name for an event that has no contract, as it is written down: by this, repairs find the event. */
export const nameKept = (name: string): string =>
  isEventName(name) ? name : scrubText(name.slice(0, MAX_SEEN_CHARS)).text.slice(0, MAX_NAME_CHARS);

/**
 * A path, or an error that quotes what was sent, scrubbed as free text is; and with `[email]` for whatever could be one,
 * since a quote may cut it short.
 */
export const withoutPersonal = (text: string): string =>
  scrubText(AT.test(text) ? text.replace(ABOUT_AT, withoutAddress) : text).text;

const AT = /[@＠﹫]|%40/;
const ABOUT_AT = /[^\s"]*(?:[@＠﹫]|%40)[^\s"]*/g;
/** How paths begin, by the contracts' own names. */
const ROOT =
  /^(?:properties|context|traits|consent)\.(?:(?:fields|items|\*|\d+|content|page|utm|click_ids|library)\.)*/;

/** Of a path its root is left. What else stands before the @ may be a name: `ida.berg@…`. */
const withoutAddress = (found: string): string => `${ROOT.exec(found)?.[0] ?? ""}[email]`;
