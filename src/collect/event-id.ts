/**
 * The id that an event goes on by. Senders choose it, and it stands in the lake, in receipts and in logs as it is; some
 * send an e-mail address, a phone number or a session's token. What is not plainly an id goes on as a keyed hash: the same
 * one each time, so that one that is sent again is still known. Called by accept.ts, whose answer names the sender's own,
 * and for a trace that is asked for by that.
 */
import { look, SEEN } from "#consent/scrub-look";
import { withoutPhones } from "#consent/scrub-phones";
import type { Keyring } from "#privacy/keys";
import { steadyHash } from "#privacy/lookup";

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const PLAIN = /^[\w.:~-]{1,100}$/;
/** A whole id of so many digits is as often a phone's, a card's or a person's number as an order's. */
const NUMBER = /^(?:[.:~_-]*\d){8,19}[.:~_-]*$/;
/** What is made here, when it is asked for by that. */
const MADE = /^hashed-[\w-]{22}$/;

/** The id itself, or its keyed hash. A promise only where it has to be hashed. */
export const eventIdOf = (keys: Keyring, id: string): string | Promise<string> =>
  isPlain(id) ? id : steadyHash(keys, "event", id).then((hash) => `hashed-${hash}`);

/** Whether an id names nobody as far as its form shows. */
function isPlain(id: string): boolean {
  if (UUID.test(id) || MADE.test(id) || id === "") return true;
  if (!PLAIN.test(id) || NUMBER.test(id)) return false;
  return (look(id, true) & SEEN.number) === 0 || withoutPhones(id) === id;
}
