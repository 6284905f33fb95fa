/**
 * The identity graph's shapes. An identifier's row holds its facts; links are the evidence that two identifiers belong
 * to one person; a profile is what the partition makes of the live links.
 */
/** One row of `identifiers`, parsed. */
export interface IdentifierRow {
  key: string;
  /** Root of its profile; null: it is one of its own. A cache. */
  profile: string | null;
  /** Aggregates by feature hash; opaque here, see src/segments. */
  facts: Record<string, unknown>;
  claims: Claims;
  consent: RowConsent | null;
  suppressed: boolean;
  /** Personal traits, sealed under the subject's key. */
  sealed: string | null;
  /** The edge snapshot as last published; opaque here. */
  snapshot: Record<string, unknown> | null;
  /** 0: not in the database yet. */
  version: number;
  /** Epoch ms of the newest event. */
  seenAt: number;
}

/** Current consent as a row holds it. */
export interface RowConsent {
  /** Granted purposes as letters. */
  g: string;
  /** Epoch ms of the decision, or at which the door first saw it; 0: nobody has decided. */
  t: number;
  /** Receipt. */
  r: string;
  /** Epoch ms at which a browser of the profile last switched Global Privacy Control on; a later grant overrides it. */
  o?: number;
  /** Of this browser: epoch ms of the last request that sent it, and of the last that did not. */
  q?: number;
  n?: number;
  /** Ids of the last decisions that this browser's own signals told, newest first. */
  s?: string[];
  /** 1: it was decided by `PUT /consent`, or by another identifier of the profile. */
  b?: 1;
  /** Of the first: its receipt, also where the row's own rests on further signals. */
  c?: string;
}

/** Whether a decision is known for the row; an opt-out by Global Privacy Control alone is none. */
export const hasDecided = ({ consent }: Pick<IdentifierRow, "consent">): boolean =>
  consent !== null && consent.t > 0;

/** Which envelope brought which events: `[envelope id, receivedAt, event ids]`. */
export type Claims = [envelope: string, receivedAt: number, events: string[]][];

/** Why two identifiers are thought to belong to one person, strongest first. */
export const LINK_STRENGTH = {
  /** One identifier under two versions of the look-up key (src/identity/rotate.ts): the same, whatever else is known. */
  version: 110,
  /** Facts under a claim made on this device: the device's own, always. Not stored: see `scopeLink`. */
  scope: 100,
  /** A secret-key source, or a signed token, named both. */
  proof: 90,
  /** One browser sent both in one request. */
  device: 50,
  /** An unverified claim: kept as evidence, joins nothing. */
  claim: 10,
} as const;
export type LinkKind = keyof typeof LINK_STRENGTH;

export interface Link {
  a: string;
  b: string;
  kind: LinkKind;
  eventId: string;
  source: string;
  /** Epoch ms of the event. */
  at: number;
  state: "live" | "pending" | "revoked";
}

/** A row for an identifier that the database does not know yet. */
export const emptyRow = (key: string): IdentifierRow => ({
  key,
  profile: null,
  facts: {},
  claims: [],
  consent: null,
  suppressed: false,
  sealed: null,
  snapshot: null,
  version: 0,
  seenAt: 0,
});

/** Namespace of a key: `email` of `email:1.abc`; of a scoped key, that of its claim. */
export const namespaceOf = (key: string): string => {
  const claim = key.slice(key.indexOf("|") + 1);
  return claim.slice(0, claim.indexOf(":"));
};

/** Whether the key holds facts under an unverified claim, `visitor_id:…|email:…`. */
export const isScoped = (key: string): boolean => key.includes("|");

/**
 * The link of facts under a claim to the device that it was made on. The key says it all: it is never stored.
 * @returns undefined where the claim was made on no device, or the key is no claim's
 */
export function scopeLink(key: string): Link | undefined {
  const end = key.indexOf("|");
  if (end < 0 || key.startsWith(NAMES_NOBODY)) return undefined;
  const shared = { eventId: "", source: "", at: 0, state: "live" } as const;
  return { a: key.slice(0, end), b: key, kind: "scope", ...shared };
}

/** So begin the keys of rows that are one event's own, since it names nobody. */
export const NAMES_NOBODY = "event:";

/** Of a `device` link: the claimed end, which belongs to one browser, and that browser's. */
export const endsOf = (link: Link): { claimed: string; device: string } =>
  namespaceOf(link.a) === "anonymous_id"
    ? { claimed: link.a, device: link.b }
    : { claimed: link.b, device: link.a };

/** The browser that a signed token was shown in, of a `proof` link between it and a person; undefined for other links. */
export const provenBrowserOf = ({ a, b, kind }: Link): string | undefined =>
  kind === "proof" ? [a, b].find((end) => isBrowser(end)) : undefined;

/** Whether the key is that of our own cookie, which nobody can claim. */
export const isBrowser = (key: string): boolean => namespaceOf(key) === "visitor_id" && !isScoped(key);

/** Identity of a link, whichever way round it was made. */
export const linkId = (link: Pick<Link, "a" | "b" | "kind">): string =>
  link.a < link.b ? `${link.a}~${link.b}~${link.kind}` : `${link.b}~${link.a}~${link.kind}`;

const PERSON = new Set(["user_id", "customer_id", "email", "phone", "crm_id"]);

/** Whether the key names a person (rather than a device), by a claim or proved. */
export const namesPerson = (key: string): boolean => PERSON.has(namespaceOf(key));

/** Whether the key is a person's own: only a secret-key source or a token puts facts there. */
export const isProvenPerson = (key: string): boolean => namesPerson(key) && !isScoped(key);
