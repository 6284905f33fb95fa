/**
 * The identity graph in words that an operator reads: how an identifier came to be known, what a link says, why it joins
 * nothing, and why a profile is in its state. Pure; used by the API and by the console's page.
 */
import type { IdentityState } from "#contracts/taxonomy";
import { isScoped, namesDevice, namespaceOf } from "#identity/graph";
import { listInWords, reasonInWords } from "../wording.ts";
import type { Proof } from "./view.ts";

/** `customer_id` is "customer id", `person-loyalty_card` is "loyalty card". */
export const namespaceInWords = (namespace: string): string =>
  namespace.replace(/^(person|device|match)-/, "").replaceAll("_", " ");

const PROOFS: Record<Proof, string> = {
  cookie: "Our own signed cookie",
  token: "Proved by a signed token",
  source: "Told by a source with a secret key",
  operator: "An operator's word",
  rule: "Derived by a match rule of the release",
  version: "The same value under another version of the look-up key",
  device: "Sent by a browser or an app with its own id",
  claim: "Only claimed on a device: its facts are kept apart",
};

/** @param source id of the source that said so, where one did */
export const proofInWords = (proof: Proof, source?: string): string =>
  `${PROOFS[proof]}${source ? `, ${source}` : ""}`;

const KINDS: Record<string, string> = {
  aside: "An operator set the value aside: it is nobody's",
  apart: "An operator keeps the two apart",
  version: "One value under two versions of the look-up key",
  scope: "Facts under a claim, kept with the device",
  manual: "An operator says that they are one person",
  proof: "A secret-key source or a signed token named both",
  rule: "Proved sources tell the same of both, by a match rule",
  device: "One browser or app sent both",
  claim: "Claimed on a device, and not proved",
};

/** What a kind of link says. */
export const kindInWords = (kind: string): string =>
  Object.hasOwn(KINDS, kind) ? (KINDS[kind] ?? kind) : kind.replaceAll("_", " ");

const CONFLICTS: Record<string, string> = {
  profile_too_large: "the profile would have more identifiers than one may have",
  too_many_partners: "one of the two has too many partners to be anybody's",
  set_aside: "an operator set one of the two aside",
  kept_apart: "an operator keeps the two profiles apart",
  device_of_several_people: "several people were proved in this device, so it is nobody's",
  claim_on_a_proven_person: "what a browser says of itself joins it to no proved person",
  anonymous_id_of_another_browser: "another browser sent this anonymous id first",
  proposal: "a match rule proposes it, and nobody has decided yet",
};

/** Why a live link joins nothing: a reason of src/identity/partition.ts. */
export function conflictInWords(reason: string): string {
  if (Object.hasOwn(CONFLICTS, reason)) return CONFLICTS[reason] ?? reason;
  const two = /^two_(.+)s$/.exec(reason)?.[1];
  if (two) return `it would bring together two values of ${namespaceInWords(two)}, which are two people`;
  const many = /^too_many_(.+)s$/.exec(reason)?.[1];
  if (many) return `the profile would have more values of ${namespaceInWords(many)} than one may have`;
  return reasonInWords(reason);
}

/** Why a profile is in its state. @param members keys @param shared devices of several people */
export function stateInWords(
  state: IdentityState,
  members: readonly { key: string; proof: Proof; suppressed: boolean }[],
  shared: number,
): string[] {
  const proved = members.filter(
    ({ key, proof }) => !isScoped(key) && !namesDevice(key) && proof !== "rule" && proof !== "version",
  );
  const claimed = members.filter(({ key }) => isScoped(key));
  const names = (some: readonly { key: string }[]) =>
    listInWords([...new Set(some.map(({ key }) => namespaceInWords(namespaceOf(key))))]);
  const sentences: string[] = [];
  if (members.some(({ suppressed }) => suppressed))
    sentences.push("It is suppressed: nothing of it is processed, and its data was erased.");
  if (state === "authenticated" && proved.length > 0)
    sentences.push(`It is authenticated, by its ${names(proved)}: proved, not only claimed.`);
  else if (state === "pseudonymous" && claimed.length > 0)
    sentences.push(`It is pseudonymous, by its ${names(claimed)}: claimed on a device, and not proved.`);
  else if (state === "anonymous" && proved.length + claimed.length === 0)
    sentences.push("It is anonymous: only devices are known of it.");
  else if (proved.length + claimed.length > 0) {
    // Consent allows no more than this state, whatever is known.
    sentences.push(
      `It is ${state}, since consent allows no more: known is also its ${names(proved.length > 0 ? proved : claimed)}.`,
    );
  }
  if (state === "authenticated" && claimed.length > 0)
    sentences.push(`Claimed on its devices, which proves nothing: ${names(claimed)}.`);
  if (shared > 0)
    sentences.push(
      `${shared === 1 ? "One of its devices is" : `${shared} of its devices are`} shared: several people were proved there, so nothing personal is shown there.`,
    );
  return sentences;
}
