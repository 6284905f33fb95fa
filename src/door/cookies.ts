/** Reading the few cookies that we need from a header, and writing ours. */

const EQUALS = 61;

/**
 * Values of the named cookies, in the order of the names; the first of each name counts. Nothing is cut out of the
 * header but these: a busy site has kilobytes of others.
 * @param more is told of any further value of a name: a page of a sister domain can set one for the common parent
 */
export function readCookies(
  header: string | null,
  names: readonly string[],
  more?: (index: number, value: string) => void,
): (string | undefined)[] {
  const found: (string | undefined)[] = [];
  for (let index = 0; index < names.length; index++) found.push(undefined);
  if (header === null) return found;
  for (let start = 0; start < header.length; ) {
    const semicolon = header.indexOf(";", start);
    const end = semicolon < 0 ? header.length : semicolon;
    while (header[start] === " ") start++;
    const first = header.charCodeAt(start);
    for (let index = 0; index < names.length; index++) {
      const name = names[index] as string; // below its length
      if (
        name.charCodeAt(0) !== first ||
        header.charCodeAt(start + name.length) !== EQUALS ||
        !header.startsWith(name, start)
      )
        continue;
      const value = header.slice(start + name.length + 1, end).trim();
      if (found[index] === undefined) found[index] = value;
      else if (found[index] !== value) more?.(index, value);
      break;
    }
    start = end + 1;
  }
  return found;
}

export interface CookieOptions {
  /** Absent: until the browser is closed. */
  maxAgeSeconds?: number;
  httpOnly: boolean;
  /** False only for plain-http local development. */
  secure: boolean;
}

/** A `Set-Cookie` value: host-only, `Path=/`, `SameSite=Lax`. */
export function writeCookie(name: string, value: string, options: CookieOptions): string {
  const flags = `${options.httpOnly ? "; HttpOnly" : ""}${options.secure ? "; Secure" : ""}`;
  const { maxAgeSeconds } = options;
  const age = maxAgeSeconds === undefined ? "" : `; Max-Age=${maxAgeSeconds}`;
  return `${name}=${value}; Path=/${age}; SameSite=Lax${flags}`;
}
