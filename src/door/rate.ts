/**
 * How many requests may come in. Two lines of defence, neither of which is an account of anything (docs/admission.md):
 * a token bucket per client in this isolate's memory, always there, free, and blind to other isolates; and Cloudflare's
 * rate limiting bindings, where they are bound, which count per client and per key in one location.
 *
 * A client is the visitor of the signed cookie, else the address, of which only a keyed hash is kept; an isolate counts
 * the address of known visitors, too, with an allowance for many of them. A secret key is
 * held to its own, higher limit only: a server speaks for all its people from one address.
 *
 * Called by src/collect/accept.ts for each request; made once by src/shared.ts.
 */
import { fnv1a32 } from "#core/fnv";
import { logError } from "#core/log";
import { Problem } from "#core/problem";
import type { Keyring } from "#privacy/keys";
import { signText } from "#privacy/sign";
import { countedAddress } from "./address.ts";
import { type Buckets, tokenBuckets } from "./buckets.ts";

/** A client may send this many seconds' worth at once. */
const BURST_SECONDS = 10;
const MAX_CLIENTS = 10_000;
/**
 * All visitors of one address together may send as much as so many clients. Without this a visitor's allowance is no
 * limit at all: anyone may ask for as many ids as they like, and send with each of them.
 */
const VISITORS_PER_ADDRESS = 10;
/** The bindings say only that there are too many; with their period of 10 s (wrangler.toml) it is over by then. */
const BINDING_PERIOD_SECONDS = 10;

/** Cloudflare's limits; an absent one limits nothing. */
interface RateBindings {
  client?: RateLimit | undefined;
  writeKey?: RateLimit | undefined;
  secretKey?: RateLimit | undefined;
}

/** What is known of a request once its source is. */
export interface RatedRequest {
  /** Id of the source. */
  source: string;
  /** It came with a secret key. */
  secret: boolean;
  /** Identifier key of the visitor, if a cookie of ours names one. */
  visitorKey: string | undefined;
  headers: Headers;
  /** Epoch ms. */
  now: number;
  /** Signs what an address is counted under. */
  key: Keyring["cookie"];
}

/**
 * Counts a request.
 * @returns undefined where nothing has to be waited for: with no binding, no promise is made
 * @throws Problem 429 `rate_limited` with Retry-After, or rejects with it
 */
export type CountRequest = (request: RatedRequest) => Promise<void> | undefined;

/**
 * @param perSecond requests per second of one client in this isolate; 0: any number
 * @param seed random text of this isolate: what an address is remembered under means nothing elsewhere
 */
export function requestCounter(bindings: RateBindings, perSecond: number, seed: string): CountRequest {
  const bucketsOf = (rate: number) => tokenBuckets(rate, Math.max(1, rate * BURST_SECONDS), MAX_CLIENTS);
  const clients = perSecond > 0 ? bucketsOf(perSecond) : undefined;
  const addresses = perSecond > 0 ? bucketsOf(perSecond * VISITORS_PER_ADDRESS) : undefined;
  const take = (buckets: Buckets, name: string | undefined, now: number) => {
    const waitMs = name === undefined ? 0 : buckets.take(fnv1a32(seed + name), now);
    if (waitMs > 0) throw rateLimited(Math.ceil(waitMs / 1_000));
  };
  return (request) => {
    const { visitorKey, headers, now } = request;
    if (request.secret) return bindings.secretKey && ask(bindings.secretKey, request.source);
    if (clients && addresses) {
      take(clients, visitorKey ?? addressOf(headers), now);
      if (visitorKey !== undefined) take(addresses, addressOf(headers), now);
    }
    return bindings.client || bindings.writeKey ? askBoth(bindings, request) : undefined;
  };
}

async function askBoth({ client, writeKey }: RateBindings, request: RatedRequest): Promise<void> {
  const { source } = request;
  const name = client && (await clientName(request));
  await Promise.all([
    writeKey && ask(writeKey, source),
    client && name !== undefined && ask(client, `${source}:${name}`),
  ]);
}

async function clientName({ visitorKey, headers, key }: RatedRequest): Promise<string | undefined> {
  if (visitorKey !== undefined) return visitorKey;
  const address = addressOf(headers);
  return address === undefined ? undefined : `address:${await signText(key, `rate:${address}`)}`;
}

/** A limit that does not answer limits nothing: to lose events would be worse than what it protects from. */
async function ask(limit: RateLimit, key: string): Promise<void> {
  let allowed = true;
  try {
    allowed = (await limit.limit({ key })).success;
  } catch (error) {
    logError("a rate limit does not answer", error);
  }
  if (!allowed) throw rateLimited(BINDING_PERIOD_SECONDS);
}

/** Set by Cloudflare, which drops what a client says itself. */
const addressOf = (headers: Headers): string | undefined => {
  const ip = headers.get("cf-connecting-ip");
  return ip === null ? undefined : countedAddress(ip);
};

const rateLimited = (retryAfterSeconds: number): Problem =>
  new Problem(429, "rate_limited", `Too many requests. Send this one again in ${retryAfterSeconds} s.`, {
    "retry-after": String(retryAfterSeconds),
    // A page of another origin may only read what is named here.
    "access-control-expose-headers": "Retry-After",
  });
