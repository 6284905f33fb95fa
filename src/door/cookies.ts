/** Reading the few cookies that we need from a header, and writing ours. */

/**
 * Values of the named cookies, in the order of the names; the first of each name counts. Nothing is cut out of the
 * header but these: a busy site has kilobytes of others.
 */
export function readCookies(header: string | null, names: readonly string[]): (string | undefined)[] {
  const found: (string | undefined)[] = names.map(() => undefined);
  if (header === null) return found;
  for (let start = 0; start < header.length; ) {
    const semicolon = header.indexOf(";", start);
    const end = semicolon < 0 ? header.length : semicolon;
    while (header[start] === " ") start++;
    const index = names.findIndex(
      (name) => header[start + name.length] === "=" && header.startsWith(name, start),
    );
    const name = names[index];
    if (name !== undefined && found[index] === undefined)
      found[index] = header.slice(start + name.length + 1, end).trim();
    start = end + 1;
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
