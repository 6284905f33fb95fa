/**
 * The keys, derived from a master secret by HKDF-SHA-256 (RFC 5869), one per use, so that a leak of one says nothing of
 * the others. A secret has a version, which travels with what its keys made. A rotation makes a new secret the current
 * one: it signs, seals and hashes from then on, and what the others made stays readable (docs/keys.md).
 */
import type { IngressKeys } from "./ingress.ts";

/** A key of one version. */
export interface OneKey {
  version: string;
  key: CryptoKey;
}

/** One use's keys: the current one and those of the other versions, newest first. Mostly there are no others. */
export interface VersionedKey extends OneKey {
  /** The deployment that they are a part of: what is sealed under them opens at no other. */
  tenant: string;
  others: readonly OneKey[];
}

export interface Keyring {
  tenant: string;
  /** Signs `ds_id` and `ds_consent`. HMAC-SHA-256. */
  cookie: VersionedKey;
  /** Encrypts `ds_session`. AES-256-GCM. */
  session: VersionedKey;
  /** Seals what a preview link says (src/door/preview). AES-256-GCM. */
  preview: VersionedKey;
  /** Makes identifier keys from values. HMAC-SHA-256. Never retired while hashes made with it exist. */
  lookup: VersionedKey;
  /** Of `lookup` the oldest version that has not leaked: hashes under it are the same before and after a rotation. */
  steady: OneKey;
  /** Seal personal fields from the door to ingest, and from ingest to delivery. AES-256-GCM, a key for each day. */
  ingress: IngressKeys;
  /** Wraps the subjects' own keys. AES-256-GCM. */
  wrap: VersionedKey;
}

/** Of the settings, those that keys are made from. */
export interface MasterSecrets {
  MASTER_SECRET: string;
  /** Of MASTER_SECRET, from 1. */
  MASTER_SECRET_VERSION: number;
  /** Version → secret: all before it, and during a rotation the next, which is read and not yet written with. */
  MASTER_SECRETS_BEFORE: Readonly<Record<string, string>>;
  /**
   * Versions that have leaked: cookies that they signed or sealed are as if absent. What else they made stays readable.
   * The current one cannot be among them.
   */
  MASTER_SECRETS_REFUSED?: readonly number[];
  /** Names the deployment. */
  TENANT: string;
}

/** The tenant where a ring is made of one secret alone. */
const DEFAULT_TENANT = "doorstep";

const text = new TextEncoder();
const rings = new Map<string, Promise<Keyring>>();

/** The ring of the master secrets; derived once per isolate. @param given one secret alone is version 1 */
export function keyring(given: MasterSecrets | string): Promise<Keyring> {
  const source = typeof given === "string" ? ofOneSecret(given) : sourceOf(given);
  const name = JSON.stringify(source);
  let ring = rings.get(name);
  if (!ring) {
    ring = derive(source);
    rings.set(name, ring);
  }
  return ring;
}

/** The key of a version, as a text from outside names it; undefined where the ring has none. */
export function keyOfVersion(key: VersionedKey, version: string): OneKey | undefined {
  return key.version === version ? key : key.others.find((other) => other.version === version);
}

/** What a ring is derived from. */
interface Source {
  tenant: string;
  /** The current one first, the others newest first. */
  secrets: readonly (readonly [version: string, secret: string])[];
  /** Versions whose cookies are refused. */
  refused: readonly string[];
}

const ofOneSecret = (secret: string): Source => ({
  tenant: DEFAULT_TENANT,
  secrets: [["1", secret]],
  refused: [],
});

function sourceOf(given: MasterSecrets): Source {
  const others = Object.entries(given.MASTER_SECRETS_BEFORE).sort(([a], [b]) => Number(b) - Number(a));
  return {
    tenant: given.TENANT,
    secrets: [[String(given.MASTER_SECRET_VERSION), given.MASTER_SECRET], ...others],
    refused: (given.MASTER_SECRETS_REFUSED ?? []).map(String),
  };
}

const USES = {
  cookie: ["HMAC", "sign"],
  session: ["AES-GCM", "encrypt", "decrypt"],
  preview: ["AES-GCM", "encrypt", "decrypt"],
  lookup: ["HMAC", "sign"],
  wrap: ["AES-GCM", "encrypt", "decrypt"],
} as const satisfies Record<
  Exclude<keyof Keyring, "tenant" | "steady" | "ingress">,
  readonly [algorithm: string, ...usages: string[]]
>;

async function derive({ tenant, secrets, refused }: Source): Promise<Keyring> {
  const masters = await Promise.all(
    secrets.map(async ([version, secret]) => ({
      version,
      master: await crypto.subtle.importKey("raw", text.encode(secret), "HKDF", false, ["deriveKey"]),
      made: new Map<string, CryptoKey>(),
    })),
  );
  const [current, ...before] = masters;
  if (!current) throw new Error("a ring needs a master secret");
  if (refused.includes(current.version)) throw new Error("the current master secret cannot be refused");
  const accepted = before.filter(({ version }) => !refused.includes(version));
  const make = async (use: keyof typeof USES, others: typeof masters): Promise<VersionedKey> => {
    const [algorithm, ...usages] = USES[use];
    const [now, ...rest] = await Promise.all(
      [current, ...others].map(async ({ version, master }) => {
        const info = text.encode(`${use}/${version}`);
        const derived = { name: "HKDF", hash: "SHA-256", salt: text.encode("doorstep"), info };
        const wanted = { name: algorithm, hash: "SHA-256", length: 256 };
        return { version, key: await crypto.subtle.deriveKey(derived, master, wanted, false, usages) };
      }),
    );
    return { ...(now as OneKey), tenant, others: rest }; // `current` is the first of them
  };
  const [cookie, session, preview, lookup, wrap] = await Promise.all([
    make("cookie", accepted),
    make("session", accepted),
    make("preview", accepted),
    make("lookup", before),
    make("wrap", before),
  ]);
  const unleaked = [lookup, ...lookup.others].filter(({ version }) => !refused.includes(version));
  const steady = unleaked.reduce((a, b) => (Number(b.version) < Number(a.version) ? b : a));
  const ingress = { tenant, current, others: before };
  return { tenant, cookie, session, preview, lookup, steady, ingress, wrap };
}
