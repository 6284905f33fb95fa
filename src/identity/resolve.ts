/**
 * From an event's identifiers: the row that gets its facts, and the links it is evidence for. Pure.
 *
 * A proven identifier (a secret-key source, a signed token) gets the facts itself. What a browser merely claims never does:
 * its facts go to the browser's own row, scoped by the claim, so that a false claim poisons nobody and a shared device can
 * be split. A token that comes with a browser's cookie also says whose browser it is.
 */
import type { AcceptedEvent, IdentifierRef } from "#contracts/messages/event_envelope";
import { type Link, type LinkKind, namesDevice, namesPerson, namespaceOf, scopeLink } from "./graph.ts";
import { DEFAULT_RULES, type IdentityRules, isMatch } from "./rules.ts";

/** Which device's row gets the facts. */
const DEVICE: readonly string[] = ["visitor_id", "anonymous_id", "device_id"];

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
  rules: IdentityRules = DEFAULT_RULES,
): Resolution {
  // Settled before: what still has an older key is the identifier before it by another version.
  const named = event.identifiers.filter((i) => i.older === undefined);
  const all = named.filter((i) => i.proof === "source" || i.proof === "token");
  const proven = all.filter((i) => !isMatch(i.key));
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
      state: isProposal(kind, b) ? "pending" : "live",
    });
  const isProposal = (kind: LinkKind, key: string) =>
    kind === "claim" || (kind === "rule" && !rules.mergesBy(namespaceOf(key)));
  const personOf = (refs: readonly IdentifierRef[]) =>
    best(
      refs.filter(({ key }) => namesPerson(key)),
      rules.priority,
    );
  const deviceOf = (refs: readonly IdentifierRef[]) =>
    best(
      refs.filter(({ key }) => namesDevice(key)),
      DEVICE,
    );

  for (const { key, older = [] } of event.identifiers) for (const same of older) link(same, key, "version");

  const provenPerson = personOf(proven);
  if (provenPerson) {
    for (const other of proven)
      if (other.key !== provenPerson.key) link(provenPerson.key, other.key, "proof");
    if (browser) link(provenPerson.key, browser.key, "proof");
    for (const { key } of all) if (isMatch(key)) link(provenPerson.key, key, "rule");
  }
  const device = browser ?? (provenPerson ? undefined : (deviceOf(proven) ?? deviceOf(claimed)));
  const person = personOf(claimed);
  for (const other of claimed) {
    if (namesDevice(other.key) && device && other.key !== device.key) link(device.key, other.key, "device");
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
    if (namesPerson(other.key) && other.key !== person.key) link(key, other.key, "claim");
  }
  return done(key, false);

  function done(factsKey: string, verified: boolean): Resolution {
    const keys = new Set([factsKey, ...event.identifiers.map((i) => i.key)]);
    return { factsKey, keys: [...keys], links, verified };
  }
}

const scoped = (device: string, claim: string): string => `${device}|${claim}`;

/** The first by namespace; of those that the order does not have, the first in the event. */
function best(refs: readonly IdentifierRef[], order: readonly string[]): IdentifierRef | undefined {
  for (const namespace of order) {
    const found = refs.find((ref) => namespaceOf(ref.key) === namespace);
    if (found) return found;
  }
  return refs[0];
}
