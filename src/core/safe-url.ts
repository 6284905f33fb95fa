/**
 * Where the Worker may send a request that somebody else has named: a destination of a release, a callback of a subject
 * request, an issuer's keys. None of them may reach into a private network (OWASP: server-side request forgery), so only
 * https under a public name will do. The Worker's flag `global_fetch_strictly_public` is the second fence: it also holds
 * where a public name leads to a private address. Nobody who uses this follows redirects.
 */

/**
 * Last labels of names that are local, or that no public resolver knows: RFC 6761, 6762 with its appendix G, 7686, 8375,
 * 9476, and ICANN's `internal`. `arpa` holds `home.arpa` and the reverse zones, where nobody offers an API.
 */
const LOCAL_SUFFIXES = new Set([
  ...["localhost", "local", "localdomain", "internal", "intranet", "private", "corp", "home", "lan"],
  ...["test", "invalid", "onion", "alt", "arpa"],
]);

/** Lower ports belong to the system's other services: a TLS greeting to a mail server is still a message to it. */
const FIRST_FREE_PORT = 1024;

/** Why an address will not do. */
type UnsafeUrl =
  | "not_a_url"
  | "not_https"
  | "credentials_in_url"
  | "ip_address"
  | "local_name"
  | "port"
  | "foreign_host"
  | "query_in_url";

/**
 * Why nothing may be sent to this address, or undefined where it may.
 * @param allowInsecure local development: plain http, local addresses and any port will do
 */
export function unsafeTarget(address: string, allowInsecure: boolean): UnsafeUrl | undefined {
  const url = URL.parse(address);
  if (!url) return "not_a_url";
  if (url.protocol !== "https:" && !(allowInsecure && url.protocol === "http:")) return "not_https";
  if (url.username !== "" || url.password !== "") return "credentials_in_url";
  if (allowInsecure) return undefined;
  // The URL parser has turned 0x7f.1, 2130706433, 127.0.0.1. and full-width digits into dotted form, and names into ASCII.
  const host = url.hostname.replace(/\.$/, "");
  if (host.startsWith("[") || /^\d+(\.\d+){3}$/.test(host)) return "ip_address";
  const labels = host.split(".");
  if (labels.length < 2 || labels.includes("") || LOCAL_SUFFIXES.has(labels.at(-1) ?? ""))
    return "local_name";
  if (url.port !== "" && Number(url.port) < FIRST_FREE_PORT) return "port";
  return undefined;
}

/**
 * The same for an address that gets a vendor's credentials: it must also be the vendor's, or whoever edits a release
 * could have a secret that they may not read sent to a place of theirs.
 * @param hosts the vendor's names; each stands for the names under it, too
 */
export function unsafeEndpoint(
  address: string,
  hosts: readonly string[],
  allowInsecure: boolean,
): UnsafeUrl | undefined {
  const unsafe = unsafeTarget(address, allowInsecure);
  if (unsafe || allowInsecure) return unsafe;
  const url = URL.parse(address);
  const host = url?.hostname.replace(/\.$/, "") ?? "";
  if (!hosts.some((known) => host === known || host.endsWith(`.${known}`))) return "foreign_host";
  // A path is put behind it, which a query or a fragment would swallow: the request would go to another page.
  return /[?#]/.test(address) ? "query_in_url" : undefined;
}
