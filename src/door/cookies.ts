/** Reading the few cookies that we need from a header, and writing ours. */

/** Values of the named cookies; the first of each name counts. Cheaper than parsing all of a busy site's cookies. */
export function readCookies(header: string | null, names: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  if (!header) return found;
  for (const pair of header.split(";")) {
    const cut = pair.indexOf("=");
    const name = pair.slice(0, cut).trim();
    if (cut > 0 && names.includes(name) && !Object.hasOwn(found, name))
      found[name] = pair.slice(cut + 1).trim();
  }
  return found;
}

export interface CookieOptions {
  maxAgeSeconds: number;
  httpOnly: boolean;
  /** False only for plain-http local development. */
  secure: boolean;
}

/** A `Set-Cookie` value: host-only, `Path=/`, `SameSite=Lax`. */
export function writeCookie(name: string, value: string, options: CookieOptions): string {
  const flags = `${options.httpOnly ? "; HttpOnly" : ""}${options.secure ? "; Secure" : ""}`;
  return `${name}=${value}; Path=/; Max-Age=${options.maxAgeSeconds}; SameSite=Lax${flags}`;
}
