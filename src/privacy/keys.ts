/**
 * The keys, derived from a master secret by HKDF-SHA-256 (RFC 5869), one per use, so that a leak of one says nothing of
 * the others. A secret has a version, which travels with what its keys made. A rotation makes a new secret the current
 * one: it signs, seals and hashes from then on, and what the others made stays readable (docs/keys.md).
 */

/** A key of one version. */
export interface OneKey {
  version: string;
  key: CryptoKey;
}

/** One use's keys: the current one and those of the other versions, newest first. Mostly there are no others. */
export interface VersionedKey extends OneKey {
  others: readonly OneKey[];
}

export interface Keyring {
  /** Signs `ds_id` and `ds_consent`. HMAC-SHA-256. */
  cookie: VersionedKey;
  /** Encrypts `ds_session`. AES-256-GCM. */
  session: VersionedKey;
  /** Makes identifier keys from values. HMAC-SHA-256. Never retired while hashes made with it exist. */
  lookup: VersionedKey;
  /** Seals personal fields from the door to ingest, and from ingest to delivery. AES-256-GCM. */
  ingress: VersionedKey;
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
}

const text = new TextEncoder();
const rings = new Map<string, Promise<Keyring>>();

/** The ring of the master secrets; derived once per isolate. @param given one secret alone is version 1 */
export function keyring(given: MasterSecrets | string): Promise<Keyring> {
  const secrets = typeof given === "string" ? [["1", given] as const] : currentFirst(given);
  const name = JSON.stringify(secrets);
  let ring = rings.get(name);
  if (!ring) {
    ring = derive(secrets);
    rings.set(name, ring);
  }
  return ring;
}

/** The key of a version, as a text from outside names it; undefined where the ring has none. */
export function keyOfVersion(key: VersionedKey, version: string): OneKey | undefined {
  return key.version === version ? key : key.others.find((other) => other.version === version);
}

type Secret = readonly [version: string, secret: string];

function currentFirst(given: MasterSecrets): Secret[] {
  const others = Object.entries(given.MASTER_SECRETS_BEFORE).sort(([a], [b]) => Number(b) - Number(a));
  return [[String(given.MASTER_SECRET_VERSION), given.MASTER_SECRET], ...others];
}

const USES = {
  cookie: ["HMAC", "sign"],
  session: ["AES-GCM", "encrypt", "decrypt"],
  lookup: ["HMAC", "sign"],
  ingress: ["AES-GCM", "encrypt", "decrypt"],
  wrap: ["AES-GCM", "encrypt", "decrypt"],
} as const satisfies Record<keyof Keyring, readonly [algorithm: string, ...usages: string[]]>;

/** @param secrets the current one first */
async function derive(secrets: readonly Secret[]): Promise<Keyring> {
  const masters = await Promise.all(
    secrets.map(async ([version, secret]) => ({
      version,
      master: await crypto.subtle.importKey("raw", text.encode(secret), "HKDF", false, ["deriveKey"]),
    })),
  );
  const make = async (use: keyof typeof USES): Promise<VersionedKey> => {
    const [algorithm, ...usages] = USES[use];
    const [current, ...others] = await Promise.all(
      masters.map(async ({ version, master }) => {
        const info = text.encode(`${use}/${version}`);
        const derived = { name: "HKDF", hash: "SHA-256", salt: text.encode("doorstep"), info };
        const wanted = { name: algorithm, hash: "SHA-256", length: 256 };
        return { version, key: await crypto.subtle.deriveKey(derived, master, wanted, false, usages) };
      }),
    );
    if (!current) throw new Error("a ring needs a master secret");
    return { ...current, others };
  };
  const [cookie, session, lookup, ingress, wrap] = await Promise.all([
    make("cookie"),
    make("session"),
    make("lookup"),
    make("ingress"),
    make("wrap"),
  ]);
  return { cookie, session, lookup, ingress, wrap };
}
