/**
 * Where a destination may send to. A release is edited by people who must not be able to reach into a private network
 * by it (OWASP: server-side request forgery), so only https under a public name will do. The Worker's flag
 * `global_fetch_strictly_public` is the second fence.
 */

const LOCAL_SUFFIXES = ["localhost", "local", "internal", "lan", "home", "intranet", "test", "invalid"];

/**
 * Why nothing may be sent to this address, or undefined where it may.
 * @param allowInsecure local development: plain http and local addresses will do
 */
export function unsafeTarget(address: string, allowInsecure: boolean): string | undefined {
  const url = URL.parse(address);
  if (!url) return "not_a_url";
  if (url.protocol !== "https:" && !(allowInsecure && url.protocol === "http:")) return "not_https";
  if (url.username !== "" || url.password !== "") return "credentials_in_url";
  if (allowInsecure) return undefined;
  // The URL parser has already turned 0x7f.1, 2130706433 and the like into dotted form.
  const host = url.hostname.replace(/\.$/, "");
  if (host.startsWith("[") || /^\d+(\.\d+){3}$/.test(host)) return "ip_address";
  const labels = host.split(".");
  if (labels.length < 2 || LOCAL_SUFFIXES.includes(labels.at(-1) ?? "")) return "local_name";
  return undefined;
}
