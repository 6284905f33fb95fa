/**
 * The receipt of an event that did not come in. Without consent for any purpose it keeps nothing that the sender
 * chose: no name of its own making, no text of an error that quotes one, and an id only where it is an opaque one.
 */
import type { Refusal } from "#contracts/messages/event_envelope";
import { isEventName } from "#contracts/registry";

const OPAQUE_ID = /^[\w-]{1,64}$/;

/** @param consented some purpose is granted for this event */
export function refusalOf(refusal: Refusal, consented: boolean, newId: () => string): Refusal {
  const id = refusal.id === "" ? newId() : refusal.id;
  if (consented) return { ...refusal, id };
  const { status, code } = refusal;
  return {
    id: OPAQUE_ID.test(id) ? id : newId(),
    name: isEventName(refusal.name) ? refusal.name : "(not kept)",
    status,
    code,
    issues: [],
  };
}
