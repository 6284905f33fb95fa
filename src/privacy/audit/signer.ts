/**
 * Signs what must be provable to somebody who has no secret of ours: checkpoints of the audit log and proofs of erasure.
 * Ed25519 (RFC 8032), its seed derived from the master secret by HKDF-SHA-256 for this use, tenant and version alone, so
 * that there is no other secret to keep, and what was signed before a rotation still verifies.
 */
import type { MasterSecrets } from "../keys.ts";
import { fromHex, toHex } from "./hex.ts";

export interface Signature {
  /** Of the master secret. */
  version: string;
  /** 64 bytes, hex. */
  signature: string;
}

/** A public key, as RFC 8037 writes it; `kid` is the version. */
export interface PublicJwk {
  kty: "OKP";
  crv: "Ed25519";
  x: string;
  kid: string;
}

export interface AuditSigner {
  /** The deployment whose keys these are. */
  tenant: string;
  /** Sign with the current key. Put the use in front of the text, so that a signature for one use is none for another. */
  sign(text: string): Promise<Signature>;
  verify(text: string, version: string, signature: string): Promise<boolean>;
  /** Of every version, the current one first. */
  publicKeys(): Promise<{ version: string; jwk: PublicJwk }[]>;
}

interface Pair {
  version: string;
  private: CryptoKey;
  public: CryptoKey;
  jwk: PublicJwk;
}

const ALGORITHM = { name: "Ed25519" };
/** What stands before the 32 bytes of a seed in PKCS #8 (RFC 8410, section 7). */
const PKCS8_PREFIX = fromHex("302e020100300506032b657004220420") ?? new Uint8Array();
const text = new TextEncoder();
const signers = new Map<string, Promise<AuditSigner>>();

/** The signer of a deployment; derived once per isolate. */
export function auditSigner(secrets: MasterSecrets): Promise<AuditSigner> {
  const tenant = secrets.TENANT;
  const others = Object.entries(secrets.MASTER_SECRETS_BEFORE).sort(([a], [b]) => Number(b) - Number(a));
  const versions = [[String(secrets.MASTER_SECRET_VERSION), secrets.MASTER_SECRET] as const, ...others];
  const name = JSON.stringify([tenant, versions]);
  let signer = signers.get(name);
  if (!signer) {
    const pairs = Promise.all(versions.map(([version, secret]) => derivePair(version, secret, tenant)));
    signer = pairs.then((all) => signerOf(tenant, all));
    signers.set(name, signer);
  }
  return signer;
}

/** Whether a signature is that of a key. What is no signature or no key of this kind verifies nothing. */
export async function verifyWith(jwk: PublicJwk, signed: string, signature: string): Promise<boolean> {
  const bytes = fromHex(signature);
  if (bytes?.length !== 64) return false;
  return crypto.subtle.verify(ALGORITHM, await importPublic(jwk), bytes, text.encode(signed));
}

function signerOf(tenant: string, pairs: readonly Pair[]): AuditSigner {
  const [current] = pairs;
  if (!current) throw new Error("a signer needs a master secret");
  return {
    tenant,
    async sign(given) {
      const signature = await crypto.subtle.sign(ALGORITHM, current.private, text.encode(given));
      return { version: current.version, signature: toHex(new Uint8Array(signature)) };
    },
    async verify(given, version, signature) {
      const pair = pairs.find((one) => one.version === version);
      const bytes = fromHex(signature);
      if (!pair || bytes?.length !== 64) return false;
      return crypto.subtle.verify(ALGORITHM, pair.public, bytes, text.encode(given));
    },
    async publicKeys() {
      return pairs.map(({ version, jwk }) => ({ version, jwk }));
    },
  };
}

async function derivePair(version: string, secret: string, tenant: string): Promise<Pair> {
  const master = await crypto.subtle.importKey("raw", text.encode(secret), "HKDF", false, ["deriveBits"]);
  const info = text.encode(`audit/${version}/${tenant}`);
  const derived = { name: "HKDF", hash: "SHA-256", salt: text.encode("doorstep"), info };
  const seed = new Uint8Array(await crypto.subtle.deriveBits(derived, master, 256));
  const pkcs8 = new Uint8Array([...PKCS8_PREFIX, ...seed]);
  // Extractable only to learn the public half, which WebCrypto gives no other way; the key that stays is not.
  const extractable = await crypto.subtle.importKey("pkcs8", pkcs8, ALGORITHM, true, ["sign"]);
  const { x } = (await crypto.subtle.exportKey("jwk", extractable)) as JsonWebKey;
  if (x === undefined) throw new Error("an Ed25519 key has no public half");
  const jwk: PublicJwk = { kty: "OKP", crv: "Ed25519", x, kid: version };
  return {
    version,
    private: await crypto.subtle.importKey("pkcs8", pkcs8, ALGORITHM, false, ["sign"]),
    public: await importPublic(jwk),
    jwk,
  };
}

function importPublic({ kty, crv, x }: PublicJwk): Promise<CryptoKey> {
  return crypto.subtle.importKey("jwk", { kty, crv, x }, ALGORITHM, false, ["verify"]);
}
