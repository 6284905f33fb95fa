/**
 * The identity graph's shapes. An identifier's row holds its facts; links are the evidence that two identifiers belong
 * to one person; a profile is what the partition makes of the live links.
 */
/** One row of `identifiers`, parsed. */
export interface IdentifierRow {
  key: string;
  /** Keys of its profile, sorted, itself among them; null: it is one of its own. A cache of the partition. */
  members: readonly string[] | null;
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
  /** When the profile is to be looked at without an event (src/ingest/due.ts); null: this row does not say. */
  dueAt: number | null;
  /** What is written in its place, and into the calendar (looks.ts); absent: what is stored stays. */
  dueNext?: number | null;
  /** What the profile entered and left, as far as this row tells it; opaque here, see src/segments/history.ts. */
  history: readonly unknown[] | null;
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

/** Why two identifiers are thought to belong to one person, strongest first; and why they are not. */
export const LINK_STRENGTH = {
  /** An operator's word that the value is nobody's: a link of the identifier with itself. Joins nothing. */
  aside: 130,
  /** An operator's word that these are two people, whatever else links them. Joins nothing. */
  apart: 120,
  /** One identifier under two versions of the look-up key (src/identity/rotate.ts): the same, whatever else is known. */
  version: 110,
  /** Facts under a claim made on this device: the device's own, always. Not stored: see `scopeLink`. */
  scope: 100,
  /** An operator's word that these are one person. */
  manual: 95,
  /** A secret-key source, or a signed token, named both. */
  proof: 90,
  /** Proved sources tell the same of both, by a rule of the release (src/identity/match.ts). */
  rule: 70,
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
  members: null,
  facts: {},
  claims: [],
  consent: null,
  suppressed: false,
  sealed: null,
  snapshot: null,
  version: 0,
  seenAt: 0,
  dueAt: null,
  history: null,
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

/**
 * Of a `device` link: the claimed end, which belongs to one browser, and that browser's. Told from the keys alone: the link
 * is stored under both ends, and read from either.
 */
export const endsOf = ({ a, b }: Link): { claimed: string; device: string } =>
  claimedRank(a) > claimedRank(b) || (claimedRank(a) === claimedRank(b) && a > b)
    ? { claimed: a, device: b }
    : { claimed: b, device: a };

/** Our cookie is never claimed; an anonymous id is, before what else names a device. */
const claimedRank = (key: string): number => {
  if (isBrowser(key)) return 0;
  return namespaceOf(key) === "anonymous_id" ? 2 : 1;
};

/**
 * The device that was proved to be used by a person, of a `proof` link between the two: the browser that a signed token was
 * shown in, the app that a server names with its user. Undefined for other links.
 */
export function provenDeviceOf({ a, b, kind }: Link): string | undefined {
  if (kind !== "proof") return undefined;
  if (namesPerson(a)) return namesDevice(b) ? b : undefined;
  return namesPerson(b) && namesDevice(a) ? a : undefined;
}

/** Whether the key is that of our own cookie, which nobody can claim. */
export const isBrowser = (key: string): boolean => namespaceOf(key) === "visitor_id" && !isScoped(key);

/** Identity of a link, whichever way round it was made. */
export const linkId = (link: Pick<Link, "a" | "b" | "kind">): string =>
  link.a < link.b ? `${link.a}~${link.b}~${link.kind}` : `${link.b}~${link.a}~${link.kind}`;

const PERSON = new Set(["user_id", "customer_id", "email", "phone", "crm_id", "login_id"]);

/** Whether identifiers of a namespace name persons (rather than devices); of one's own, its first word says so. */
export const namesPersonBy = (namespace: string): boolean =>
  PERSON.has(namespace) || namespace.startsWith("person-");

/** Whether the key names a person, by a claim or proved. */
export const namesPerson = (key: string): boolean => namesPersonBy(namespaceOf(key));

const DEVICE = new Set(["visitor_id", "anonymous_id", "device_id"]);

/** Whether the key names a device: a browser, an app's installation. What a match rule derives is neither. */
export const namesDevice = (key: string): boolean => {
  const namespace = namespaceOf(key);
  return DEVICE.has(namespace) || namespace.startsWith("device-");
};

/** Root of the profile that a row says it is in: the smallest key. */
export const rootOf = ({ key, members }: Pick<IdentifierRow, "key" | "members">): string =>
  members?.[0] ?? key;

/** Whether the key is a person's own: only a secret-key source or a token puts facts there. */
export const isProvenPerson = (key: string): boolean => namesPerson(key) && !isScoped(key);
