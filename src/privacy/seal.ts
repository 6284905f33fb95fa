/**
 * Sealing: AES-256-GCM with additional data that binds a value to its place: tenant, use, subject and field, so that a
 * sealed value which is moved to another does not open. Format: `keyVersion-period.base64url(iv ‖ ciphertext ‖ tag)`;
 * the period is 0 for a key that does not change with time (ingress.ts has those that do). Texts from before there were
 * tenants have no period, and the place's words alone as additional data: they are still opened, and no longer made.
 */
import { toBase64Url } from "#core/base64";
import { bytesOf, bytesOfBase64Url } from "#core/bytes";
import { IV_BYTES, nextIv } from "./iv.ts";
import { keyOfVersion, type VersionedKey } from "./keys.ts";

const decoder = new TextDecoder();
const { subtle } = crypto;

/** What a sealed value belongs to: `["event", id]`, or a field of a subject. Needed again to open it. */
export type Place = readonly [use: string, subject: string, field?: string];

/** What stands before the dot: which key sealed a text. */
export interface SealName {
  version: string;
  /** Undefined: a text of the form from before there were tenants. */
  period: string | undefined;
}

/** The period of keys that do not change with time. */
const ALWAYS = "0";

/** Seal a text under a key that does not change with time. */
export const seal = (key: VersionedKey, plain: string, place: Place): Promise<string> =>
  sealAs(key.key, { version: key.version, period: ALWAYS }, plain, key.tenant, place);

/** Open a sealed text; undefined where it was made by another key, for another place, or was changed. */
export async function open(key: VersionedKey, sealed: string, place: Place): Promise<string | undefined> {
  const { version, period } = nameOf(sealed);
  if (period !== undefined && period !== ALWAYS) return undefined;
  const sealedBy = keyOfVersion(key, version);
  return sealedBy && openAs(sealedBy.key, sealed, key.tenant, place);
}

/** Which key a text says that it was sealed by. */
export function nameOf(sealed: string): SealName {
  const name = sealed.slice(0, Math.max(0, sealed.indexOf(".")));
  const dash = name.indexOf("-");
  return dash < 0
    ? { version: name, period: undefined }
    : { version: name.slice(0, dash), period: name.slice(dash + 1) };
}

/** How everything begins that `seal` makes with a key as it is now. */
export const currentPrefix = ({ version }: VersionedKey): string => `${version}-${ALWAYS}.`;

/** Seal under one key, whose name goes with the text. */
export async function sealAs(
  key: CryptoKey,
  { version, period }: { version: string; period: string },
  plain: string,
  tenant: string,
  place: Place,
): Promise<string> {
  const { bytes: iv, text } = nextIv();
  const bound = boundTo(tenant, place);
  // Encoded together, since each time is a call into the runtime.
  const bytes = bytesOf(bound + plain);
  const start = ASCII.test(bound) ? bound.length : bytesOf(bound).length;
  const algorithm = { name: "AES-GCM", iv, additionalData: bytes.subarray(0, start) };
  const cipher = await subtle.encrypt(algorithm, key, bytes.subarray(start));
  // Twelve bytes are sixteen characters without a rest: put together as texts, both need no copy.
  return `${version}-${period}.${text}${toBase64Url(new Uint8Array(cipher))}`;
}

/** Open with the one key that the text names; undefined where it does not open. */
export async function openAs(
  key: CryptoKey,
  sealed: string,
  tenant: string,
  place: Place,
): Promise<string | undefined> {
  const isOld = nameOf(sealed).period === undefined;
  // Fields were not sealed by themselves then: a whole that is put in the place of one of its fields is a forgery.
  if (isOld && place[2] !== undefined) return undefined;
  const packed = bytesOfBase64Url(sealed.slice(sealed.indexOf(".") + 1));
  if (!packed || packed.length <= IV_BYTES) return undefined;
  const additionalData = bytesOf(isOld ? `${place[0]}:${place[1]}` : boundTo(tenant, place));
  try {
    const algorithm = { name: "AES-GCM", iv: packed.subarray(0, IV_BYTES), additionalData };
    return decoder.decode(await subtle.decrypt(algorithm, key, packed.subarray(IV_BYTES)));
  } catch {
    return undefined; // Authentication failed: that is the answer, not an error of ours.
  }
}

/** JSON, since of joined words nobody could say where one ends. */
const boundTo = (tenant: string, [use, subject, field = ""]: Place): string =>
  // Most are words that JSON only puts quotes around.
  PLAIN.test(tenant + use + subject + field)
    ? `["${tenant}","${use}","${subject}","${field}"]`
    : JSON.stringify([tenant, use, subject, field]);

const PLAIN = /^[\w.:|-]*$/;
const ASCII = /^[\x20-\x7e]*$/;
