/**
 * The consent cookie `ds_consent`: a visitor's explicit decision, readable by the page, signed so that only the door
 * can make one. Value: `1.<base64url of JSON>.<signature>`.
 */
import { PURPOSES, type Purpose } from "#contracts/taxonomy";
import { toBase64Url } from "#core/base64";
import { bytesOf, bytesOfBase64Url } from "#core/bytes";
import { keepsShape } from "#core/shapes";
import type { VersionedKey } from "#privacy/keys";
import { signText, verifyText } from "#privacy/sign";

export const CONSENT_COOKIE = "ds_consent";

/** An explicit decision of a visitor. Times are epoch ms. */
export interface ConsentChoice {
  receipt: string;
  granted: Purpose[];
  regime: string;
  givenAt: number;
  expiresAt: number;
  /** The visitor granted marketing although the browser sent GPC at that moment: the later, explicit word holds. */
  despiteGpc: boolean;
  /** Marks of the strings that the door was told (src/door/consent/told.ts): the page tells it only of others. */
  told?: string | undefined;
}

/** What is in the cookie. */
interface PackedChoice {
  p: string;
  r: string;
  t: number;
  x: number;
  i: string;
  g?: 1;
  s?: string;
}
const kept = keepsShape<PackedChoice>();

const LETTER: Record<Purpose, string> = { analytics: "a", marketing: "m", personalization: "p" };
const decoder = new TextDecoder();

/** Purposes as letters, `amp`; the compact form in cookies and rows. */
export const packPurposes = (granted: readonly Purpose[]): string =>
  PURPOSES.filter((p) => granted.includes(p))
    .map((p) => LETTER[p])
    .join("");

/** Letters back to purposes; unknown letters grant nothing. */
export const unpackPurposes = (letters: string): Purpose[] =>
  PURPOSES.filter((p) => letters.includes(LETTER[p]));

/**
 * The signed cookie value of a decision: p purposes, r regime, t given (epoch ms), x expires (epoch s), i receipt,
 * g despite GPC, s marks of the strings that the door was told.
 */
export async function packConsent(key: VersionedKey, choice: ConsentChoice): Promise<string> {
  const json = JSON.stringify({
    p: packPurposes(choice.granted),
    r: choice.regime,
    t: choice.givenAt,
    x: Math.floor(choice.expiresAt / 1000),
    i: choice.receipt,
    ...(choice.despiteGpc && { g: 1 }),
    ...(choice.told !== undefined && { s: choice.told }),
  });
  const body = `1.${toBase64Url(bytesOf(json))}`;
  return `${body}.${await signText(key, `consent:${body}`)}`;
}

/** Read a cookie value; undefined where it is malformed or not signed by us. Expiry is judged by the decision. */
export async function unpackConsent(key: VersionedKey, value: string): Promise<ConsentChoice | undefined> {
  if (value.length > 1024) return undefined;
  const cut = value.lastIndexOf(".");
  const body = value.slice(0, cut);
  if (cut < 3 || !body.startsWith("1.")) return undefined;
  if (!(await verifyText(key, `consent:${body}`, value.slice(cut + 1)))) return undefined;
  const bytes = bytesOfBase64Url(body.slice(2));
  if (!bytes) return undefined;
  // The signature says that packConsent wrote it, so it is this.
  const json = kept(JSON.parse(decoder.decode(bytes)) as PackedChoice);
  return {
    receipt: json.i,
    granted: unpackPurposes(json.p),
    regime: json.r,
    givenAt: json.t,
    expiresAt: json.x * 1000,
    despiteGpc: json.g === 1,
    told: json.s,
  };
}
