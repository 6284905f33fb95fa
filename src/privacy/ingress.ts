/**
 * Sealing on the way: personal fields from the door to ingest, what the quarantine keeps, traits on their way to a
 * destination. The key changes by itself each day (UTC): it is derived from the master secret with the day in HKDF's
 * `info`, and a sealed text names it (`2-20690.…`). So one key never seals more than AES-GCM's random nonces allow (2^32,
 * NIST SP 800-38D 8.3), and one that got out of an isolate's memory opens one day. docs/keys.md says what it is not.
 * Called by src/collect, src/ingest and src/forward.
 */
import { DAY_MS } from "#core/clock";
import { nameOf, openAs, type Place, sealAs } from "./seal.ts";

/** The ingress keys of a ring. */
export interface IngressKeys {
  tenant: string;
  /** Those of the current version. */
  current: IngressVersion;
  others: readonly IngressVersion[];
}

/** What the keys of one version of the master secret are derived from, and those that this isolate has used. */
export interface IngressVersion {
  version: string;
  /** For HKDF-SHA-256. */
  master: CryptoKey;
  /** Day since the epoch → key. Values, no promises: one request must not wait for another's. */
  made: Map<string, CryptoKey>;
}

/** A quarantine of 90 days, and a little more. */
const MAX_MADE = 100;
const DAY = /^[1-9]\d{0,5}$/;
const text = new TextEncoder();

/** @param at epoch ms at which the event that it belongs to was received; its day names the key */
export function sealIngress(
  { tenant, current }: IngressKeys,
  plain: string,
  place: Place,
  at: number,
): Promise<string> {
  const { version } = current;
  const period = String(Math.floor(at / DAY_MS));
  const known = current.made.get(period);
  return known
    ? sealAs(known, { version, period }, plain, tenant, place)
    : make(current, period).then((key) => sealAs(key, { version, period }, plain, tenant, place));
}

/** Open a text that was sealed on the way, on whichever day; undefined where it does not open. */
export async function openIngress(
  { tenant, current, others }: IngressKeys,
  sealed: string,
  place: Place,
): Promise<string | undefined> {
  const { version, period = FIXED } = nameOf(sealed);
  const by = current.version === version ? current : others.find((other) => other.version === version);
  if (!by || (period !== FIXED && !DAY.test(period))) return undefined;
  // A text that says "" as its day is none of ours; one that says none is sealed by the key from before there were days.
  if (period === FIXED && sealed.startsWith(`${version}-`)) return undefined;
  return openAs(by.made.get(period) ?? (await make(by, period)), sealed, tenant, place);
}

/** The one key that a version had before keys changed by themselves. */
const FIXED = "";

async function make({ version, master, made }: IngressVersion, period: string): Promise<CryptoKey> {
  const info = text.encode(period === FIXED ? `ingress/${version}` : `ingress/${version}/${period}`);
  const derived = { name: "HKDF", hash: "SHA-256", salt: text.encode("doorstep"), info };
  const wanted = { name: "AES-GCM", length: 256 };
  const key = await crypto.subtle.deriveKey(derived, master, wanted, false, ["encrypt", "decrypt"]);
  const [oldest] = made.keys();
  if (made.size >= MAX_MADE && oldest !== undefined) made.delete(oldest);
  made.set(period, key);
  return key;
}
