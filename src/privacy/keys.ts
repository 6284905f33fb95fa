/**
 * The keys, all derived from one master secret by HKDF-SHA-256 (RFC 5869), one per use, so that a leak of one says
 * nothing of the others. The version travels with whatever a key made; a rotation adds a version and keeps the old.
 */

export interface Keyring {
  /** Signs `ds_id` and `ds_consent`. HMAC-SHA-256. */
  cookie: CryptoKey;
  /** Encrypts `ds_session`. AES-256-GCM. */
  session: CryptoKey;
  /** Makes identifier keys from values. HMAC-SHA-256. Never retired while hashes made with it exist. */
  lookup: CryptoKey;
  /** Seals personal fields from the door to ingest, and from ingest to delivery. AES-256-GCM. */
  ingress: CryptoKey;
  /** Wraps the subjects' own keys. AES-256-GCM. */
  wrap: CryptoKey;
}

/** Version of all keys that this ring makes; written before each hash and each sealed value. */
export const KEY_VERSION = "1";

const text = new TextEncoder();
const rings = new Map<string, Promise<Keyring>>();

/** The ring of a master secret; derived once per isolate. */
export function keyring(masterSecret: string): Promise<Keyring> {
  let ring = rings.get(masterSecret);
  if (!ring) {
    ring = derive(masterSecret);
    rings.set(masterSecret, ring);
  }
  return ring;
}

async function derive(masterSecret: string): Promise<Keyring> {
  const master = await crypto.subtle.importKey("raw", text.encode(masterSecret), "HKDF", false, [
    "deriveKey",
  ]);
  const make = (use: string, algorithm: HmacKeyGenParams | AesKeyGenParams, usages: KeyUsage[]) =>
    crypto.subtle.deriveKey(
      {
        name: "HKDF",
        hash: "SHA-256",
        salt: text.encode("doorstep"),
        info: text.encode(`${use}/${KEY_VERSION}`),
      },
      master,
      algorithm,
      false,
      usages,
    );
  const hmac: HmacKeyGenParams = { name: "HMAC", hash: "SHA-256", length: 256 };
  const aes: AesKeyGenParams = { name: "AES-GCM", length: 256 };
  const [cookie, session, lookup, ingress, wrap] = await Promise.all([
    make("cookie", hmac, ["sign", "verify"]),
    make("session", aes, ["encrypt", "decrypt"]),
    make("lookup", hmac, ["sign"]),
    make("ingress", aes, ["encrypt", "decrypt"]),
    make("wrap", aes, ["encrypt", "decrypt"]),
  ]);
  return { cookie, session, lookup, ingress, wrap };
}
type KeyUsage = "sign" | "verify" | "encrypt" | "decrypt";
interface HmacKeyGenParams {
  name: string;
  hash: string;
  length: number;
}
interface AesKeyGenParams {
  name: string;
  length: number;
}
