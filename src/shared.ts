/**
 * What the capabilities of an isolate share: settings, keys and the release, a request's context, limits and randomness. Made
 * once by app.ts, and given to each capability when it is loaded.
 */
import { after } from "#core/after";
import { compilePaths, type PublicPaths } from "#core/paths";
import { type RequestContext, readRequestContext } from "#door/context";
import type { TokenVerifier } from "#door/proof/verifier";
import { tokenVerifier } from "#door/proof/verifier";
import { type CountRequest, requestCounter } from "#door/rate";
import { type IdentityShards, shardsOf } from "#identity/shards";
import { type Keyring, keyring } from "#privacy/keys";
import { type ActiveRelease, activeRelease, heldRelease } from "#release/active";
import { type Env, identityDatabases, type Settings } from "./env.ts";

export const clock = () => Date.now();
export const newId = () => crypto.randomUUID();
export const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count));

/** What holds when a request arrives. */
interface Now {
  settings: Settings;
  keys: Keyring;
  release: ActiveRelease;
  /** Epoch ms. */
  now: number;
}

export interface Shared {
  env: Env;
  settings: Settings;
  identity: IdentityShards;
  paths: PublicPaths;
  /** No promise where all is in memory: it is asked for every request. */
  now(): Now | Promise<Now>;
  /**
   * For slots and consent; who collects events writes them into the session, and reads the context itself.
   * @param isForwarded a server says whose request it is
   */
  context(request: Request, isForwarded?: boolean): RequestContext | Promise<RequestContext>;
  count: CountRequest;
  /** Undefined where no issuer is configured. */
  verifier: TokenVerifier | undefined;
}

export function sharedOf(env: Env, settings: Settings): Shared {
  let keys: Keyring | undefined;
  const now = (): Now | Promise<Now> => {
    const arrived = clock();
    const release = heldRelease(env.EDGE, arrived);
    return keys && release ? { settings, keys, release, now: arrived } : load(arrived);
  };
  const load = async (arrived: number): Promise<Now> => {
    const release = await activeRelease(env.EDGE, arrived);
    keys = await keyring(settings);
    return { settings, keys, release, now: arrived };
  };
  let counter: CountRequest | undefined;
  return {
    env,
    settings,
    identity: shardsOf(identityDatabases(env)),
    paths: compilePaths(settings.PATHS, settings.BASE_PATH),
    now,
    context: (request, isForwarded = false) =>
      after(now(), ({ keys: current, release, now: arrived }) => {
        const given = { settings, keys: current, release, now: arrived, readsOnly: true, isForwarded };
        return readRequestContext(request, request.headers, given);
      }),
    count(request) {
      // Made with the first request: at start-up there is no randomness yet.
      counter ??= requestCounter(
        { client: env.RATE_CLIENT, writeKey: env.RATE_WRITE_KEY, secretKey: env.RATE_SECRET_KEY },
        settings.CLIENT_RATE,
        newId(),
      );
      return counter(request);
    },
    verifier: tokenVerifier(settings.IDENTITY_ISSUERS, {
      fetch: (url, init) => fetch(url, init),
      clock,
      allowInsecure: settings.DEV,
    }),
  };
}
