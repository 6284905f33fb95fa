/**
 * A profile's identifiers and links as the API shows them: how each identifier came to be known, which links join nothing
 * and why, and which of them lead to somebody else. Pure; called by assemble.ts.
 */
import {
  endsOf,
  type IdentifierRow,
  isBrowser,
  isScoped,
  LINK_STRENGTH,
  type Link,
  linkId,
  namesDevice,
  namespaceOf,
} from "#identity/graph";
import type { Partition } from "#identity/partition";
import { isMatch } from "#identity/rules";
import type { ProfileLink, ProfileMember, Proof } from "./view.ts";
import { conflictInWords, kindInWords, proofInWords } from "./words.ts";

export const iso = (ms: number): string => new Date(ms).toISOString();
/** Epoch ms, or 0 where nobody knows. */
export const isoOrNull = (ms: number | null | undefined): string | null => (ms ? iso(ms) : null);

/** The members of a profile, those that say most of the person first. */
export function membersOf(
  keys: readonly string[],
  rows: ReadonlyMap<string, IdentifierRow>,
  firstSeen: ReadonlyMap<string, number | null>,
  links: readonly Link[],
  { conflicted, shared }: Partition,
): ProfileMember[] {
  const members = keys.map((key): ProfileMember => {
    const row = rows.get(key);
    const own = links.filter(({ a, b }) => a === key || b === key);
    const { proof, source } = proofOf(key, own, conflicted);
    return {
      key,
      namespace: namespaceOf(key),
      proof,
      explained: proofInWords(proof, source),
      device: isScoped(key) ? key.slice(0, key.indexOf("|")) : null,
      first_at: isoOrNull(firstSeen.get(key)),
      seen_at: isoOrNull(row?.seenAt),
      suppressed: row?.suppressed === true,
      shared: shared.has(key),
      conflicts: own.filter((link) => conflicted.has(linkId(link))).length,
    };
  });
  return members.sort((a, b) => RANK[a.proof] - RANK[b.proof] || (a.key < b.key ? -1 : 1));
}

const RANK: Record<Proof, number> = {
  token: 0,
  source: 1,
  operator: 2,
  cookie: 3,
  device: 4,
  claim: 5,
  rule: 6,
  version: 7,
};

/** By the strongest of the links that join it; a person's own key without one has facts that only a proof puts there. */
function proofOf(
  key: string,
  own: readonly Link[],
  conflicted: Partition["conflicted"],
): { proof: Proof; source?: string } {
  if (isScoped(key)) return { proof: "claim" };
  if (isBrowser(key)) return { proof: "cookie" };
  if (isMatch(key)) return { proof: "rule" };
  const joining = own
    .filter((link) => link.state === "live" && !conflicted.has(linkId(link)))
    .sort((x, y) => LINK_STRENGTH[y.kind] - LINK_STRENGTH[x.kind] || x.at - y.at);
  const proofs = joining.filter(({ kind }) => kind === "proof");
  const [proof] = proofs;
  if (proof) {
    // A token alone comes with a browser's cookie.
    const token = proofs.find(({ a, b }) => isBrowser(a) || isBrowser(b));
    return token ? { proof: "token", source: token.source } : { proof: "source", source: proof.source };
  }
  const device = joining.find((link) => link.kind === "device" && endsOf(link).claimed === key);
  if (device) return { proof: "device", source: device.source };
  if (joining.some(({ kind }) => kind === "manual")) return { proof: "operator" };
  if (joining.some(({ kind }) => kind === "version")) return { proof: "version" };
  return { proof: namesDevice(key) ? "device" : "source" };
}

/** The links of a profile's identifiers, the strongest first; each once. */
export function linksOf(
  keys: readonly string[],
  links: readonly Link[],
  { conflicted, rootOf }: Pick<Partition, "conflicted" | "rootOf">,
): ProfileLink[] {
  const own = new Set(keys);
  const each = new Map(
    links.filter(({ a, b }) => own.has(a) || own.has(b)).map((link) => [linkId(link), link]),
  );
  return [...each.values()]
    .sort(
      (x, y) =>
        LINK_STRENGTH[y.kind] - LINK_STRENGTH[x.kind] || x.at - y.at || (linkId(x) < linkId(y) ? -1 : 1),
    )
    .map((link) => {
      const { a, b, kind, state, at, source, eventId } = link;
      const conflict = state === "live" ? (conflicted.get(linkId(link)) ?? null) : null;
      const foreign = own.has(a) ? (own.has(b) ? undefined : b) : a;
      return {
        a,
        b,
        kind,
        strength: LINK_STRENGTH[kind],
        state,
        at: isoOrNull(at),
        source,
        event_id: eventId,
        conflict,
        other: foreign === undefined ? null : (rootOf.get(foreign) ?? foreign),
        explained: explain(kind, state, conflict),
      };
    });
}

function explain(kind: string, state: Link["state"], conflict: string | null): string {
  const says = kindInWords(kind);
  if (state === "revoked") return `${says}; revoked, so that it joins nothing any more.`;
  if (conflict !== null) return `${says}; it joins nothing, since ${conflictInWords(conflict)}.`;
  if (state === "pending" && kind === "rule") return `${says}; it waits for somebody to decide.`;
  return `${says}.`;
}
