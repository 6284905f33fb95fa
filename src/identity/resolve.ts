/**
 * From an event's identifiers: the row that gets its facts, and the links it is evidence for. Pure.
 *
 * A proven identifier (a secret-key source, a signed token) gets the facts itself. What a browser merely claims never does:
 * its facts go to the browser's own row, scoped by the claim, so that a false claim poisons nobody and a shared device can
 * be split. A token that comes with a browser's cookie also says whose browser it is.
 */
import type { AcceptedEvent, IdentifierRef } from "#contracts/messages/event_envelope";
import type { IdentifierNamespace } from "#contracts/taxonomy";
import { type Link, type LinkKind, namespaceOf, scopeLink } from "./graph.ts";

/** Which claim names the person best. */
const PERSON: readonly IdentifierNamespace[] = ["user_id", "customer_id", "email", "phone", "crm_id"];
const DEVICE: readonly IdentifierNamespace[] = ["visitor_id", "anonymous_id", "device_id"];

export interface Resolution {
  /** The row that gets the facts and the claim of the event. */
  factsKey: string;
  /** Rows to read: all that the event names. */
  keys: string[];
  links: Link[];
  /** The identifiers are proved, so that values may overwrite a person's record. */
  verified: boolean;
}

/**
 * @param orphanKey key of the event's own row, for an event that names nobody
 * @param receivedAt dates the links: the sender's own time could be any, and the earliest link of a device stands
 */
export function resolve(
  event: AcceptedEvent,
  source: string,
  orphanKey: string,
  receivedAt: number,
): Resolution {
  // Settled before: what still has an older key is the identifier before it by another version.
  const named = event.identifiers.filter((i) => i.older === undefined);
  const proven = named.filter((i) => i.proof === "source" || i.proof === "token");
  const claimed = named.filter((i) => i.proof === "claim");
  const browser = event.identifiers.find((i) => i.proof === "cookie");
  const links: Link[] = [];
  const link = (a: string, b: string, kind: LinkKind) =>
    links.push({
      a,
      b,
      kind,
      eventId: event.id,
      source,
      at: receivedAt,
      state: kind === "claim" ? "pending" : "live",
    });

  for (const { key, older = [] } of event.identifiers) for (const same of older) link(same, key, "version");

  const provenPerson = best(proven, PERSON);
  if (provenPerson) {
    for (const other of proven)
      if (other.key !== provenPerson.key) link(provenPerson.key, other.key, "proof");
    if (browser) link(provenPerson.key, browser.key, "proof");
  }
  const device = browser ?? (provenPerson ? undefined : (best(proven, DEVICE) ?? best(claimed, DEVICE)));
  const person = best(claimed, PERSON);
  for (const other of claimed) {
    const isDevice = (DEVICE as readonly string[]).includes(namespaceOf(other.key));
    if (isDevice && device && other.key !== device.key) link(device.key, other.key, "device");
  }
  // Beside a token, an address that it does not prove is a claim as any other: nothing of it goes into the person's row.
  if (provenPerson && !person) return done(provenPerson.key, true);
  if (!device) return done(person ? scoped(orphanKey, person.key) : orphanKey, false);
  if (!person) return done(device.key, false);
  const key = scoped(device.key, person.key);
  const own = scopeLink(key);
  if (own) links.push(own);
  // Of the claim that scopes the row, the row's own key is the evidence.
  for (const other of claimed) {
    const isPerson = (PERSON as readonly string[]).includes(namespaceOf(other.key));
    if (isPerson && other.key !== person.key) link(key, other.key, "claim");
  }
  return done(key, false);

  function done(factsKey: string, verified: boolean): Resolution {
    const keys = new Set([factsKey, ...event.identifiers.map((i) => i.key)]);
    return { factsKey, keys: [...keys], links, verified };
  }
}

const scoped = (device: string, claim: string): string => `${device}|${claim}`;

function best(
  refs: readonly IdentifierRef[],
  order: readonly IdentifierNamespace[],
): IdentifierRef | undefined {
  for (const namespace of order) {
    const found = refs.find((ref) => namespaceOf(ref.key) === namespace);
    if (found) return found;
  }
  return undefined;
}
