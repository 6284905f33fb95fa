/**
 * The console's token, for this tab only. It arrives by the log-in form or in the address as `#token=…`, which is taken
 * out of the address and the history at once. Hashes never reach a server. Where Cloudflare Access stands before the
 * Worker, there may be no token at all.
 */

const KEY = "doorstep-console-token";
let memory = "";

/** Take a token out of the address, if there is one. Call before the first request. */
export function adoptTokenFromAddress(): void {
  if (!location.hash.startsWith("#token=")) return;
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  history.replaceState(null, "", `${location.pathname}${location.search}#/live`);
  if (token) saveToken(token);
}

/** The token, or an empty text. */
export function token(): string {
  try {
    return sessionStorage.getItem(KEY) ?? memory;
  } catch {
    return memory; // Storage is forbidden here: the token lasts as long as the page does.
  }
}

/** Keep the token for this tab; an empty one forgets it. */
export function saveToken(value: string): void {
  memory = value;
  try {
    if (value) sessionStorage.setItem(KEY, value);
    else sessionStorage.removeItem(KEY);
  } catch {
    // As above.
  }
}

/** Whether Cloudflare Access stands before the Worker, so that one may come in without a token. */
export const behindAccess = (): boolean => document.querySelector('meta[name="doorstep-access"]') !== null;
