/**
 * What encryption is measured by: in the Worker beside ours this stands for src/privacy/ingress.ts. It makes a text of the
 * same form and length, without a cipher, a nonce or additional data. Nothing but the bench ever bundles it.
 */
import { toBase64Url } from "#core/base64";
import { DAY_MS } from "#core/clock";
import type { IngressKeys } from "../../src/privacy/ingress.ts";

const encoder = new TextEncoder();
/** Of nonce and tag. */
const ADDED_BYTES = 28;

export const sealIngress = async (
  { current }: IngressKeys,
  plain: string,
  _place: unknown,
  at: number,
): Promise<string> =>
  `${current.version}-${Math.floor(at / DAY_MS)}.${toBase64Url(encoder.encode(plain + " ".repeat(ADDED_BYTES)))}`;

/** @throws Error always: the measured path opens nothing */
export const openIngress = async (): Promise<string | undefined> => {
  throw new Error("the Worker without encryption was asked to open something");
};
