/**
 * Public keys of those who sign tokens (JWKS, RFC 7517), read from their address and kept per isolate. Tokens come from
 * anybody, so an unknown key id may cause one fetch a minute and no more; and while the address is down, the keys that
 * were read last go on for a day. Only values are kept: workerd lets no request await another's fetch.
 * Used for the visitors' tokens and for Cloudflare Access.
 */
import type { JSONWebKeySet, JWK } from "jose";
import type { Clock } from "#core/clock";
import { DAY_MS } from "#core/clock";
import { logError } from "#core/log";

export interface JwksOptions {
  url: string;
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  clock: Clock;
  /** From one fetch to the next, whatever is asked for. */
  minRefetchMs?: number;
  /** Keys older than this are read again before they are used. */
  maxAgeMs?: number;
  timeoutMs?: number;
  maxBytes?: number;
  /** Takes an `http:` address too: in local development. */
  allowInsecure?: boolean;
}

export interface JwksSource {
  /**
   * The keys that hold now, read again if `kid` is not among them. The answer may lack `kid` all the same: then no key
   * has it. Undefined where no keys are known, because the address gave none for a day or ever.
   */
  keyset(kid: string | undefined): Promise<JSONWebKeySet | undefined>;
}

/** Keys are used for so long while their address gives no others. */
const KEPT_MS = DAY_MS;
const MAX_KEYS = 100;
const POLL_MS = 25;
/** Kinds of public key. A shared secret has no place in a public list, and would let anybody sign. */
const PUBLIC_KINDS = ["RSA", "EC", "OKP"];

/** @throws TypeError for an address that is not `https:` */
export function jwksSource(options: JwksOptions): JwksSource {
  const { url, clock, minRefetchMs = 60_000, maxAgeMs = 600_000, timeoutMs = 5_000 } = options;
  const { hostname, protocol } = new URL(url);
  if (protocol !== "https:" && !options.allowInsecure) throw new TypeError(`keys of ${hostname} need https`);
  let held: { set: JSONWebKeySet; at: number } | undefined;
  let attempt: { at: number; ended: boolean } | undefined;

  const usable = () => (held && clock() - held.at < KEPT_MS ? held.set : undefined);
  // A fetch ends with the request that made it, which may be cut off: then nobody says that it has ended.
  const isUnderWay = () => attempt !== undefined && !attempt.ended && clock() - attempt.at < timeoutMs;
  const mayFetch = () =>
    attempt === undefined || clock() - attempt.at >= (attempt.ended ? minRefetchMs : timeoutMs);

  async function refetch(): Promise<void> {
    const own = { at: clock(), ended: false };
    attempt = own;
    try {
      held = { set: await fetchKeys({ ...options, timeoutMs }), at: clock() };
    } catch (error) {
      // The keys of before go on; without any, whoever asked is told that there are none.
      logError(`keys of ${hostname} are not readable`, error);
    } finally {
      own.ended = true;
    }
  }

  /** The fetch is another request's: this one looks again and again whether it has ended. */
  async function waitForOther(): Promise<void> {
    for (let waited = 0; isUnderWay() && waited < timeoutMs; waited += POLL_MS)
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }

  return {
    keyset: async (kid) => {
      const known = usable();
      const serves = known !== undefined && (kid === undefined || known.keys.some((key) => key.kid === kid));
      if (serves && held && clock() - held.at < maxAgeMs) return known;
      if (mayFetch()) await refetch();
      else if (!serves) await waitForOther();
      return usable();
    },
  };
}

type Fetched = Pick<JwksOptions, "url" | "fetch" | "maxBytes"> & { timeoutMs: number };

/** What is wrong with an answer, as a code: the log shows it (src/core/log.ts). */
const unusable = (code: string): Error => Object.assign(new Error(code), { code });

/** @throws Error of `unusable`, or what `fetch` throws */
async function fetchKeys({ url, fetch, maxBytes = 100_000, timeoutMs }: Fetched): Promise<JSONWebKeySet> {
  const signal = AbortSignal.timeout(timeoutMs);
  const headers = { accept: "application/jwk-set+json, application/json" };
  const response = await fetch(url, { headers, redirect: "manual", signal });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw unusable("bad_status");
  }
  const text = await readAtMost(response, maxBytes, signal);
  const keys = publicKeys(parse(text));
  if (keys.length === 0) throw unusable("no_public_keys");
  return { keys };
}

async function readAtMost(response: Response, maxBytes: number, signal: AbortSignal): Promise<string> {
  if (!response.body) throw unusable("empty_answer");
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  // An answer may stand still in its middle: the signal ends the reading as well.
  signal.addEventListener("abort", () => void reader.cancel().catch(() => undefined));
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    size += part.value.byteLength;
    if (size > maxBytes) {
      await reader.cancel();
      throw unusable("too_large");
    }
    text += decoder.decode(part.value, { stream: true });
  }
  if (signal.aborted) throw unusable("timeout");
  return text + decoder.decode();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unusable("not_json");
  }
}

/** The keys that can check a signature; others of the list are left out, as RFC 7517 § 5 asks for. */
function publicKeys(value: unknown): JWK[] {
  const keys = typeof value === "object" && value !== null && "keys" in value ? value.keys : undefined;
  return Array.isArray(keys) ? keys.slice(0, MAX_KEYS).filter(isPublicKey) : [];
}

function isPublicKey(value: unknown): value is JWK {
  if (typeof value !== "object" || value === null || !("kty" in value)) return false;
  if (!PUBLIC_KINDS.includes(String(value.kty)) || "d" in value) return false;
  if ("use" in value && value.use !== "sig") return false;
  return !("kid" in value) || typeof value.kid === "string";
}
